"""Checkpointing beyond the basics: selective contexts, groups of backward passes, nesting, debugging, devices, and what is refused."""

import functools
from importlib import import_module

from .collect import attempts, collect

CASES, scenario = collect()


def module(torch):
    return import_module(f"{torch.__name__}.utils.checkpoint")


class Counted:
    """A function that counts how often it has run."""

    def __init__(self, fn):
        self.fn, self.runs = fn, 0

    def __call__(self, *args, **kwargs):
        self.runs += 1
        return self.fn(*args, **kwargs)


def counting_function(torch, log, name):
    """A custom Function that is the identity and notes each forward: a probe for what is computed again."""

    class Probe(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            log.append(name)
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            return grad

    return Probe.apply


@scenario
def selective_lists_and_policies(torch):
    c, aten = module(torch), torch.ops.aten
    policy = c.CheckpointPolicy
    x0 = torch.arange(9.0).reshape(3, 3) / 9

    def block(x):
        return torch.sigmoid(torch.mm(torch.mm(x, x).sin(), x)) * x

    results = []
    for chosen in (
        [aten.mm.default], [aten.sin.default, aten.sigmoid.default], [], lambda ctx, op, *a, **k: policy.MUST_SAVE,
        lambda ctx, op, *a, **k: policy.PREFER_RECOMPUTE, lambda ctx, op, *a, **k: op in [aten.mm.default],
        lambda ctx, op, *a, **k: policy.PREFER_SAVE if op == aten.sin.default else policy.MUST_RECOMPUTE,
    ):  # fmt: skip
        for early_stop in (True, False):
            x = x0.clone().requires_grad_()
            out = c.checkpoint(block, x, use_reentrant=False, early_stop=early_stop,
                               context_fn=functools.partial(c.create_selective_checkpoint_contexts, chosen))  # fmt: skip
            out.sum().backward()
            results.append(x.grad)
    x = x0.clone().requires_grad_()
    block(x).sum().backward()
    return [x.grad, all(torch.allclose(x.grad, r) for r in results)]


@scenario
def what_a_policy_sees(torch):
    c = module(torch)
    log = []

    def policy(ctx, op, *args, **kwargs):
        log.append([op.name() if op.name() != "aten::mul.Tensor" else "aten::mul", list(ctx.op_output.shape), ctx.is_recompute, len(args)])
        return c.CheckpointPolicy.PREFER_SAVE

    x = torch.ones(2, 3, requires_grad=True)
    context_fn = functools.partial(c.create_selective_checkpoint_contexts, policy)
    out = c.checkpoint(lambda a: a.mm(a.t() * 2).exp().sin(), x, use_reentrant=False, context_fn=context_fn)
    before = [entry for entry in log if entry[0] in ("aten::mm", "aten::exp", "aten::sin")]
    log.clear()
    out.sum().backward()
    return [before, log, x.grad]


@scenario
def selective_contexts_refuse(torch):
    c, aten = module(torch), torch.ops.aten
    make = c.create_selective_checkpoint_contexts
    results = attempts(lambda: make(3), lambda: make("mm"), lambda: make([aten.mm]), lambda: make([3]), lambda: make((aten.mm.default,)))
    return [[r[0], r[1].split(" of type")[0]] for r in results]


@scenario
def selective_backward_twice(torch):
    c, aten = module(torch), torch.ops.aten
    x = torch.ones(2, 2, requires_grad=True)
    context_fn = functools.partial(c.create_selective_checkpoint_contexts, [aten.mm.default])
    out = c.checkpoint(lambda a: a.mm(a).sin().exp(), x, use_reentrant=False, context_fn=context_fn).sum()
    out.backward(retain_graph=True)
    return [x.grad, *attempts(out.backward)]


@scenario
def selective_notices_other_ops(torch):
    c, aten = module(torch), torch.ops.aten
    results = []
    for first, second in ((lambda a: a.sin().exp(), lambda a: a.cos().exp()), (lambda a: a.sin().exp(), lambda a: a.sin().sin().exp())):
        x = torch.ones(2, requires_grad=True)
        turn = []

        def block(a, first=first, second=second, turn=turn):
            turn.append(1)
            return (first if len(turn) == 1 else second)(a)

        context_fn = functools.partial(c.create_selective_checkpoint_contexts, [aten.exp.default])
        out = c.checkpoint(block, x, use_reentrant=False, early_stop=False, context_fn=context_fn).sum()
        results += attempts(out.backward)
    return results


@scenario
def selective_saves_the_work(torch):
    c, aten = module(torch), torch.ops.aten
    results = []
    for chosen in ([], [aten.sin.default], [aten.sin.default, aten.exp.default]):
        seen = []

        def policy(ctx, op, *args, chosen=chosen, seen=seen, **kwargs):
            seen.append(op.name())
            return op in chosen

        x = torch.ones(3, requires_grad=True)
        out = c.checkpoint(lambda a: a.sin().exp().cos(), x, use_reentrant=False,
                           context_fn=functools.partial(c.create_selective_checkpoint_contexts, policy))  # fmt: skip
        out.sum().backward()
        results.append([seen, x.grad])
    return results


@scenario
def selective_with_random_numbers_and_several_outputs(torch):
    c, aten = module(torch), torch.ops.aten
    results = []
    for chosen in ([aten.mul.Tensor], [aten.max.dim, aten.bernoulli.default]):
        x = torch.arange(6.0).reshape(2, 3).requires_grad_()

        def block(a):
            mask = torch.nn.functional.dropout(torch.ones_like(a), 0.5)
            values, places = (a * mask).max(dim=1)
            return values * values, places, mask

        context_fn = functools.partial(c.create_selective_checkpoint_contexts, chosen)
        out, places, mask = c.checkpoint(block, x, use_reentrant=False, context_fn=context_fn)
        out.sum().backward()
        y = x.detach().requires_grad_()
        expected = (y * mask).gather(1, places[:, None]).square().sum()
        expected.backward()
        results.append(torch.allclose(x.grad, y.grad))
    return results


@scenario
def selective_nested(torch):
    c, aten = module(torch), torch.ops.aten
    x = torch.ones(2, 2, requires_grad=True)
    context_fn = functools.partial(c.create_selective_checkpoint_contexts, [aten.mm.default])

    def outer(a):
        return c.checkpoint(lambda b: b.mm(b).sin(), a.exp(), use_reentrant=False, context_fn=context_fn).cos()

    c.checkpoint(outer, x, use_reentrant=False).sum().backward()
    y = torch.ones(2, 2, requires_grad=True)
    c.checkpoint(lambda a: c.checkpoint(lambda b: b.mm(b).sin(), a.exp(), use_reentrant=False).cos(), y, use_reentrant=False,
                 context_fn=context_fn).sum().backward()  # fmt: skip
    return [x.grad, y.grad]


@scenario
def policies_and_ignored_ops(torch):
    c = module(torch)
    context = c.SelectiveCheckpointContext(is_recompute=False)
    return [
        [[p.name, p.value] for p in c.CheckpointPolicy], context.is_recompute, context.op_output, torch.ops.aten.detach.default in c.SAC_IGNORED_OPS,
        torch.ops.aten.mm.default in c.SAC_IGNORED_OPS, str(torch.ops.aten.mm.default), repr(torch.ops.aten.mm.default), torch.ops.aten.mm.default.name(),
        torch.ops.aten.add.Tensor.name(), str(torch.ops.aten.mm), torch.ops.aten.mm.default is torch.ops.aten.mm.default,
        torch.ops.aten.mm.default == torch.ops.aten.bmm.default, torch.ops.aten.mm.default(torch.ones(1, 2), torch.ones(2, 1)),
        torch.ops.aten.mul.Tensor(torch.ones(2), torch.ones(2)), torch.ops.aten.mm.default.__name__, torch.ops.aten.mm.default.namespace,
        *attempts(lambda: c.SelectiveCheckpointContext(True)),
    ]  # fmt: skip


@scenario
def backward_passes_in_a_group(torch):
    c = module(torch)
    log = []
    probe = counting_function(torch, log, "run")

    def block(x, y):
        return probe(x).sin().exp(), probe(y).sin().exp()

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a, b = c.checkpoint(block, x, y, use_reentrant=False)
    log.clear()
    with c.GraphExecGroup():
        a.sum().backward()
        b.sum().backward()
    once = len(log)
    a, b = c.checkpoint(block, x, y, use_reentrant=False)
    log.clear()
    a.sum().backward()
    b.sum().backward()
    twice = len(log)

    def nested():
        with c.GraphExecGroup(), c.GraphExecGroup():
            pass

    def overlapping():
        out = c.checkpoint(lambda v: v.sin().exp(), x, use_reentrant=False).sum()
        with c.GraphExecGroup():
            out.backward(retain_graph=True)
            out.backward()

    results = attempts(nested, overlapping)
    return [once, twice, x.grad, y.grad, [results[0][0], results[0][1].split(" group")[0]], results[1], c.GraphExecGroup._get_current_group()]


@scenario
def debugging(torch):
    c = module(torch)

    def mistaken():
        turn = []

        def block(x):
            turn.append(1)
            return x.sin().exp() if len(turn) == 1 else x.sin()

        return block

    def run(**kwargs):
        x = torch.ones(3, requires_grad=True)
        c.checkpoint(mistaken(), x, use_reentrant=False, **kwargs).sum().backward()

    def within(enabled, **kwargs):
        with c.set_checkpoint_debug_enabled(enabled):
            run(**kwargs)

    x = torch.ones(2, requires_grad=True)
    c.checkpoint(lambda a: a.sin().exp(), x, use_reentrant=False, debug=True).sum().backward()
    plain = [r[0:1] + [r[1].split("\n")[0], "debug=True" in r[1], "aten.sin.default" in r[1]] for r in attempts(
        run, lambda: within(False, debug=True), lambda: within(None))]  # fmt: skip
    detailed = [[r[0], "You are seeing this error because you passed `debug=True`" in r[1].replace("\n ", " "), r[1].count("aten.sin.default") > 2,
                 r[1].count("aten.exp.default") > 0, "of " in r[1] and "in original)" in r[1], "autograd_checkpoint.py" in r[1]]
                for r in attempts(lambda: run(debug=True), lambda: within(True), lambda: within(None, debug=True))]  # fmt: skip
    return [x.grad, plain, detailed, *attempts(
        lambda: c.checkpoint(lambda a: a, x, use_reentrant=False, debug=True, context_fn=lambda: c.noop_context_fn()),
        lambda: c.checkpoint(lambda a: a, x, use_reentrant=True, debug=True))]  # fmt: skip


@scenario
def contexts_of_the_two_runs(torch):
    c = module(torch)
    log = []

    class Noted:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            log.append(f"enter {self.name}")

        def __exit__(self, kind, error, trace):
            log.append(f"exit {self.name} {kind.__name__ if kind is not None and issubclass(kind, ValueError) else kind is not None}")

    x = torch.ones(2, requires_grad=True)
    out = c.checkpoint(lambda a: a.sin().exp(), x, use_reentrant=False, early_stop=False, context_fn=lambda: (Noted("first"), Noted("again")))
    out.sum().backward()

    def fail(a):
        raise ValueError("in the function")

    results = attempts(lambda: c.checkpoint(fail, x, use_reentrant=False, context_fn=lambda: (Noted("first"), Noted("again"))))
    with torch.no_grad():
        c.checkpoint(lambda a: a.sin(), x, use_reentrant=False, context_fn=lambda: (Noted("unused"), Noted("unused")))
    return [log, results, x.grad]


@scenario
def nested_checkpoints_and_early_stop(torch):
    c = module(torch)
    results = []
    for stop in (True, False):
        log = []
        first, second, third = (counting_function(torch, log, name) for name in ("first", "second", "third"))

        def inner(a, second=second, third=third):
            return third(second(a).sin().exp()).cos()

        def outer(a, first=first, inner=inner):
            return c.checkpoint(inner, first(a).exp(), use_reentrant=False).sin()

        x = torch.ones(2, requires_grad=True)
        with c.set_checkpoint_early_stop(stop):
            out = c.checkpoint(outer, x, use_reentrant=False)
        log.clear()
        out.sum().backward()
        results.append([log, x.grad])
    return results


@scenario
def early_stop_as_an_argument(torch):
    c = module(torch)
    results = []
    for given, within in ((True, None), (False, None), (True, False), (False, True)):
        log = []
        last = counting_function(torch, log, "last")
        x = torch.ones(2, requires_grad=True)
        with c.set_checkpoint_early_stop(within) if within is not None else c.noop_context_fn()[0]:
            out = c.checkpoint(lambda a, last=last: last(a.sin().exp()), x, use_reentrant=False, early_stop=given)
        log.clear()
        out.sum().backward()
        results.append([log, x.grad])
    return results


@scenario
def sequential_segments(torch):
    c = module(torch)
    results = []
    for reentrant in (True, False):
        for segments in (1, 2, 3):
            torch.manual_seed(0)
            functions = [Counted(f) for f in (torch.sin, torch.exp, torch.cos, torch.tanh, torch.sigmoid)]
            x = torch.ones(3, requires_grad=True)
            c.checkpoint_sequential(functions, segments, x, use_reentrant=reentrant).sum().backward()
            results.append([[f.runs for f in functions], x.grad])
    layers = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh())
    return [results, c.checkpoint_sequential(layers, 2, torch.ones(2, requires_grad=True), use_reentrant=False), *attempts(
        lambda: c.checkpoint_sequential([torch.sin], 2, torch.ones(1), use_reentrant=False),
        lambda: c.checkpoint_sequential([torch.sin], 1, torch.ones(1), use_reentrant=False, debug=True))]  # fmt: skip


@scenario
def devices_and_small_helpers(torch):
    c = module(torch)
    x = torch.ones(2, requires_grad=True)
    detached = c.detach_variable((x, 3, torch.ones(1)))
    default = c.DefaultDeviceType.get_device_type()
    c.DefaultDeviceType.set_device_type("cuda")
    changed = c.DefaultDeviceType.get_device_type()
    c.DefaultDeviceType.set_device_type("cpu")
    c.check_backward_validity([torch.ones(1), 2])
    return [
        detached, detached[0].is_leaf, default, changed, c.get_device_states(x, [x], {"a": 3}), c.set_device_states([], [], device_type="cpu"),
        sorted(c.__all__), [type(m).__name__ for m in c.noop_context_fn()], issubclass(c.CheckpointError, RuntimeError),
        *attempts(lambda: c.detach_variable([x]), lambda: c.checkpoint(torch.sin, x, use_reentrant=False, determinism_check="strict")),
    ]  # fmt: skip


@scenario
def inputs_of_every_kind(torch):
    c = module(torch)
    x, y = torch.ones(2, requires_grad=True), torch.full((2,), 2.0, requires_grad=True)

    def block(items, *, scale, table):
        return {"out": [t.exp() * scale for t in items], "sum": table["y"].sin() * items[0]}

    out = c.checkpoint(block, [x, y], use_reentrant=False, scale=3.0, table={"y": y})
    (sum(t.sum() for t in out["out"]) + out["sum"].sum()).backward()
    return [x.grad, y.grad, c.checkpoint(lambda: 3, use_reentrant=False), c.checkpoint(lambda a: None, x, use_reentrant=False)]


@scenario
def inside_and_around_other_things(torch):
    c = module(torch)
    x = torch.ones(3, requires_grad=True)
    g = torch.autograd.grad(c.checkpoint(lambda a: a.sin() * a.exp(), x, use_reentrant=False).sum(), x, create_graph=True)[0]
    g.sum().backward()
    second = x.grad.clone()
    inner = []

    def with_a_gradient(a):
        b = a.detach().requires_grad_()
        with torch.enable_grad():
            inner.append(torch.autograd.grad((b.exp() * b).sum(), b)[0])
        return a * inner[-1]

    x.grad = None
    c.checkpoint(with_a_gradient, x, use_reentrant=False).sum().backward()
    with torch.autograd.graph.save_on_cpu():
        y = c.checkpoint(lambda a: a.sin().exp(), x, use_reentrant=False)
    y.sum().backward()
    hooks = []
    z = c.checkpoint(lambda a: a.sin().exp(), x, use_reentrant=False)
    z.register_hook(lambda grad: hooks.append(grad.tolist()))
    z.sum().backward()
    return [second, x.grad, len(inner), hooks]


@scenario
def autocast_when_run_again(torch):
    def block(x, y, z):
        x = torch.mm(x, y)
        seen.append(x.dtype)
        return torch.mm(torch.mm(x, z), z)

    seen: list = []
    results = []
    for reentrant in (False, True):
        for enabled in (True, False):
            x, y, z = (torch.full((2, 2), n, requires_grad=True) for n in (1.001, 2.003, 3.007))
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
                loss = torch.utils.checkpoint.checkpoint(block, x, y, z, use_reentrant=reentrant).sum()
            loss.backward()
            results.append([x.grad, y.grad, z.grad])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = torch.ones(2, 2, requires_grad=True)
        with torch.autocast("cpu", enabled=False):
            loss = torch.utils.checkpoint.checkpoint(block, x, x, x, use_reentrant=False).sum()
        loss.backward()
    return [*results, x.grad, [str(kind).split(".")[-1] for kind in seen]]
