"""What learning rate schedules must do, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

import copy

from .collect import attempts, collect
from .optimizers import tensors

CASES, scenario = collect()


class Times:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, epoch):
        return self.factor**epoch


def chained(m, o):
    return m.ChainedScheduler([m.ConstantLR(o, 0.1, 2), m.ExponentialLR(o, 0.9)])


def sequential(m, o):
    return m.SequentialLR(o, [m.ConstantLR(o, 0.1, 2), m.ExponentialLR(o, 0.9), m.StepLR(o, 2)], [3, 6])


SCHEDULES = {
    "lambda": lambda m, o: m.LambdaLR(o, lambda e: 1 / (1 + e)),
    "lambdas": lambda m, o: m.LambdaLR(o, [Times(0.9), lambda e: 0.5**e]),
    "multiplicative": lambda m, o: m.MultiplicativeLR(o, lambda e: 0.9),
    "step": lambda m, o: m.StepLR(o, 3, 0.5),
    "multistep": lambda m, o: m.MultiStepLR(o, [2, 5, 5], 0.5),
    "constant": lambda m, o: m.ConstantLR(o, 0.3, 4),
    "linear": lambda m, o: m.LinearLR(o, 0.2, 0.9, 6),
    "exponential": lambda m, o: m.ExponentialLR(o, 0.8),
    "polynomial": lambda m, o: m.PolynomialLR(o, 7, 2.0),
    "cosine": lambda m, o: m.CosineAnnealingLR(o, 4, 0.01),
    "restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "restarts1": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3),
    "onecycle": lambda m, o: m.OneCycleLR(o, [0.5, 1.0], total_steps=12),
    "onecycle3": lambda m, o: m.OneCycleLR(o, 0.5, epochs=4, steps_per_epoch=3, anneal_strategy="linear", three_phase=True),
    "onecycle_still": lambda m, o: m.OneCycleLR(o, 0.5, total_steps=12, cycle_momentum=False),
    "cyclic": lambda m, o: m.CyclicLR(o, 0.1, 0.5, 3, 4),
    "cyclic2": lambda m, o: m.CyclicLR(o, [0.1, 0.2], 0.5, 2, mode="triangular2", cycle_momentum=False),
    "cyclic_exp": lambda m, o: m.CyclicLR(o, 0.1, 0.5, 3, mode="exp_range", gamma=0.9),
    "cyclic_fn": lambda m, o: m.CyclicLR(o, 0.1, 0.5, 3, scale_fn=Times(0.7), scale_mode="iterations"),
    "chained": chained,
    "sequential": sequential,
}


def pair(torch, name="SGD", **options):
    a, b = (p.requires_grad_() for p in tensors(torch, 0)[:2])
    return getattr(torch.optim, name)([{"params": [a]}, {"params": [b], "lr": 0.3}], lr=0.2, **options)


def _momentum(optimizer):
    return {"momentum": 0.9} if optimizer == "SGD" else {}


def _schedule_case(name, optimizer):
    def case(torch):
        o = pair(torch, optimizer, **_momentum(optimizer))
        schedule = SCHEDULES[name](torch.optim.lr_scheduler, o)
        seen = [schedule.get_last_lr()]
        for _ in range(11):
            o.step()
            schedule.step()
            seen.append([schedule.get_last_lr(), [{k: v for k, v in g.items() if k != "params"} for g in o.param_groups]])
        saved = copy.deepcopy(schedule.state_dict())
        fresh = SCHEDULES[name](torch.optim.lr_scheduler, pair(torch, optimizer, **_momentum(optimizer)))
        fresh.load_state_dict(saved)
        seen.append([getattr(fresh, "last_epoch", None), fresh.get_last_lr()])
        return seen, {k: v for k, v in saved.items() if k not in ("_scale_fn_ref", "_scale_fn_custom", "_schedulers")}

    case.__name__ = f"{name}_{optimizer}"
    return case


def _epoch_case(name):
    def case(torch):
        o = pair(torch, momentum=0.9)
        schedule = SCHEDULES[name](torch.optim.lr_scheduler, o)
        o.step()
        return [[schedule.step(epoch), schedule.get_last_lr(), schedule.last_epoch] for epoch in (3, 5, 1)]

    case.__name__ = f"{name}_at_epoch"
    return case


for _name in SCHEDULES:
    for _optimizer in ("SGD", "Adam"):
        scenario(_schedule_case(_name, _optimizer))
    if _name not in ("chained", "sequential"):
        scenario(_epoch_case(_name))


@scenario
def plateau(torch):
    seen = []
    for options in (
        {}, {"patience": 1, "cooldown": 2}, {"mode": "max", "patience": 0}, {"threshold_mode": "abs", "patience": 1, "threshold": 0.5},
        {"mode": "max", "threshold_mode": "abs", "patience": 1}, {"patience": 0, "min_lr": [0.01, 0.1], "factor": 0.3}, {"patience": 0, "eps": 0.05},
    ):  # fmt: skip
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(pair(torch), **options)
        for value in [3, 2, 2, 2, torch.tensor(1.9), 1.99999, 2, 2, 0.5, 0.5, 0.5, 0.5, float("nan"), 7, 7]:
            schedule.step(value)
            seen.append([schedule.get_last_lr(), schedule.best, schedule.num_bad_epochs, schedule.in_cooldown])
        seen.append(schedule.state_dict())
    return seen


@scenario
def errors_and_warnings(torch):
    m, o, other = torch.optim.lr_scheduler, pair(torch), pair(torch, "Adagrad")
    step = m.StepLR(o, 3)
    step.step()
    results = attempts(
        lambda: m.StepLR(3, 3), lambda: m.StepLR(o, 3, last_epoch=4).get_last_lr(), lambda: m.StepLR(other, 3, last_epoch=4),
        lambda: m.LambdaLR(o, [abs]), lambda: m.MultiplicativeLR(o, 3), lambda: m.ConstantLR(o, 2), lambda: m.LinearLR(o, 0),
        lambda: m.LinearLR(o, 1, 2), lambda: m.CosineAnnealingWarmRestarts(o, 0), lambda: m.CosineAnnealingWarmRestarts(o, 1, 0),
        lambda: m.CosineAnnealingWarmRestarts(o, 1).step(-1), lambda: m.OneCycleLR(o, 1), lambda: m.OneCycleLR(o, 1, 0),
        lambda: m.OneCycleLR(o, 1, epochs=0, steps_per_epoch=1), lambda: m.OneCycleLR(o, 1, 3, pct_start=2), lambda: m.OneCycleLR(o, [1], 3),
        lambda: m.OneCycleLR(o, 1, 3, anneal_strategy="x"), lambda: m.OneCycleLR(other, 1, 3), lambda: m.CyclicLR(o, 1, 2, mode="x"),
        lambda: m.CyclicLR(other, 1, 2), lambda: m.ReduceLROnPlateau(o, factor=1), lambda: m.ReduceLROnPlateau(o, mode="x"),
        lambda: m.ReduceLROnPlateau(o, threshold_mode="x"), lambda: m.ReduceLROnPlateau(o, min_lr=[1]), lambda: m.ChainedScheduler([]),
        lambda: m.SequentialLR(o, [], []), lambda: m.SequentialLR(o, [step], [1]), lambda: m.ChainedScheduler([m.ReduceLROnPlateau(o)]),
        lambda: m.SequentialLR(other, [step], []), lambda: step.get_lr(), lambda: m.LRScheduler(pair(torch)), lambda: m.ReduceLROnPlateau(3),
    )  # fmt: skip
    replaced = pair(torch)
    schedule = m.StepLR(replaced, 3)
    replaced.step = lambda: None
    schedule.step()
    return [r if isinstance(r, list) else type(r).__name__ for r in results]
