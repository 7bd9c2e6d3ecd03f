"""`torchlike.compile`: the same answers as without it, nothing stale, nothing leaked, and a graph break that says where and why."""

from __future__ import annotations

import copy
import gc
import threading
import weakref

import jax
import numpy as np
import pytest

import torchlike as torch
from torchlike import nn
from torchlike.compiler import Unsupported
from torchlike.execution import executor

functional = nn.functional


def replays(fn) -> int:
    """How many recordings a compiled function keeps."""
    compiled = fn._compiled if isinstance(fn, nn.Module) else fn.__closure__[0].cell_contents
    return sum(map(len, compiled._replays.values()))


def small_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def trained(compiled: bool, make_optimizer, steps: int = 6, mode: str = "deferred", net=small_net, dropout: bool = False) -> list:
    """Losses and parameters of a training run, with the whole step compiled or not."""
    with torch.set_execution(mode):
        model = net()
        optimizer = make_optimizer(model.parameters())
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.7)

        def step(x, y):
            optimizer.zero_grad()
            h = model(x)
            if dropout:
                h = functional.dropout(h, 0.5)
            loss = (h - y).pow(2).mean()
            loss.backward()
            optimizer.step()
            return loss

        if compiled:
            step = torch.compile(step)
        torch.manual_seed(1)
        losses = []
        for _ in range(steps):
            x = torch.randn(5, 3)
            losses.append(step(x, x[:, :1] * 2).item())
            schedule.step()
        if compiled:
            assert replays(step) >= 1
        return losses + [p.detach().numpy() for p in model.parameters()]


@pytest.mark.parametrize("mode", ["deferred", "immediate"])
@pytest.mark.parametrize(
    "make", [lambda p: torch.optim.SGD(p, 0.1), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9), lambda p: torch.optim.Adam(p, 0.05)]
)
def test_a_whole_training_step_with_a_schedule(make, mode):
    expected = trained(False, make, mode=mode)
    for a, b in zip(trained(True, make, mode=mode), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_dropout_is_fresh_each_call_and_draws_the_same_stream():
    expected = trained(False, lambda p: torch.optim.SGD(p, 0.1), dropout=True)
    for a, b in zip(trained(True, lambda p: torch.optim.SGD(p, 0.1), dropout=True), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    f = torch.compile(lambda x: functional.dropout(x, 0.5))
    x = torch.ones(64)
    seen = [tuple(f(x).tolist()) for _ in range(5)]
    assert len(set(seen)) == 5 and replays(f) == 1


def test_batch_norm_keeps_its_statistics():
    def net():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(inplace=True), nn.Linear(4, 1))

    plain, fast = net(), net()
    compiled = torch.compile(fast)
    for _ in range(4):
        x = torch.randn(6, 3)
        np.testing.assert_allclose(compiled(x).detach().numpy(), plain(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    assert replays(compiled) == 1
    for name, buffer in plain.state_dict().items():
        np.testing.assert_allclose(fast.state_dict()[name].numpy(), buffer.numpy(), rtol=1e-5)
    assert fast[1].num_batches_tracked.item() == 4
    fast.eval(), plain.eval()
    x = torch.randn(2, 3)
    np.testing.assert_allclose(compiled(x).detach().numpy(), plain(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    assert fast[1].num_batches_tracked.item() == 4


def test_a_module_stays_a_module():
    net = small_net()
    compiled = torch.compile(net)
    assert isinstance(compiled, nn.Module) and compiled._orig_mod is net
    assert list(compiled.state_dict()) == [f"_orig_mod.{k}" for k in net.state_dict()]
    assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Sequential(")
    assert [id(p) for p in compiled.parameters()] == [id(p) for p in net.parameters()]
    assert compiled.get_submodule("_orig_mod.0") is net[0]
    compiled.eval()
    assert not net.training and not net[1].training
    compiled.train()
    assert net.training


def test_module_compile_in_place():
    net = small_net()
    expected = net(torch.ones(2, 3)).tolist()
    net.compile()
    assert [net(torch.ones(2, 3)).tolist() for _ in range(3)] == [expected] * 3
    assert list(net.state_dict()) == list(small_net().state_dict())


@pytest.mark.parametrize("mode", ["deferred", "immediate"])
def test_under_an_outer_tape(mode):
    with torch.set_execution(mode):
        plain, net = small_net(), small_net()
        compiled = torch.compile(net)
        for _ in range(4):
            x = torch.randn(5, 3, requires_grad=True)
            xx = x.detach().clone().requires_grad_()
            y, yy = compiled(x), plain(xx)
            assert type(y.grad_fn).__name__ == type(yy.grad_fn).__name__
            y.sin().sum().backward()
            yy.sin().sum().backward()
            np.testing.assert_allclose(x.grad.numpy(), xx.grad.numpy(), rtol=1e-5, atol=1e-6)
        assert replays(compiled) == 2  # with gradients there and without
        for p, q in zip(net.parameters(), plain.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_double_backward_retain_graph_and_hooks_on_the_outer_tape():
    f = torch.compile(lambda x: (x**3 * 2).sum())
    for _ in range(3):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = f(x)
        seen = []
        y.register_hook(lambda g, seen=seen: seen.append(g.item()))
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        (gg,) = torch.autograd.grad(g.sum(), x, retain_graph=True)
        assert g.tolist() == [6.0, 24.0] and gg.tolist() == [12.0, 24.0] and seen == [1.0]
        torch.autograd.grad(y, x)
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            torch.autograd.grad(y, x)
    assert replays(f) == 1


def test_an_argument_with_a_history():
    f = torch.compile(lambda h: h.exp().sum())
    for _ in range(3):
        x = torch.tensor([0.5, 1.0], requires_grad=True)
        f(x * 2).backward()
        np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([1.0, 2.0]), rtol=1e-6)
    assert replays(f) == 1


def test_a_freed_graph_says_so():
    x = torch.tensor([1.0, 2.0], requires_grad=True)

    @torch.compile
    def step():
        loss = (x * x).sum()
        loss.backward()
        return loss

    for _ in range(4):
        x.grad = None
        loss = step()
        assert x.grad.tolist() == [2.0, 4.0] and loss.requires_grad and type(loss.grad_fn).__name__ == "SumBackward0"
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_gradients_accumulate_across_calls():
    w = torch.tensor([1.0, 2.0], requires_grad=True)

    @torch.compile
    def accumulate(x):
        (w * x).sum().backward()

    for k in range(1, 5):
        accumulate(torch.ones(2))
        assert w.grad.tolist() == [k, k]
    grad = w.grad
    accumulate(torch.ones(2))
    assert w.grad is grad and grad.tolist() == [5.0, 5.0]


def test_no_grad_and_grad_are_told_apart():
    net = torch.compile(small_net())
    x = torch.ones(2, 3)
    for _ in range(3):
        assert net(x).requires_grad
        with torch.no_grad():
            assert not net(x).requires_grad
        with torch.inference_mode():
            assert net(x).is_inference()


def test_shapes_dtypes_and_python_arguments_are_guarded():
    @torch.compile
    def f(x, k, *, flag=False, scale=(1, 2)):
        return x * k + scale[0] if flag else x.sum() * k - scale[1]

    for _ in range(2):
        assert f(torch.ones(3), 2).item() == 4.0
        assert f(torch.ones(4), 2).item() == 6.0
        assert f(torch.ones(4), 3).item() == 10.0
        assert f(torch.ones(4, dtype=torch.int64), 3).dtype == torch.int64
        assert f(torch.ones(2), 3, flag=True, scale=(5, 0)).tolist() == [8.0, 8.0]
        assert f(torch.ones(2), 3.5, flag=True).tolist() == [4.5, 4.5]


def test_structures_of_arguments_and_results():
    @torch.compile
    def f(batch, pair):
        return {"sum": batch["x"] + pair[0], "same": batch["x"], "n": 3, "rest": [pair[1], (None, "a")]}

    for k in range(3):
        x, a, b = torch.full((2,), k), torch.ones(2), torch.zeros(1)
        found = f({"x": x}, (a, b))
        assert found["sum"].tolist() == [k + 1, k + 1] and found["same"] is x and found["n"] == 3
        assert found["rest"][0] is b and found["rest"][1] == (None, "a")


# Nothing stale


def test_parameters_written_replaced_frozen_and_added():
    net = nn.Linear(2, 1, bias=False)
    compiled = torch.compile(net)
    x = torch.ones(1, 2)

    def check():
        for _ in range(3):
            assert compiled(x).tolist() == net.forward(x).tolist()

    check()
    with torch.no_grad():
        net.weight.fill_(3.0)
    check()
    net.weight.data = torch.tensor([[5.0, 6.0]])
    check()
    net.weight = nn.Parameter(torch.tensor([[7.0, 8.0]]))
    check()
    net.load_state_dict({"weight": torch.tensor([[9.0, 1.0]])})
    check()
    net.weight.requires_grad_(False)
    check()
    assert not compiled(x).requires_grad
    net.weight.requires_grad_(True)
    assert compiled(x).requires_grad
    net.double()
    assert compiled(x.double()).dtype == torch.float64


def test_modules_replaced_reparented_and_hooked():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    compiled = torch.compile(net)
    x = torch.randn(1, 2)
    for change in (
        lambda: None, lambda: setattr(net, "1", nn.Sigmoid()), lambda: net.append(nn.Linear(2, 2)), lambda: net.__setitem__(0, nn.Identity()),
        lambda: net[2].register_forward_hook(lambda m, a, out: out * 2), lambda: net[2]._forward_hooks.clear(), lambda: net.__delitem__(2),
        lambda: net.add_module("inner", nn.Sequential(net[0], nn.ReLU())),
    ):  # fmt: skip
        change()
        for _ in range(3):
            assert compiled(x).tolist() == net(x).tolist()


def test_training_flags_and_plain_attributes():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = 2.0
            self.drop = nn.Dropout(0.9)

        def forward(self, x):
            return self.drop(x) * self.scale

    net = Scaled()
    compiled = torch.compile(net)
    x = torch.ones(50)
    for _ in range(3):
        assert compiled(x).eq(0).any()
    net.eval()
    for scale in (2.0, 3.0, 2.0):
        net.scale = scale
        assert [compiled(x).tolist() for _ in range(2)] == [[scale] * 50] * 2
    net.drop.p = 0.0
    net.train()
    assert compiled(x).tolist() == [2.0] * 50


SCALE = 1.0


def test_process_wide_settings():
    f = torch.compile(lambda x: x + torch.zeros(1))
    assert [f(torch.ones(1)).dtype for _ in range(3)] == [torch.float32] * 3
    torch.set_default_dtype(torch.float64)
    try:
        assert f(torch.ones(1)).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    g = torch.compile(lambda x: x @ x)
    for precision in ("highest", "medium", "highest"):
        torch.set_float32_matmul_precision(precision)
        assert [g(torch.ones(2, 2)).tolist() for _ in range(2)] == [[[2.0, 2.0], [2.0, 2.0]]] * 2
    assert replays(g) == 2


def test_globals_closures_and_objects():
    global SCALE
    box, config, shift = [1.0], {"power": 1}, 1.0

    class Holder:
        factor = 1.0

    holder = Holder()
    holder.factor = 1.0

    def helper(x):
        return x * SCALE * holder.factor

    @torch.compile
    def f(x):
        return helper(x) * box[0] ** config["power"] + shift

    def expected():
        return SCALE * holder.factor * box[0] ** config["power"] + shift

    x = torch.ones(1)
    assert [f(x).item() for _ in range(3)] == [expected()] * 3
    for attribute, value in (("factor", 2.0), ("factor", 5.0)):
        setattr(holder, attribute, value)
        assert [f(x).item() for _ in range(2)] == [expected()] * 2
    box[0] = 3.0
    assert f(x).item() == expected()
    config["power"] = 2
    assert f(x).item() == expected()
    shift = 4.0
    assert f(x).item() == expected()
    SCALE = 7.0
    assert [f(x).item() for _ in range(2)] == [expected()] * 2


def test_tensors_in_the_closure_may_be_written_and_replaced():
    state = {"w": torch.ones(2)}

    @torch.compile
    def f(x):
        return x * state["w"]

    x = torch.ones(2)
    assert [f(x).tolist() for _ in range(3)] == [[1.0, 1.0]] * 3
    state["w"].add_(1)
    assert f(x).tolist() == [2.0, 2.0]
    state["w"] = torch.full((2,), 5.0)
    assert [f(x).tolist() for _ in range(2)] == [[5.0, 5.0]] * 2


def test_optimizer_state_replaced_between_calls():
    def run(compiled):
        w = torch.tensor([1.0, -2.0], requires_grad=True)
        optimizer = torch.optim.Adam([w], 0.1)

        def step():
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

        step = torch.compile(step) if compiled else step
        for _ in range(4):
            step()
        saved, kept = copy.deepcopy(optimizer.state_dict()), w.detach().clone()
        for _ in range(3):
            step()
        optimizer.load_state_dict(saved)
        with torch.no_grad():
            w.copy_(kept)
        for _ in range(3):
            step()
        optimizer.param_groups[0]["lr"] = 0.01
        step()
        optimizer.param_groups[0]["weight_decay"] = 0.5
        step()
        v = torch.tensor([3.0], requires_grad=True)
        v.grad = torch.ones(1)
        optimizer.add_param_group({"params": [v]})
        step()
        optimizer.state.clear()
        step()
        return w.tolist()

    assert run(True) == pytest.approx(run(False), rel=1e-6)


def test_written_arguments_and_buffers():
    counter = torch.zeros(1)

    @torch.compile
    def f(x):
        x.add_(1)
        counter.add_(x.sum())
        return counter

    x = torch.zeros(2)
    for k in range(1, 5):
        version = x._version
        assert f(x) is counter and x.tolist() == [k, k] and x._version == version + 1
    assert counter.item() == 2 * (1 + 2 + 3 + 4)


def test_arguments_that_are_one_tensor_or_share_memory():
    @torch.compile
    def f(a, b):
        a.add_(1)
        return a + b

    for _ in range(3):
        a, b = torch.zeros(2), torch.zeros(2)
        assert f(a, b).tolist() == [1.0, 1.0]
        assert f(a, a).tolist() == [4.0, 4.0]
        base = torch.zeros(4)
        assert f(base, base[0:4]).tolist() == [2.0] * 4
    w = torch.zeros(2)

    @torch.compile
    def g(x):
        w.add_(1)
        return w + x

    assert [g(torch.zeros(2)).tolist() for _ in range(3)] == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    assert g(w).tolist() == [8.0, 8.0] and g(torch.zeros(2)).tolist() == [5.0, 5.0]


def test_results_that_are_views():
    @torch.compile
    def f(x):
        y = x * 2
        return y, y[1:]

    for _ in range(3):
        y, tail = f(torch.ones(3))
        tail.add_(1)
        assert y.tolist() == [2.0, 3.0, 3.0] and tail._base is y
    g = torch.compile(lambda x: x[1:])
    for _ in range(3):
        x = torch.zeros(3)
        g(x).add_(5)
        assert x.tolist() == [0.0, 5.0, 5.0]


def test_two_compiled_functions_share_parameters():
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], 0.5)

    @torch.compile
    def loss_of(x):
        return (w * x).sum()

    @torch.compile
    def step(x):
        optimizer.zero_grad()
        loss_of(x).backward()
        optimizer.step()

    for k in range(1, 5):
        step(torch.ones(1))
        assert w.item() == 1.0 - 0.5 * k and loss_of(torch.ones(1)).item() == w.item()


def test_nested_compile_is_part_of_the_outer_program():
    inner = torch.compile(lambda x: x * 2)
    outer = torch.compile(lambda x: inner(x) + 1)
    assert [outer(torch.ones(2)).tolist() for _ in range(3)] == [[3.0, 3.0]] * 3
    assert replays(outer) == 1 and replays(inner) == 0


def test_names_given_new_tensors():
    class Averaged(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(1))
            self.last = torch.zeros(2)

        def forward(self, x):
            self.mean = 0.5 * self.mean + 0.5 * x.mean()
            self.last, before = x + 1, self.last
            return x - self.mean + before

    plain, fast = Averaged(), Averaged()
    compiled = torch.compile(fast)
    for k in range(5):
        x = torch.full((2,), float(k))
        assert compiled(x).tolist() == plain(x).tolist()
        assert fast.mean.tolist() == plain.mean.tolist() and fast.last.tolist() == plain.last.tolist()
        assert fast._buffers["mean"] is fast.mean
    assert replays(compiled) == 1
    fast.mean, plain.mean = torch.ones(1), torch.ones(1)
    assert compiled(torch.ones(2)).tolist() == plain(torch.ones(2)).tolist()


# Graph breaks


def test_a_value_needed_by_python_breaks_the_graph_and_is_noted():
    @torch.compile
    def f(x):
        return x + 1 if x.sum().item() > 0 else x - 1

    for _ in range(4):
        assert f(torch.ones(2)).tolist() == [2.0, 2.0] and f(-torch.ones(2)).tolist() == [-2.0, -2.0]
    assert replays(f) == 0
    text = torch.debug.explain()
    assert "graph break: a value was looked at" in text and "test_compile.py" in text


def test_fullgraph_raises_and_leaves_everything_as_it_was():
    w = torch.zeros(2)

    @torch.compile(fullgraph=True)
    def f(x):
        w.add_(x)
        torch.rand(1)
        return w if w.sum() > 0 else x

    before = torch.get_rng_state().tolist()
    with pytest.raises(Unsupported, match="graph break: a value was looked at"):
        f(torch.ones(2))
    assert w.tolist() == [0.0, 0.0] and w._version == 0 and torch.get_rng_state().tolist() == before


def test_objects_that_resist():
    class Proxy:
        def __init__(self, w):
            object.__setattr__(self, "w", w)

        def __getattr__(self, name):
            raise RuntimeError(f"no {name}")

        def __eq__(self, other):
            raise RuntimeError("not comparable")

        __hash__ = None

    proxy = Proxy(torch.ones(2))
    f = torch.compile(lambda x: x * proxy.w)
    assert [f(torch.ones(2)).tolist() for _ in range(3)] == [[1.0, 1.0]] * 3 and replays(f) == 1
    proxy.w.add_(1)
    assert f(torch.ones(2)).tolist() == [2.0, 2.0]


def test_python_side_effects_are_not_lost():
    seen, log = [], []

    @torch.compile
    def f(x):
        y = x * 2
        seen.append(y)
        log.append(1)
        return y

    for k in range(1, 5):
        f(torch.full((1,), k))
        assert len(seen) == k and seen[-1].item() == 2 * k


def test_a_counter_that_the_function_moves():
    class Net(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    net = Net()
    compiled = torch.compile(net)
    assert [compiled(torch.ones(1)).item() for _ in range(4)] == [1.0, 2.0, 3.0, 4.0]


def test_numpy_data_is_never_part_of_a_program():
    data = np.zeros(2, np.float32)

    @torch.compile
    def f(x):
        return x + torch.from_numpy(data)

    for k in range(4):
        data[:] = k
        assert f(torch.ones(2)).tolist() == [k + 1.0, k + 1.0]


def test_constants_made_from_numbers_are():
    f = torch.compile(lambda x: x + torch.tensor([1.0, 2.0]) + torch.arange(2))
    assert [f(torch.ones(2)).tolist() for _ in range(3)] == [[2.0, 4.0]] * 3
    assert replays(f) == 1


def test_seeding_inside_is_a_break():
    @torch.compile
    def f():
        torch.manual_seed(3)
        return torch.rand(2)

    assert f().tolist() == f().tolist() == f().tolist()


def test_an_exception_while_recording_leaves_no_trace():
    fail = [True]

    @torch.compile
    def f(x):
        y = x * 2
        if fail:
            raise KeyError("stop")
        return y

    with pytest.raises(KeyError, match="stop"):
        f(torch.ones(2))
    assert not torch.compiler.is_compiling()
    fail.clear()
    assert [f(torch.ones(2)).tolist() for _ in range(3)] == [[2.0, 2.0]] * 3


def test_a_shape_error_in_a_later_call():
    f = torch.compile(lambda x, y: x + y)
    for _ in range(3):
        f(torch.ones(2), torch.ones(2))
        with pytest.raises(RuntimeError, match="must match the size"):
            f(torch.ones(2), torch.ones(3))


def test_an_index_out_of_range_in_a_later_call():
    table = torch.randn(4, 2)
    f = torch.compile(lambda i: functional.embedding(i, table))
    for _ in range(3):
        assert f(torch.tensor([1, 2])).shape == (2, 2)
    with pytest.raises(IndexError, match="index out of range in self"):
        f(torch.tensor([1, 9])).sum().item()


def test_custom_functions_inside_a_step():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 2 + x * 0

    w = torch.tensor([1.0], requires_grad=True)

    @torch.compile
    def step(x):
        w.grad = None
        Double.apply(w * x).sum().backward()
        return w.grad

    assert [step(torch.full((1,), k)).item() for k in range(1, 5)] == [2.0, 4.0, 6.0, 8.0]


def test_disable_and_is_compiling():
    seen = []

    @torch.compiler.disable
    def plain(x):
        return x + 1

    @torch.compile
    def f(x):
        seen.append(torch.compiler.is_compiling())
        return plain(x)

    assert f(torch.ones(1)).item() == 2.0 and f(torch.ones(1)).item() == 2.0
    assert seen[0] and not torch.compiler.is_compiling()


def test_no_tracer_and_no_tensor_leaks():
    f = torch.compile(lambda x: (x * 2 + 1, x.sin()))
    refs = []
    for _ in range(4):
        x = torch.ones(3)
        y, z = f(x)
        refs += [weakref.ref(x), weakref.ref(y), weakref.ref(y._storage), weakref.ref(x._storage), weakref.ref(z)]
    assert replays(f) == 1 and not isinstance(y.jax(), jax.core.Tracer)
    del x, y, z
    gc.collect()
    assert [ref() for ref in refs] == [None] * len(refs)


def test_inside_jax_jit_and_transforms():
    f = torch.compile(lambda x: (x * x).sum())
    f(torch.ones(2)), f(torch.ones(2))
    assert float(jax.jit(lambda v: f(torch.from_jax(v)).jax())(jax.numpy.ones(2))) == 2.0
    assert torch.func.grad(f)(torch.ones(2)).tolist() == [2.0, 2.0]
    assert torch.vmap(f)(torch.ones(3, 2)).tolist() == [2.0, 2.0, 2.0]


def test_threads():
    f = torch.compile(lambda x: (x * 2).sum())
    found: dict = {}

    def work(k):
        found[k] = [f(torch.full((2,), k)).item() for _ in range(5)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == {k: [4.0 * k] * 5 for k in range(6)}


def test_pending_arguments_flow_in_and_out():
    with torch.set_execution("deferred"):
        f = torch.compile(lambda x: x + 1)
        for _ in range(3):
            assert (f(torch.ones(2) * 3) * 2).tolist() == [8.0, 8.0]


def test_arguments_of_compile():
    with pytest.raises(AssertionError, match="A callable function is expected, but <class 'int'> is provided."):
        torch.compile(3)
    with pytest.raises(RuntimeError, match="Either mode or options can be specified"):
        torch.compile(lambda x: x, mode="default", options={})
    with pytest.raises(RuntimeError, match="Unrecognized mode=foo, should be one of: default, lite, reduce-overhead"):
        torch.compile(lambda x: x, mode="foo")
    with pytest.raises(RuntimeError, match="Invalid backend: 'foo'"):
        torch.compile(lambda x: x, backend="foo")

    def f(x):
        """Doc."""
        return x

    assert torch.compile(f).__name__ == "f" and torch.compile(f).__doc__ == "Doc."
    assert torch.compile(f, disable=True) is f
    assert torch.compile(fullgraph=True)(f)(torch.ones(1)).item() == 1.0


def test_a_decorated_method_tells_its_instances_apart():
    class Model:
        def __init__(self, k):
            self.w = torch.full((1,), k)

        @torch.compile
        def __call__(self, x):
            return x * self.w

    a, b = Model(2.0), Model(3.0)
    for _ in range(3):
        assert a(torch.ones(1)).item() == 2.0 and b(torch.ones(1)).item() == 3.0


def test_dynamo_names():
    torch._dynamo.config.suppress_errors = True
    assert torch._dynamo.exc.Unsupported is Unsupported and "inductor" in torch._dynamo.list_backends()

    @torch.compile
    def f(x):
        y = x + 1
        torch._dynamo.graph_break()
        return y * 2

    assert [f(torch.ones(1)).item() for _ in range(3)] == [4.0] * 3 and replays(f) == 0


@pytest.mark.parametrize("replaced", [False, True])
def test_a_compiled_step_writes_parameters_in_place(replaced):
    model = nn.Linear(256, 256)
    if replaced:
        for p in model.parameters():
            p.data = p.data.clone()
    opt, x = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), torch.randn(4, 256)

    @torch.compile
    def step():
        opt.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        opt.step()
        return loss

    def place():
        return model.weight._storage.value.unsafe_buffer_pointer()

    for _ in range(5):
        step()
    assert len({(step(), place())[1] for _ in range(3)}) == 1
    kept = model.weight.detach()
    before = kept.clone()
    step()
    assert torch.equal(kept, model.weight) and not torch.equal(before, kept)


def test_an_attention_block_under_an_outer_tape_is_repeated():
    # What it saves are views of Tensors that nobody else holds.
    torch.manual_seed(0)
    block, x = nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(2, 3, 8)
    call = torch.compile(lambda x: block(x, x, x, need_weights=False)[0])
    gradients = []
    for fn in (lambda x: block(x, x, x, need_weights=False)[0], call, call, call):
        block.zero_grad()
        fn(x).square().sum().backward()
        gradients.append([p.grad.numpy() for p in block.parameters()])
    assert replays(call) == 1
    for a, b in zip(gradients[0], gradients[-1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_copy_of_a_module_compiled_in_place_computes_with_its_own_parameters():
    model = nn.Linear(2, 1)
    model.compile()
    x = torch.ones(1, 2)
    model(x)
    for made in (copy.deepcopy(model), copy.copy(model)):
        assert made._compiled_call_impl is None and model._compiled_call_impl is not None
    twin = copy.deepcopy(model)
    with torch.no_grad():
        model.weight.zero_()
    assert twin(x).item() == pytest.approx((twin.weight.sum() + twin.bias).item())


def test_calls_within_autocast_are_repeated():
    # Casts of weights that the region remembers belong to no recording.
    model, x = nn.Linear(4, 2), torch.randn(3, 4)
    call = torch.compile(lambda x: model(x))
    for _ in range(3):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            expected, found = model(x), call(x)
        assert found.dtype is torch.bfloat16 and found.requires_grad
        torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2)
        found.float().sum().backward()
        model.zero_grad()
        with torch.no_grad():
            model.weight.mul_(1.5)
    assert replays(call) == 1


def test_results_of_inference_mode_are_inference_tensors():
    model, x = nn.Linear(4, 2), torch.randn(3, 4)
    call = torch.compile(lambda x: model(x))
    for _ in range(3):
        with torch.inference_mode():
            y = call(x)
        assert y.is_inference() and not y.requires_grad
        torch.testing.assert_close(y.clone(), model(x).detach())
    assert replays(call) == 1
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        call(torch.inference_mode()(torch.ones)(3, 4))


def test_a_mask_given_to_a_transformer_is_not_looked_at():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), 2, enable_nested_tensor=False)
    mask, x = nn.Transformer.generate_square_subsequent_mask(3), torch.randn(2, 3, 8)
    call = torch.compile(lambda x: encoder(x, mask), fullgraph=True)
    for _ in range(3):
        torch.testing.assert_close(call(x), encoder(x, mask), rtol=1e-4, atol=1e-5)
    assert replays(call) == 1


def test_a_stance_says_how_compiled_functions_run():
    call = torch.compile(lambda x: x * 2)
    with torch.compiler.set_stance("force_eager"):
        assert call(torch.ones(2)).tolist() == call(torch.ones(2)).tolist() == [2, 2]
    assert replays(call) == 0
    call(torch.ones(2))
    assert replays(call) == 1
    with torch.compiler.set_stance("fail_on_recompile"):
        assert call(torch.ones(2)).tolist() == [2, 2]
        with pytest.raises(RuntimeError, match="Detected recompile when torch.compile stance is 'fail_on_recompile'"):
            call(torch.ones(3))
    torch.compiler.set_stance("eager_on_recompile")
    try:
        assert call(torch.ones(4)).tolist() == [2, 2, 2, 2] and replays(call) == 1
    finally:
        torch.compiler.set_stance("default")
    call(torch.ones(4))
    assert replays(call) == 2
    forced = torch.compiler.set_stance("force_eager")(lambda: call(torch.ones(5)))
    assert forced().tolist() == [2, 2, 2, 2, 2] and replays(call) == 2
    with pytest.raises(RuntimeError, match="invalid torch.compile stance 'eager'"):
        torch.compiler.set_stance("eager")
    with pytest.raises(RuntimeError, match="non-default stance cannot have force_backend set"):
        torch.compiler.set_stance("force_eager", force_backend="eager")


def test_the_default_backend_is_a_name():
    torch.compiler.set_default_backend("eager")
    assert torch.compiler.get_default_backend() == "eager"
    torch.compiler.set_default_backend(None)
    assert torch.compiler.get_default_backend() == "inductor"
    with pytest.raises(TypeError, match="backend must be a string or callable"):
        torch.compiler.set_default_backend(3)


def embedding_step():
    """A compiled step over the rows of a table, whose indices are checked once they are there."""
    table = nn.Embedding(10, 4)
    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)

    @torch.compile
    def step(rows):
        optimizer.zero_grad()
        loss = table(rows).square().sum()
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_what_a_repeated_step_leaves_to_be_checked_is_checked():
    step = embedding_step()
    for _ in range(20):
        step(torch.tensor([1, 2, 3]))
    with pytest.raises(IndexError, match="out of range"):
        step(torch.tensor([1, 2, 30])).item()
    assert step(torch.tensor([1, 2, 3])).item() >= 0
    for _ in range(100):
        loss = step(torch.tensor([1, 2, 3]))
    loss.item()
    step(torch.tensor([1, 2, 3]))
    assert len(executor.deferred._thread.checks) <= 1


def test_repeated_steps_are_counted_where_they_are_called():
    step = embedding_step()
    for _ in range(5):
        step(torch.tensor([1, 2, 3]))
    torch.debug.reset()
    for _ in range(30):
        step(torch.tensor([1, 2, 3]))
    (line,) = [line for line in torch.debug.explain().splitlines() if "a compiled step ended" in line]
    assert line.split()[0] == "30" and "test_compile.py" in line
