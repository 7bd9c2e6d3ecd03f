"""Learning rate schedules against torch over a long run: every class, Tensor rates, schedules in schedules, and states that change sides."""

from __future__ import annotations

import copy
import warnings

import pytest

torch_real = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from ..scenarios.schedules import SCHEDULES, pair  # noqa: E402
from .both import assert_same, check_same, plain  # noqa: E402

STEPS = 30
MORE = {
    "nested_sequential": lambda m, o: m.SequentialLR(
        o, [m.SequentialLR(o, [m.ConstantLR(o, 0.5, 3), m.CosineAnnealingLR(o, 10)], [5]), m.LinearLR(o, 0.1, total_iters=4)], [12]
    ),
    "chain_of_chains": lambda m, o: m.ChainedScheduler([m.ChainedScheduler([m.StepLR(o, 7), m.ExponentialLR(o, 0.95)]), m.LinearLR(o)]),
    "chain_in_sequence": lambda m, o: m.SequentialLR(
        o, [m.ChainedScheduler([m.ConstantLR(o, 0.5), m.ExponentialLR(o, 0.9)]), m.PolynomialLR(o, 12)], [8]
    ),
    "sequence_of_restarts": lambda m, o: m.SequentialLR(o, [m.LinearLR(o, 0.01, total_iters=5), m.CosineAnnealingWarmRestarts(o, 4, 2)], [5]),
    "long_onecycle": lambda m, o: m.OneCycleLR(o, [0.5, 1.0], total_steps=STEPS + 1, pct_start=0.4, div_factor=10, final_div_factor=50),
    "linear_up": lambda m, o: m.LinearLR(o, 0.05, 1.0, 20),
    "cyclic_triangular": lambda m, o: m.CyclicLR(o, 0.01, [0.4, 0.6], 4, 9, base_momentum=0.7, max_momentum=[0.8, 0.95]),
    "swa": lambda m, o: m._swa(o, [0.05, 0.01], anneal_epochs=8),
    "swa_linear": lambda m, o: m._swa(o, 0.05, anneal_epochs=8, anneal_strategy="linear"),
    "swa_at_once": lambda m, o: m._swa(o, 0.05, anneal_epochs=0),
}  # fmt: skip
SHORT = {"onecycle", "onecycle3", "onecycle_still"}


class Schedules:
    """`lr_scheduler`, with the one of `swa_utils`."""

    def __init__(self, torch):
        import importlib

        self._swa = importlib.import_module(f"{torch.__name__}.optim.swa_utils").SWALR
        self._module = torch.optim.lr_scheduler

    def __getattr__(self, name):
        return getattr(self._module, name)


def build(torch, name, tensor_lr=False):
    o = pair(torch, momentum=0.9)
    if tensor_lr:
        for group in o.param_groups:
            group["lr"] = torch.tensor(group["lr"], dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return o, (SCHEDULES | MORE)[name](Schedules(torch), o)


def advance(o, schedule, steps=STEPS):
    seen = []
    for _ in range(steps):
        o.step()
        schedule.step()
        seen.append([schedule.get_last_lr(), [g["lr"] for g in o.param_groups], [g["momentum"] for g in o.param_groups]])
    return seen


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("tensor_lr", [False, True])
def test_more_schedules(name, tensor_lr):
    def scenario(torch):
        o, schedule = build(torch, name, tensor_lr)
        return schedule.get_last_lr(), advance(o, schedule), schedule.state_dict()

    assert_same(scenario)


@pytest.mark.parametrize("name", [n for n in SCHEDULES if n not in SHORT])
def test_long_runs_with_tensor_rates(name):
    def scenario(torch):
        o, schedule = build(torch, name, tensor_lr=True)
        return schedule.get_last_lr(), advance(o, schedule)

    assert_same(scenario)


@pytest.mark.parametrize("name", [*SCHEDULES, *MORE])
def test_states_change_sides(name):
    """The second half of a run, from a state of the other side."""
    import torchlike

    half = 5 if name in SHORT else STEPS // 2
    runs = {}
    for torch in (torch_real, torchlike):
        runs[torch] = build(torch, name)
        advance(*runs[torch], half)
    for torch, other in ((torch_real, torchlike), (torchlike, torch_real)):
        o, schedule = build(torch, name)
        schedule.load_state_dict(copy.deepcopy(runs[other][1].state_dict()))
        for group, theirs in zip(o.param_groups, runs[other][0].param_groups, strict=True):
            group.update({k: v for k, v in theirs.items() if k != "params"})
        runs[torch] = (*runs[torch], o, schedule)
    expected = plain(advance(*runs[torch_real][:2], half))
    check_same(plain(advance(*runs[torchlike][2:], half)), expected)
    check_same(plain(advance(*runs[torch_real][2:], half)), expected)
