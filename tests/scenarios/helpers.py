"""What stands beside tensors and modules: counting arithmetic, Futures, swapping on load, Parameters that wait for their shape."""

# ruff: noqa: D103

from __future__ import annotations

import copy
import pickle
from importlib import import_module

from .collect import attempts, collect

CASES, scenario = collect()


def _counter(torch, **options):
    return import_module(f"{torch.__name__}.utils.flop_counter").FlopCounterMode(display=False, **options)


def _counted(torch, run):
    with _counter(torch) as mode:
        run()
    return {str(op): count for op, count in sorted(mode.get_flop_counts().get("Global", {}).items(), key=str)}


def _make(torch):
    return lambda *shape: torch.ones(shape, requires_grad=True)


def _back(result):
    (result[0] if isinstance(result, tuple) else result).sum().backward()


@scenario
def flops_of_products(torch):
    t, nn = _make(torch), torch.nn
    runs = (
        lambda: nn.Linear(3, 4)(torch.ones(2, 3)), lambda: nn.Linear(3, 4)(t(2, 5, 3)), lambda: nn.Linear(3, 4, bias=False)(t(2, 5, 3)),
        lambda: nn.Linear(3, 4)(t(3)), lambda: torch.mv(t(3, 4), t(4)), lambda: torch.dot(t(4), t(4)), lambda: t(2, 3, 4) @ t(4, 5),
        lambda: t(2, 3, 4) @ t(2, 4, 5), lambda: t(7, 2, 3, 4) @ t(2, 4, 5), lambda: t(2, 3, 4) @ t(4),
        lambda: torch.einsum("bij,bjk->bik", t(2, 3, 4), t(2, 4, 5)), lambda: torch.einsum("bhqd,bhkd->bhqk", t(2, 3, 4, 5), t(2, 3, 6, 5)),
        lambda: torch.tensordot(t(2, 3, 4), t(3, 4, 5), 2), lambda: torch.inner(t(2, 3), t(4, 3)),
        lambda: torch.addmm(t(4, 6), t(4, 5), t(5, 6), beta=0.5), lambda: torch.baddbmm(t(3, 4, 6), t(3, 4, 5), t(3, 5, 6)),
        lambda: torch.addmv(t(4), t(4, 5), t(5)), lambda: nn.Bilinear(2, 3, 4)(t(5, 2), t(5, 3)), lambda: nn.LSTM(3, 4)(t(5, 2, 3)),
        lambda: nn.MultiheadAttention(8, 2)(t(5, 2, 8), t(5, 2, 8), t(5, 2, 8)), lambda: torch.cov(t(4, 9)),
        lambda: nn.functional.scaled_dot_product_attention(t(2, 2, 3, 4), t(2, 2, 3, 4), t(2, 2, 3, 4)),
    )  # fmt: skip
    return [_counted(torch, lambda run=run: _back(run())) for run in runs]


@scenario
def flops_of_convolutions(torch):
    t, nn = _make(torch), torch.nn
    runs = (
        lambda: nn.Conv1d(4, 6, 3, padding=1)(t(2, 4, 8)), lambda: nn.Conv2d(4, 6, 3, padding=1, groups=2)(t(2, 4, 8, 8)),
        lambda: nn.Conv2d(4, 6, 3, stride=2)(torch.ones(2, 4, 8, 8)), lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2)(t(2, 4, 8, 8)),
        lambda: nn.Conv2d(4, 6, 3)(t(4, 8, 8)), lambda: nn.Conv2d(4, 8, 3, groups=4)(t(1, 4, 8, 8)),
    )  # fmt: skip
    return [_counted(torch, lambda run=run: _back(run())) for run in runs]


@scenario
def flops_of_transforms_and_higher_derivatives(torch):
    t, conv = _make(torch), torch.nn.functional.conv2d

    def twice(f, *args):
        (g,) = torch.autograd.grad(f(*args).pow(2).sum(), args[0], create_graph=True)
        _back(g)

    return [
        _counted(torch, lambda: twice(torch.mm, t(2, 3), t(3, 4))),
        _counted(torch, lambda: twice(lambda x, w: conv(x, w, padding=1), t(2, 4, 8, 8), t(6, 4, 3, 3))),
        _counted(torch, lambda: torch.func.jvp(lambda a: a @ a, (torch.ones(3, 3),), (torch.ones(3, 3),))),
        _counted(torch, lambda: torch.func.vmap(torch.mm)(t(2, 3, 4), t(2, 4, 5))),
        _counted(torch, lambda: torch.func.vmap(torch.nn.functional.conv1d)(t(2, 3, 4, 5), t(2, 6, 4, 3))),
    ]


@scenario
def flops_by_module_and_with_own_formulas(torch):
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU()))
    with _counter(torch) as mode:
        _back(net(torch.ones(2, 3)))
    by_module = {name: {str(op): n for op, n in counts.items()} for name, counts in sorted(mode.get_flop_counts().items())}

    def elements(*args, out_val):
        return out_val.numel()

    elements._get_raw = True
    own = []
    for formula in (lambda *args, out_shape: 5, elements, lambda a, b, out_shape: [*a, *b, *out_shape][0]):
        with _counter(torch, custom_mapping={torch.ops.aten.add: formula}) as mode:
            torch.ones(4, 5) + torch.ones(4, 5)
        own.append(mode.get_total_flops())
    register = import_module(f"{torch.__name__}.utils.flop_counter").register_flop_formula
    refused = attempts(lambda: register(3)(lambda x: x), lambda: register(torch.ops.aten.mm)(lambda x: x))
    return by_module, own, [kind for kind, _ in refused]


@scenario
def ops_can_be_copied(torch):
    aten = torch.ops.aten
    return [copy.deepcopy(x) is x for x in (aten.mm, aten.mm.default)]


@scenario
def futures_and_errors_of_callbacks(torch):
    futures = torch.futures

    def fails(future):
        raise ValueError("boo")

    done, failed = futures.Future(), futures.Future()
    done.set_result(3)
    failed.set_exception(ValueError("intended"))
    done.add_done_callback(fails)
    after = done.then(fails)
    return attempts(
        done.wait, failed.wait, failed.value, lambda: _first_line(after.wait), lambda: _first_line(after.value),
        lambda: _first_line(failed.then(lambda f: f.wait()).wait), lambda: _first_line(done.then(lambda: 1).wait),
        lambda: _first_line(lambda: futures.wait_all([done, after])), lambda: _first_line(futures.collect_all([after, done]).wait),
        lambda: futures.wait_all((None,)), lambda: futures.collect_all((done, None)), lambda: torch.jit.wait(None), lambda: pickle.dumps(done),
    )


def _first_line(call):
    try:
        return call()
    except Exception as error:
        return [type(error).__name__, str(error).split("\n")[0].replace("futures_and_errors_of_callbacks.<locals>.", "")]


@scenario
def swapping_on_load_and_conversion(torch):
    class Scaled(torch.Tensor):
        def module_load(self, other, assign=False):
            return (other * 2).as_subclass(type(self))

    class SameObject(torch.Tensor):
        def module_load(self, other, assign=False):
            return other

    future = torch.__future__
    net = torch.nn.Linear(2, 2)
    net.weight = torch.nn.Parameter(torch.ones(2, 2).as_subclass(Scaled))
    weight, bias = net.weight, net.bias
    state = {"weight": torch.full((2, 2), 3.0), "bias": torch.ones(2)}
    future.set_swap_module_params_on_conversion(True)
    try:
        net.load_state_dict(state)
        first = net.weight is weight, net.bias is bias, type(weight).__name__, weight.tolist(), bias.tolist()
        net.load_state_dict(state, assign=True)
        net.bias.grad = torch.ones(2)
        net.double()
        second = net.bias is bias, str(bias.dtype), str(bias.grad.dtype)
        net.weight = torch.nn.Parameter(torch.ones(2, 2).as_subclass(SameObject))
        return first, second, attempts(lambda: net.load_state_dict(state))
    finally:
        future.set_swap_module_params_on_conversion(False)


@scenario
def parameters_without_a_shape(torch):
    param = torch.nn.UninitializedParameter()
    calls = (
        lambda: torch.empty_like(param), lambda: torch.add(param, param), lambda: param + param, lambda: param.sum(), lambda: param[0],
        lambda: len(param), lambda: param.detach(), lambda: param.shape, lambda: torch.nn.functional.relu(param),
    )  # fmt: skip
    refused = [(kind, text.split(" in <")[0]) for kind, text in attempts(*calls)]
    moved = param.to(torch.float64)
    return refused, repr(param), str(param.dtype), str(moved.dtype), param.is_floating_point(), str(param.device), param.requires_grad


@scenario
def hooks_of_all_modules_that_are_always_called(torch):
    space = torch.nn.modules.module
    seen = []
    handle = space.register_module_forward_hook(lambda m, args, out: seen.append(type(m).__name__), always_call=True, with_kwargs=False)
    counts = [len(space._global_forward_hooks_always_called), len(space._global_forward_hooks_with_kwargs)]
    attempts(lambda: torch.nn.Linear(2, 2)(torch.ones(3)))
    handle.remove()
    return counts, len(space._global_forward_hooks_always_called), seen


@scenario
def sobol_points(torch):
    sobol = torch.quasirandom.SobolEngine
    results = []
    for dimension in (1, 5, 40):
        engine = sobol(dimension)
        drawn = [engine.draw(n) for n in (1, 4, 3)], engine.quasi.tolist(), engine.num_generated
        engine.fast_forward(9)
        after = engine.draw(2, dtype=torch.float64)
        results.append((drawn, after, engine.reset().draw_base2(2), sobol(dimension).fast_forward(3).draw(1)))
    out = torch.empty(0)
    sobol(2).draw(2, out=out)
    begun = sobol(3)
    begun.draw(3)
    refused = attempts(
        lambda: sobol(0), lambda: sobol(21202), lambda: begun.draw_base2(2), lambda: sobol(3).draw(0), lambda: begun.draw(-1),
        lambda: begun.draw(0).shape,
    )  # fmt: skip
    return results, out, refused, [repr(sobol(2)), repr(sobol(2, scramble=True, seed=3)), sobol.MAXBIT, sobol.MAXDIM]


@scenario
def cosine_embedding_loss_refuses_ranks(torch):
    loss, t = torch.nn.functional.cosine_embedding_loss, torch.ones
    shapes = [((3,), (2, 3), ()), ((2, 3), (3,), (2,)), ((2, 3), (2, 3), ()), ((3,), (3,), (1,)), ((0, 0), (0,), (0,)), ((2, 3), (1, 3), (2,))]
    return attempts(*(lambda a=a, b=b, c=c: loss(t(a), t(b), t(c)) for a, b, c in shapes))
