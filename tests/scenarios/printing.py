"""How Tensors print, and how they are copied and pickled, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

import copy
import pickle

from .collect import attempts, collect, readable

CASES, scenario = collect()


@scenario
def numbers(torch):
    t, inf, nan = torch.tensor, float("inf"), float("nan")
    return [
        repr(x)
        for x in (
            t(3), t(2.5), t(True), t(1 + 2j), t([]), t([[]]), t([1, -200, 3]), t([1.0, 2.0]), t([1.5, -22.25]), t([1e-5, 1.0]), t([1e9, 1.0]),
            t([1.0, 1000.5]), t([nan, inf, -inf]), t([nan, 1.5]), t([-inf, 2.0]), t([True, False]), t([1 + 2j, -3.5 - 1e-9j]), t([0.0, -0.0]),
            t([1e-40]), torch.zeros(0, 3), torch.zeros(2, 0, dtype=torch.int32), torch.arange(24.0).reshape(2, 3, 4), torch.arange(30.0),
            torch.arange(2000), torch.arange(3000.0).reshape(30, 100), torch.zeros(11, 10, 10), torch.full((3, 50), 0.5),
        )
    ]  # fmt: skip


@scenario
def suffixes(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    long = torch.full((10,), 123456.0, requires_grad=True)
    return [
        repr(v)
        for v in (
            x, x * 2, x.sum(), x.detach(), long, long * 2, torch.ones(2, dtype=torch.float64), torch.ones(2, dtype=torch.float16),
            torch.ones(2, dtype=torch.bfloat16), torch.ones(1, dtype=torch.uint8), torch.ones(1, dtype=torch.complex128), x.new_zeros(0),
            torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(1), requires_grad=False),
            torch.zeros(0, requires_grad=True), x.view(2, 1),
        )
    ]  # fmt: skip


@scenario
def options(torch):
    x, out = torch.arange(60.0).reshape(3, 20) / 7, []
    for chosen in (
        {"precision": 2}, {"threshold": 5}, {"threshold": 5, "edgeitems": 1}, {"threshold": 5, "edgeitems": 0}, {"linewidth": 30},
        {"sci_mode": True}, {"sci_mode": False}, {"profile": "short"}, {"profile": "full"},
    ):  # fmt: skip
        torch.set_printoptions(profile="default")
        torch.set_printoptions(**chosen)
        out.append(repr(x))
    torch.set_printoptions(profile="default")
    return [*out, repr(x)]


@scenario
def formatting(torch):
    x, y = torch.tensor(2.5, requires_grad=True), torch.ones(2)
    return [f"{x:.3f}", f"{torch.tensor(7):04d}", f"{y}", str(x), f"{torch.tensor(True)}"] + attempts(
        lambda: f"{y:.2f}", lambda: f"{torch.nn.Parameter(torch.ones(())):.2f}"
    )  # fmt: skip


@scenario
def copies(torch):
    x = torch.arange(6.0, requires_grad=True)
    x.grad = torch.ones(6)
    x.note = "kept"
    base = torch.arange(6.0)
    twin = copy.deepcopy(x)
    view, owner = copy.deepcopy([base[2:4], base])
    owner.fill_(9.0)
    shared = copy.deepcopy([x, x])
    loaded = pickle.loads(pickle.dumps(x))
    made = pickle.loads(pickle.dumps(x * 2))
    parameter = pickle.loads(pickle.dumps(torch.nn.Parameter(torch.ones(2), requires_grad=False)))
    return [
        twin, twin.grad, twin.note, twin.grad is x.grad, view, base, shared[0] is shared[1], copy.copy(x) is x, loaded, loaded.grad, loaded.note,
        made, type(parameter).__name__, parameter, pickle.loads(pickle.dumps(torch.float16)), pickle.loads(pickle.dumps(torch.Size([2, 3]))),
        pickle.loads(pickle.dumps(torch.ones(2, dtype=torch.bfloat16))), attempts(lambda: copy.deepcopy(x * 2)),
    ]  # fmt: skip


@scenario
def hooks_are_not_pickled(torch):
    x = torch.ones(2, requires_grad=True)
    x.register_hook(print)
    return readable(repr(pickle.loads(pickle.dumps(x))))
