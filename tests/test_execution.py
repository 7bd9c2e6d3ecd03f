"""Plans and kernels: what is traced again, what is not, what is saved, what is freed."""

import gc
import weakref

import jax
import numpy as np
import pytest

import torchlike as torch
from torchlike.core.op import _OPS
from torchlike.core.tape import FREED
from torchlike.execution import memory_maps, traced_count


def traces(fn):
    before = traced_count()
    fn()
    return traced_count() - before


def test_a_second_call_traces_nothing():
    x = torch.ones(3, 5, requires_grad=True)

    def step():
        ((x * 2 + 1).exp().sum() / 3).backward()

    step()
    step()
    assert traces(step) == 0


def test_changing_numbers_never_recompiles():
    x = torch.ones(4)

    def use(number):
        return [x * number, x + number, torch.add(x, x, alpha=number), x.clamp(max=number), x - number, x / number, x.pow(number), number - x]

    use(0.123)
    use(0.456)
    assert traces(lambda: [use(0.1 * k + 0.011) for k in range(5, 12)]) == 0


def test_equal_exponents_of_other_types_do_not_share_a_kernel():
    x, i, b = torch.ones(2), torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.bool)
    assert ((x**2.0).dtype, (x**2).dtype, (x**True).dtype, (x ** (2 + 0j)).dtype) == (torch.float32, torch.float32, torch.float32, torch.complex64)
    assert ((i**2).dtype, (i**2.0).dtype, i.square().dtype, (i**True).dtype) == (torch.int64, torch.float32, torch.int64, torch.int64)
    assert (b.square().dtype, (b**2).dtype) == (torch.int64, torch.int64)


def test_indices_are_operands():
    x = torch.arange(40.0).reshape(10, 4).requires_grad_()
    y = x * 1

    def read(i):
        return y[i].sum() + y[:, i % 4].sum() + y[i : i + 1].sum()

    read(0).backward()
    assert traces(lambda: [read(i) for i in range(1, 9)]) == 0


def test_a_changing_seed_never_recompiles():
    torch.randn(7)
    assert traces(lambda: [torch.randn(7) for _ in range(3)]) == 0


def test_only_what_backward_reads_is_saved():
    x, w = torch.ones(3, requires_grad=True), torch.ones(3)
    assert [len(y.grad_fn.saved) for y in (x + w, x - 1, x * w, x.exp(), x.sum(), x[0], x.t(), x @ w, torch.cat([x, w]))] == [
        0, 0, 1, 1, 0, 1, 0, 1, 0,
    ]  # fmt: skip


def test_what_dies_is_freed():
    x = torch.ones(1000, requires_grad=True)
    y = x * 2
    z = y * y
    ref = weakref.ref(z.grad_fn)
    out = z.sum()
    gc.disable()
    try:
        out.backward()
        assert z.grad_fn.saved is FREED, "backward frees what was saved"
        del z, out
        assert ref() is None, "a graph without cycles dies with its last reference"
    finally:
        gc.enable()


def test_leaf_and_accumulator_are_no_cycle():
    gc.disable()
    try:
        x = torch.ones(3, requires_grad=True)
        (x * 2).sum().backward()
        ref = weakref.ref(x)
        del x
        assert ref() is None
    finally:
        gc.enable()


def test_a_long_graph_neither_overflows_nor_slows():
    x = torch.ones((), requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1
    del y


def test_plans_are_bounded(monkeypatch):
    from torchlike.core import op as module

    monkeypatch.setattr(module, "_MAX_PLANS", 8)
    op = torch.mul.op
    for n in range(1, 30):
        torch.mul(torch.ones(n), 2.0)
    assert len(op.plans) <= 8


def test_float32_products_are_true_float32():
    a = torch.tensor([[1.0, 1e-4]])
    b = torch.tensor([[1.0], [1e-4]])
    assert (a @ b).item() == np.float32(np.float32(1) + np.float32(1e-4) * np.float32(1e-4))
    assert torch.get_float32_matmul_precision() == "highest"


def test_default_dtype_is_not_baked_into_kernels():
    try:
        assert torch.tensor([1, 2]).exp().dtype is torch.float32
        torch.set_default_dtype(torch.float64)
        assert torch.tensor([1, 2]).exp().dtype is torch.float64
        assert torch.tensor([1.0]).dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.tensor([1, 2]).exp().dtype is torch.float32


def test_several_threads():
    import threading

    x = torch.ones(8, requires_grad=True)
    results = []

    def work():
        local = torch.ones(8, requires_grad=True)
        for _ in range(20):
            ((local * 3).exp() * x.detach()).sum().backward()
        results.append(local.grad)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 4
    assert all(torch.equal(r, results[0]) for r in results)


@pytest.mark.parametrize("name", ["cpu", "cpu:0", torch.device("cpu")])
def test_devices(name):
    t = torch.ones(2, device=name)
    assert t.device == torch.device("cpu")
    assert t.to("cpu") is t


def test_a_device_that_is_not_there():
    with pytest.raises(RuntimeError, match="JAX sees"):
        torch.ones(2, device="tpu")
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda"):
        torch.device("gpuu")


def test_equal_settings_of_other_types_have_kernels_of_their_own():
    power = next(o for o in _OPS if o.name == "_pow_static")
    assert power.kernel((2,)) is power.kernel((2,))
    assert power.kernel((2,)) is not power.kernel((2.0,))


@pytest.mark.skipif(memory_maps.watch.most is None, reason="the system does not tell of memory maps")
def test_kernels_are_let_go_before_the_system_runs_out_of_maps(monkeypatch):
    cleared = []
    monkeypatch.setattr(memory_maps.watch, "most", 0)
    monkeypatch.setattr(memory_maps.jax, "clear_caches", lambda clear=jax.clear_caches: (cleared.append(1), clear()))
    w = torch.ones(3, requires_grad=True)
    for n in range(1, 140):
        y = torch.ones(n).sum() * w
        assert y.tolist() == [n, n, n]
    y.sum().backward()
    assert w.grad.tolist() == [139, 139, 139] and cleared
    monkeypatch.setattr(memory_maps.watch, "most", 10**9)
    count = len(cleared)
    for n in range(200, 300):
        torch.ones(n).sum()
    assert len(cleared) == count
