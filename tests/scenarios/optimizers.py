"""What optimisers must do, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

import importlib

import numpy as np

from .collect import attempts, collect

CASES, scenario = collect()

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


def _steps_case(name, options, dtype):
    def case(torch):
        params, optimizer = run(torch, name, options, dtype=dtype, steps=4)
        return [p.detach() for p in params], optimizer.state_dict(), repr(optimizer)

    case.__name__ = "_".join(["steps", name, dtype, *options])
    return scenario(case)


for _config in CONFIGS:
    for _dtype in ("float32", "complex64"):
        _steps_case(*_config, _dtype)


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
    return optimizer.state_dict(), repr(optimizer), attempts(lambda: optimizer.add_param_group({"params": [c]}))


@scenario
def constructor_errors(torch):
    def params():
        return [p.requires_grad_() for p in tensors(torch, 0)]

    p = params()
    make = torch.optim
    results = attempts(
        lambda: make.SGD(p[0]), lambda: make.SGD([]), lambda: make.SGD([3]), lambda: make.SGD([p[0] * 2]), lambda: make.SGD([{"params": {p[0]}}]),
        lambda: make.SGD([{"params": p}, {"params": [p[0]]}]), lambda: make.SGD([p[0], p[0]]), lambda: make.SGD([p, 3]),
        lambda: make.SGD(p, lr=-1), lambda: make.SGD(p, momentum=-1), lambda: make.SGD(p, weight_decay=-1), lambda: make.SGD(p, nesterov=True),
        lambda: make.SGD(p, fused=True, foreach=True), lambda: make.Adam(p, lr=-1), lambda: make.Adam(p, eps=-1),
        lambda: make.Adam(p, betas=(1.0, 0)),
        lambda: make.Adam(p, betas=(0.0, 1.5)), lambda: make.Adam(p, weight_decay=-1), lambda: make.Adam(p, lr=torch.ones(2)),
        lambda: make.Adam(p, fused=True, differentiable=True), lambda: make.AdamW(p, lr=float("nan")), lambda: make.RMSprop(p, alpha=-1),
        lambda: make.RMSprop(p, momentum=-1), lambda: make.Adagrad(p, lr_decay=-1), lambda: make.Adagrad(p, initial_accumulator_value=-1),
        lambda: make.Adadelta(p, rho=2), lambda: make.Adamax(p, betas=(2, 0)), lambda: make.NAdam(p, momentum_decay=-1), lambda: make.ASGD(p, lr=-1),
        lambda: make.Rprop(p, etas=(2, 3)), lambda: make.RAdam(p, betas=(0, 2)), lambda: make.LBFGS([{"params": p[:1]}, {"params": p[1:]}]),
        lambda: make.Optimizer(p, {}).step(), lambda: make.SGD([("a", p[0]), p[1]]), lambda: make.SGD(p).add_param_group(3),
    )  # fmt: skip
    return [r if isinstance(r, list) else type(r).__name__ for r in results]


@scenario
def loading_errors(torch):
    p = [p.requires_grad_() for p in tensors(torch, 0)]
    one, two = torch.optim.SGD(p), torch.optim.SGD([{"params": p[:1]}, {"params": p[1:]}])
    short = torch.optim.SGD(p[:2])
    return attempts(lambda: one.load_state_dict(two.state_dict()), lambda: one.load_state_dict(short.state_dict()))


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
    return w.detach(), w0.grad


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


# Per function: its lists of states, by what they begin with, and its settings.
_LISTS: dict = {
    "sgd": ([None], {"weight_decay": 0.1, "momentum": 0.9, "lr": 0.1, "dampening": 0.2, "nesterov": False, "maximize": False}),
    "adam": ([0, 0, 0, "step"], {"amsgrad": True, "beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-8, "maximize": True}),
    "adamw": ([0, 0, 0, "step"], {"amsgrad": False, "beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-8,
                                  "maximize": False}),
    "adamax": ([0, 0, "step"], {"eps": 1e-8, "beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0}),
    "nadam": ([0, 0, "one", "step"], {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.004, "eps": 1e-8}),
    "radam": ([0, 0, "step"], {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.1, "eps": 1e-8}),
    "adadelta": ([0, 0, "step"], {"lr": 0.1, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.1, "maximize": False}),
    "adagrad": ([0, "step"], {"lr": 0.1, "weight_decay": 0.1, "lr_decay": 0.1, "eps": 1e-8, "maximize": False}),
    "rmsprop": ([0, 0, 0, "step"], {"lr": 0.1, "alpha": 0.9, "eps": 1e-8, "weight_decay": 0.1, "momentum": 0.9, "centered": True}),
    "rprop": ([0, 0.1, "step"], {"step_size_min": 1e-6, "step_size_max": 50, "etaminus": 0.5, "etaplus": 1.2}),
    "asgd": ([0, "one", "rate", "step"], {"lambd": 1e-4, "lr": 0.1, "t0": 1, "alpha": 0.75, "weight_decay": 0.1}),
}  # fmt: skip
_NUMBERS = {"step": 0.0, "one": 1.0, "rate": 0.1}


def _function(torch, name):
    return getattr(importlib.import_module(f"{torch.__name__}.optim.{name}"), name)


def _begin(torch, kind, params):
    if kind is None:
        return [None for _ in params]
    return [torch.tensor(_NUMBERS[kind]) if kind in _NUMBERS else torch.full_like(p, kind) for p in params]


@scenario
def steps_of_functions_on_lists(torch):
    results = {}
    for name, (kinds, settings) in _LISTS.items():
        params = tensors(torch, 0)
        states = [_begin(torch, kind, params) for kind in kinds]
        for step in range(3):
            _function(torch, name)(params, tensors(torch, 1 + step), *states, **settings)
        results[name] = params, states
    return results


@scenario
def functions_on_lists_refuse(torch):
    def call(**changes):
        params = tensors(torch, 0)
        kinds, settings = _LISTS["adam"]
        states = [_begin(torch, kind, params) for kind in kinds]
        _function(torch, "adam")(params, tensors(torch, 1), *states, **settings, **changes)

    def call_with_numbers():
        params = tensors(torch, 0)
        _function(torch, "rmsprop")(params, tensors(torch, 1), *(_begin(torch, 0, params) for _ in range(3)), [1, 2, 3], **_LISTS["rmsprop"][1])

    def recorded_leaves():
        params = [p.requires_grad_() for p in tensors(torch, 0)]
        settings = {**_LISTS["sgd"][1], "weight_decay": 0}
        _function(torch, "sgd")(params, tensors(torch, 1), [None] * 3, **settings)

    return attempts(recorded_leaves, call_with_numbers, lambda: call(found_inf=torch.zeros(())))


@scenario
def complex_parameters_of_lbfgs(torch):
    param, target = (torch.tensor([[1 + 1j, 2 - 1j], [0.5j, -1.0]]), torch.tensor([[2 - 1j, 0.5 + 3j], [1.0, 1j]]))
    z = param.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([z], lr=0.1, max_iter=5)

    def closure():
        optimizer.zero_grad()
        loss = (z - target).abs().pow(2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return torch.view_as_real(z.detach())
