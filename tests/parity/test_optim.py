"""Optimisers and schedules: the same steps from the same weights and gradients as torch, the same state, errors and warnings."""

from __future__ import annotations

import copy
import importlib

import numpy as np
import pytest

torch_real = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from .both import assert_same, scenarios  # noqa: E402

scenario, all_scenarios = scenarios()

DECAY = {"weight_decay": 0.1}
CONFIGS = [
    ("SGD", {}), ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}), ("SGD", {"momentum": 0.9, "nesterov": True, **DECAY}),
    ("SGD", {"maximize": True, "momentum": 0.5}), ("Adam", {}), ("Adam", {"amsgrad": True, **DECAY}), ("Adam", {"maximize": True, "eps": 0.1}),
    ("Adam", {"betas": (0.5, 0.7), "lr": 0.1}), ("Adam", {"decoupled_weight_decay": True, **DECAY}), ("AdamW", {}), ("AdamW", {"amsgrad": True}),
    ("RMSprop", {}), ("RMSprop", {"centered": True, "momentum": 0.9, **DECAY}), ("RMSprop", {"alpha": 0.5, "maximize": True}),
    ("Adagrad", {}), ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.3, **DECAY}), ("Adadelta", {}), ("Adadelta", {"rho": 0.5, **DECAY}),
    ("Adamax", {}), ("Adamax", {"betas": (0.5, 0.7), **DECAY}), ("NAdam", {}), ("NAdam", {"decoupled_weight_decay": True, **DECAY}),
    ("NAdam", {"momentum_decay": 0.1, **DECAY}), ("RAdam", {}), ("RAdam", {"betas": (0.9, 0.9), **DECAY}),
    ("RAdam", {"betas": (0.9, 0.9), "decoupled_weight_decay": True, **DECAY}), ("ASGD", {}), ("ASGD", {"t0": 2, "lambd": 0.1, **DECAY}),
    ("Rprop", {}), ("Rprop", {"etas": (0.3, 1.5), "step_sizes": (0.001, 0.02)}), ("Rprop", {"maximize": True}),
]  # fmt: skip
SHAPES = [(3, 4), (5,), ()]


def arrays(seed, dtype="float32"):
    rng = np.random.default_rng(seed)
    made = [rng.standard_normal(shape) for shape in SHAPES]
    if dtype.startswith("complex"):
        made = [a + 1j * rng.standard_normal(a.shape) for a in made]
    return made


def tensors(torch, seed, dtype="float32"):
    return [torch.tensor(a.tolist(), dtype=getattr(torch, dtype)) for a in arrays(seed, dtype)]


def run(torch, name, options, dtype="float32", steps=6, optimizer=None, params=None, start=0):
    params = params or [p.requires_grad_() for p in tensors(torch, 0, dtype)]
    optimizer = optimizer or getattr(torch.optim, name)(params, **options)
    for step in range(start, start + steps):
        for param, grad in zip(params, tensors(torch, 1 + step // 2, dtype), strict=True):
            param.grad = grad * (1 - 0.3 * step)
        optimizer.step()
    return params, optimizer


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_steps_and_state(config, dtype):
    def scenario(torch):
        params, optimizer = run(torch, *config, dtype=dtype)
        return params, optimizer.state_dict(), repr(optimizer)

    assert_same(scenario, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("config", [c for c in CONFIGS if c[0] in ("SGD", "AdamW", "RMSprop")], ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_halves(config, dtype):
    # Rounded once here, after each operation there.
    tolerance = {"float16": 0.01, "bfloat16": 0.06}[dtype]
    assert_same(lambda torch: run(torch, *config, dtype=dtype, steps=3)[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_resuming(config):
    def scenario(torch):
        params, optimizer = run(torch, *config, steps=2)
        saved = copy.deepcopy(optimizer.state_dict())
        fresh = [p.detach().clone().requires_grad_() for p in params]
        resumed = getattr(torch.optim, config[0])(fresh)
        resumed.load_state_dict(saved)
        run(torch, *config, params=params, optimizer=optimizer, start=2)
        run(torch, *config, params=fresh, optimizer=resumed, start=2)
        return params, fresh, resumed.state_dict()

    assert_same(scenario, rtol=2e-5, atol=2e-6)


@scenario
def groups_and_defaults(torch):
    a, b, c = (p.requires_grad_() for p in tensors(torch, 0))
    optimizer = torch.optim.SGD([{"params": a, "lr": 0.5}, {"params": [b], "momentum": 0.9}], lr=0.1)
    optimizer.add_param_group({"params": (c,), "weight_decay": 0.1})
    run(torch, "", {}, params=[a, b, c], optimizer=optimizer, steps=2)
    b.grad = None
    optimizer.step()
    return [a, b, c], optimizer.state_dict(), repr(optimizer), optimizer.defaults


@scenario
def named_groups(torch):
    a, b, c = (p.requires_grad_() for p in tensors(torch, 0))
    optimizer = torch.optim.Adam([("a", a), ("b", b)], lr=0.1)
    optimizer.step()
    out = [optimizer.state_dict(), repr(optimizer)]
    try:
        optimizer.add_param_group({"params": [c]})
    except ValueError as error:
        out.append(str(error))
    return out


@scenario
def constructor_errors(torch):
    def params():
        return [p.requires_grad_() for p in tensors(torch, 0)]

    p = params()
    make = torch.optim
    out = []
    for call in (
        lambda: make.SGD(p[0]), lambda: make.SGD([]), lambda: make.SGD([3]), lambda: make.SGD([p[0] * 2]), lambda: make.SGD([{"params": {p[0]}}]),
        lambda: make.SGD([{"params": p}, {"params": [p[0]]}]), lambda: make.SGD([p[0], p[0]]), lambda: make.SGD([p, 3]),
        lambda: make.SGD(p, lr=-1), lambda: make.SGD(p, momentum=-1), lambda: make.SGD(p, weight_decay=-1), lambda: make.SGD(p, nesterov=True),
        lambda: make.SGD(p, fused=True, foreach=True), lambda: make.Adam(p, lr=-1), lambda: make.Adam(p, eps=-1), lambda: make.Adam(p, betas=(1.0, 0)),
        lambda: make.Adam(p, betas=(0.0, 1.5)), lambda: make.Adam(p, weight_decay=-1), lambda: make.Adam(p, lr=torch.ones(2)),
        lambda: make.Adam(p, fused=True, differentiable=True), lambda: make.AdamW(p, lr=float("nan")), lambda: make.RMSprop(p, alpha=-1),
        lambda: make.RMSprop(p, momentum=-1), lambda: make.Adagrad(p, lr_decay=-1), lambda: make.Adagrad(p, initial_accumulator_value=-1),
        lambda: make.Adadelta(p, rho=2), lambda: make.Adamax(p, betas=(2, 0)), lambda: make.NAdam(p, momentum_decay=-1), lambda: make.ASGD(p, lr=-1),
        lambda: make.Rprop(p, etas=(2, 3)), lambda: make.RAdam(p, betas=(0, 2)), lambda: make.LBFGS([{"params": p[:1]}, {"params": p[1:]}]),
        lambda: make.Optimizer(p, {}).step(), lambda: make.SGD([("a", p[0]), p[1]]), lambda: make.SGD(p).add_param_group(3),
    ):  # fmt: skip
        try:
            out.append(type(call()).__name__)
        except Exception as error:
            out.append([type(error).__name__, str(error)])
    return out


@scenario
def loading_errors(torch):
    p = [p.requires_grad_() for p in tensors(torch, 0)]
    one, two = torch.optim.SGD(p), torch.optim.SGD([{"params": p[:1]}, {"params": p[1:]}])
    short = torch.optim.SGD(p[:2])
    out = []
    for call in (lambda: one.load_state_dict(two.state_dict()), lambda: one.load_state_dict(short.state_dict())):
        try:
            call()
        except ValueError as error:
            out.append(str(error))
    return out


@scenario
def gradients_reset(torch):
    p = [p.requires_grad_() for p in tensors(torch, 0)][:1]
    optimizer = torch.optim.SGD(p)
    p[0].grad = torch.ones_like(p[0])
    kept = p[0].grad
    optimizer.zero_grad(set_to_none=False)
    out = [kept.clone(), p[0].grad is kept]
    optimizer.zero_grad()
    return [*out, p[0].grad]


@scenario
def closure(torch):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.1)
    calls = []

    def loss():
        optimizer.zero_grad()
        out = (w * w).sum()
        out.backward()
        calls.append(torch.is_grad_enabled())
        return out

    with torch.no_grad():
        first = optimizer.step(loss)
    return first, optimizer.step(loss), w, calls, w._version > 0


@scenario
def hooks(torch):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    w.grad = torch.ones(2)
    optimizer, log = torch.optim.SGD([w], lr=0.1), []

    every = importlib.import_module(f"{torch.__name__}.optim.optimizer")

    def name(opt, args, kwargs):
        return [type(opt).__name__, len(args), sorted(kwargs)]

    handles = [
        optimizer.register_step_pre_hook(lambda *a: log.append(["pre", *name(*a)])),
        optimizer.register_step_post_hook(lambda *a: log.append(["post", *name(*a)])),
        every.register_optimizer_step_pre_hook(lambda *a: log.append(["all pre", *name(*a)])),
        every.register_optimizer_step_post_hook(lambda *a: log.append(["all post", *name(*a)])),
        optimizer.register_state_dict_pre_hook(lambda opt: log.append("saving")),
        optimizer.register_state_dict_post_hook(lambda opt, sd: sd | {"more": 1}),
        optimizer.register_load_state_dict_pre_hook(lambda opt, sd: log.append(sorted(sd))),
        optimizer.register_load_state_dict_post_hook(lambda opt: log.append("loaded")),
    ]
    optimizer.step()
    optimizer.step(closure=None)
    optimizer.load_state_dict(optimizer.state_dict())
    for handle in handles:
        handle.remove()
    optimizer.step()
    return log, w


@scenario
def custom_optimizer(torch):
    class Half(torch.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"factor": 0.5})

        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
                    p.mul_(group["factor"])

    w = torch.ones(2, requires_grad=True)
    optimizer, log = Half([w]), []
    optimizer.register_step_post_hook(lambda *a: log.append(1))
    schedule = torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD([w], lr=1.0), lambda epoch: epoch)
    optimizer.step()
    return w, optimizer.state_dict(), log, schedule.get_last_lr(), repr(optimizer)


@scenario
def tensor_learning_rate(torch):
    params, out = [p.requires_grad_() for p in tensors(torch, 0)], []
    for name in ("SGD", "Adam", "RMSprop"):
        lr = torch.tensor(0.1)
        optimizer = getattr(torch.optim, name)(params, lr=lr)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for _ in range(3):
            run(torch, "", {}, params=params, optimizer=optimizer, steps=1)
            schedule.step()
        out += [[p.detach().clone() for p in params], lr, schedule.get_last_lr()]
    return out


@scenario
def differentiable_step(torch):
    w0 = torch.tensor([1.0, 2.0], requires_grad=True)
    w = w0.clone()
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, differentiable=True)
    for _ in range(2):
        w.grad = (w0 * w0).clone()
        optimizer.step()
    (w * w).sum().backward()
    return w, w0.grad


@scenario
def quasi_newton(torch):
    out = []
    for options in ({"lr": 0.5, "max_iter": 5}, {"line_search_fn": "strong_wolfe"}, {"history_size": 2, "line_search_fn": "strong_wolfe"}):
        w = torch.tensor([-1.2, 1.0], requires_grad=True, dtype=torch.float64)
        optimizer = torch.optim.LBFGS([w], **options)

        def loss(w=w, optimizer=optimizer):
            optimizer.zero_grad()
            value = (1 - w[0]) ** 2 + (5 if len(optimizer.param_groups[0]) else 1) * (w[1] - w[0] ** 2) ** 2
            value.backward()
            return value

        out += [[optimizer.step(loss), optimizer.step(loss), w.detach().clone()], optimizer.state_dict()["state"][0]["n_iter"]]
    return out


@pytest.mark.parametrize("scenario", all_scenarios)
def test_same_as_torch(scenario):
    assert_same(scenario, rtol=2e-5, atol=2e-6)


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


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name, optimizer):
    def scenario(torch):
        o = pair(torch, optimizer, **({"momentum": 0.9} if optimizer == "SGD" else {}))
        schedule = SCHEDULES[name](torch.optim.lr_scheduler, o)
        seen = [schedule.get_last_lr()]
        for _ in range(11):
            o.step()
            schedule.step()
            seen.append([schedule.get_last_lr(), [{k: v for k, v in g.items() if k != "params"} for g in o.param_groups]])
        saved = copy.deepcopy(schedule.state_dict())
        fresh = SCHEDULES[name](torch.optim.lr_scheduler, pair(torch, optimizer, **({"momentum": 0.9} if optimizer == "SGD" else {})))
        fresh.load_state_dict(saved)
        seen.append([fresh.last_epoch if hasattr(fresh, "last_epoch") else None, fresh.get_last_lr()])
        return seen, {k: v for k, v in saved.items() if k not in ("_scale_fn_ref", "_scale_fn_custom", "_schedulers")}

    assert_same(scenario, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"chained", "sequential"}))
def test_schedule_at_epoch(name):
    def scenario(torch):
        o = pair(torch, momentum=0.9)
        schedule = SCHEDULES[name](torch.optim.lr_scheduler, o)
        o.step()
        return [[schedule.step(epoch), schedule.get_last_lr(), schedule.last_epoch] for epoch in (3, 5, 1)]

    assert_same(scenario, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{}, {"patience": 1, "cooldown": 2}, {"mode": "max", "patience": 0}, {"threshold_mode": "abs", "patience": 1, "threshold": 0.5},
     {"mode": "max", "threshold_mode": "abs", "patience": 1}, {"patience": 0, "min_lr": [0.01, 0.1], "factor": 0.3}, {"patience": 0, "eps": 0.05}],
)  # fmt: skip
def test_plateau(options):
    def scenario(torch):
        o = pair(torch)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(o, **options)
        seen = []
        for value in [3, 2, 2, 2, torch.tensor(1.9), 1.99999, 2, 2, 0.5, 0.5, 0.5, 0.5, float("nan"), 7, 7]:
            schedule.step(value)
            seen.append([schedule.get_last_lr(), schedule.best, schedule.num_bad_epochs, schedule.in_cooldown])
        return seen, schedule.state_dict()

    assert_same(scenario, rtol=1e-9, atol=1e-12)


def test_schedule_errors_and_warnings():
    def scenario(torch):
        m, o, other = torch.optim.lr_scheduler, pair(torch), pair(torch, "Adagrad")
        step = m.StepLR(o, 3)
        step.step()
        out = []
        for call in (
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
        ):  # fmt: skip
            try:
                out.append(type(call()).__name__)
            except Exception as error:
                out.append([type(error).__name__, str(error)])
        replaced = pair(torch)
        schedule = m.StepLR(replaced, 3)
        replaced.step = lambda: None
        schedule.step()
        return out

    assert_same(scenario)


def test_state_dict_moves_between_torch_and_torchlike():
    import torchlike

    for name, options in CONFIGS:
        theirs_params, theirs = run(torch_real, name, options, steps=3)
        mine_params = [torchlike.tensor(p.detach().numpy().tolist()).requires_grad_() for p in theirs_params]
        mine = getattr(torchlike.optim, name)(mine_params, **options)
        state = theirs.state_dict()
        convert = lambda v: torchlike.tensor(v.tolist()) if hasattr(v, "tolist") else v  # noqa: E731
        state = {"state": {i: {k: convert(v) for k, v in s.items()} for i, s in state["state"].items()}, "param_groups": state["param_groups"]}
        mine.load_state_dict(state)
        run(torch_real, name, options, params=theirs_params, optimizer=theirs, start=3)
        run(torchlike, name, options, params=mine_params, optimizer=mine, start=3)
        for a, b in zip(mine_params, theirs_params, strict=True):
            np.testing.assert_allclose(np.array(a.tolist()), np.array(b.tolist()), rtol=2e-5, atol=2e-6, err_msg=name)
