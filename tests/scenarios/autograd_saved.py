"""What is saved and how: hooks on saved Tensors, raw handles, mutation, anomaly mode, versions, checkpointing."""

# ruff: noqa: D103, B023

import threading
from importlib import import_module

from .collect import attempts, collect

CASES, scenario = collect()


def leaf(torch, *shape, value=1.0):
    return torch.full(shape, value).requires_grad_()


@scenario
def hooks_pack_once_and_unpack_at_each_access(torch):
    log = []
    x = leaf(torch, 2, value=2.0)

    def pack(t):
        log.append(("pack", t.tolist(), t.requires_grad, torch.is_grad_enabled()))
        return t * 1

    def unpack(t):
        log.append(("unpack", t.tolist(), t.requires_grad))
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x.exp() * torch.ones(2)
    y.grad_fn._saved_other
    y.sum().backward()
    return [log, x.grad]


@scenario
def hooks_may_store_anything(torch):
    store = {}

    def pack(t):
        store[len(store)] = t.detach().numpy().copy()
        return len(store) - 1

    def unpack(key):
        return torch.from_numpy(store[key] * 2)

    x, w = leaf(torch, 2, value=2.0), leaf(torch, 2, value=3.0)
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (x * w).sum()
    saved = y.grad_fn.next_functions[0][0]._saved_self
    y.backward()
    return [len(store), saved.detach(), saved.is_leaf, x.grad, w.grad]


@scenario
def the_innermost_hooks_win(torch):
    log = []
    hooks = torch.autograd.graph.saved_tensors_hooks
    x = leaf(torch, 2)
    with hooks(lambda t: log.append("outer") or t, lambda t: t):
        x.exp()
        with hooks(lambda t: log.append("inner") or t, lambda t: t):
            x.exp()
        x.exp()
    x.exp()
    return log


@scenario
def hooks_in_double_backward(torch):
    log = []
    x = leaf(torch, 2, value=3.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: log.append(1) or t):
        y = (x * x).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return [g, torch.autograd.grad(g.sum(), x)]


@scenario
def hooks_in_custom_functions(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            out = x * x
            ctx.save_for_backward(x, out, None)
            return out

        @staticmethod
        def backward(ctx, g):
            x, out, nothing = ctx.saved_tensors
            return 2 * x * g + 0 * out

    x = leaf(torch, 2, value=3.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (t.detach(),), lambda p: p[0] * 10):
        y = Square.apply(x)
    y.sum().backward()
    return x.grad


@scenario
def bad_hooks(torch):
    hooks = torch.autograd.graph.saved_tensors_hooks
    x = leaf(torch, 2)

    def wrong_unpack():
        with hooks(lambda t: 1, lambda p: p):
            y = x * x
        y.sum().backward()

    def writes():
        with hooks(lambda t: t.add_(1), lambda t: t):
            x.detach() * x

    def raises(t):
        raise ValueError("not today")

    def refuses():
        with hooks(raises, lambda t: t):
            x * x

    def not_callable():
        with hooks(1, 2):
            x * x

    return [*attempts(wrong_unpack, writes, refuses, not_callable), (x * x).requires_grad]


@scenario
def disabled_hooks(torch):
    graph = torch.autograd.graph

    def inside():
        with graph.disable_saved_tensors_hooks("no hooks here"), graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            pass

    def outside():
        with graph.saved_tensors_hooks(lambda t: t, lambda t: t), graph.disable_saved_tensors_hooks("no hooks here"):
            pass

    def afterwards():
        with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
            return "fine"

    return attempts(inside, outside, afterwards)


@scenario
def saving_on_the_host(torch):
    x = leaf(torch, 2, value=2.0)
    with torch.autograd.graph.save_on_cpu():
        y = (x.exp() * x).sum()
    y.backward()
    return x.grad


@scenario
def raw_saved_values(torch):
    x = leaf(torch, 2, value=3.0)
    y = x * x
    raw = y.grad_fn._raw_saved_self
    raw.register_hooks(lambda t: t.detach() * 2, lambda t: t)
    again = attempts(lambda: raw.register_hooks(lambda t: t, lambda t: t))
    saved = y.grad_fn._saved_self
    y.sum().backward()
    late = attempts(lambda: raw.register_hooks(lambda t: t, lambda t: t))
    z = x * 2.0
    empty = attempts(lambda: z.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t), lambda: z.grad_fn._raw_saved_nothing)
    return [saved.detach(), x.grad, again, late, empty]


@scenario
def mutation_allowed(torch):
    graph = torch.autograd.graph
    with graph.allow_mutation_on_saved_tensors() as context:
        a = leaf(torch, 2, value=2.0)
        b = a.clone()
        out = (b**2).sum()
        b.sin_()
        out.sum().backward()
    inside = a.grad
    with graph.allow_mutation_on_saved_tensors():
        late = (a * a).sum()

    def nested():
        with graph.allow_mutation_on_saved_tensors(), graph.allow_mutation_on_saved_tensors():
            pass

    return [inside, *attempts(late.backward, nested), context is not None]


@scenario
def versions_by_hand(torch):
    x = leaf(torch, 2)
    c = torch.ones(2)
    y = x * c
    torch.autograd.graph.increment_version(c)
    torch.autograd.graph.increment_version([c, c])
    return [c._version, *attempts(lambda: y.sum().backward())]


@scenario
def hooks_and_inplace(torch):
    results = []
    for name in ("relu_", "sigmoid_", "exp_", "tanh_", "sqrt_"):
        x, packed = leaf(torch, 3, value=0.5), []
        with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(1) or t.detach().clone(), lambda t: t):
            y = x * 2
            getattr(y, name)()
            z = y * y
            y.add_(1)
        z.sum().backward()
        results.append([x.grad, len(packed)])
    return results


@scenario
def hooks_belong_to_their_thread(torch):
    packed = []
    x = leaf(torch, 2)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(1) or t, lambda t: t):
        thread = threading.Thread(target=lambda: x * x)
        thread.start()
        thread.join()
    return packed


@scenario
def a_saved_tensor_is_the_tensor(torch):
    x = leaf(torch, 3)
    y = x.exp()
    saved = y.grad_fn._saved_result
    same = saved.grad_fn is y.grad_fn
    saved.add_(1)
    return [same, y, *attempts(lambda: y.sum().backward())]


# --- anomaly mode --------------------------------------------------------------------------------------------------------------


@scenario
def anomaly_finds_nan(torch):
    x = leaf(torch, 2, value=-1.0)
    with torch.autograd.detect_anomaly():
        inside = [torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]
        failure = attempts(lambda: x.sqrt().sum().backward())
    return [inside, failure, torch.is_anomaly_enabled(), x.grad]


@scenario
def anomaly_without_forward(torch):
    y = leaf(torch, 2, value=-1.0).sqrt().sum()
    with torch.autograd.set_detect_anomaly(True):
        return attempts(y.backward)


@scenario
def anomaly_without_nan_check(torch):
    x = leaf(torch, 2, value=-1.0)
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        x.sqrt().sum().backward()
    return [x.grad, torch.is_anomaly_enabled()]


@scenario
def anomaly_of_an_exception(torch):
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise KeyError("broken")

    with torch.autograd.detect_anomaly():
        return attempts(lambda: Fails.apply(leaf(torch, 1)).sum().backward())


@scenario
def anomaly_and_hooks(torch):
    def boom(g):
        raise ValueError("boom")

    results = []
    with torch.autograd.set_detect_anomaly(True):
        x = leaf(torch, 1)
        y = x * 2
        results.append(list(y.grad_fn.metadata))
        y.grad_fn.register_hook(lambda into, out: (into[0] * float("nan"), None))
        results += [*attempts(lambda: y.sum().backward()), x.grad]
        z = x * 2
        z.register_hook(boom)
        results += attempts(lambda: z.sum().backward())
    return results


@scenario
def anomaly_switched_by_call(torch):
    torch.autograd.set_detect_anomaly(True)
    on = torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(False)
    return [on, torch.is_anomaly_enabled()]


# --- checkpointing -------------------------------------------------------------------------------------------------------------


def checkpoints(torch):
    return import_module(f"{torch.__name__}.utils.checkpoint")


@scenario
def checkpoint_gives_the_same_gradients(torch):
    results = []
    for reentrant in (True, False):
        w, x = leaf(torch, 2, 2, value=0.5), leaf(torch, 2, 2, value=0.3)
        calls = []

        def block(t):
            calls.append(torch.is_grad_enabled())
            return torch.tanh(t @ w).sin()

        out = checkpoints(torch).checkpoint(block, x, use_reentrant=reentrant)
        (out * 2).sum().backward()
        results.append([out.detach(), x.grad, w.grad, calls])
    return results


@scenario
def checkpoint_repeats_the_random_numbers(torch):
    results = []
    for reentrant in (True, False):
        x, masks = leaf(torch, 50), []

        def block(t):
            masks.append(torch.rand(50) > 0.5)
            return t * masks[-1]

        out = checkpoints(torch).checkpoint(block, x, use_reentrant=reentrant)
        torch.rand(3)
        out.sum().backward()
        results.append([torch.equal(masks[0], masks[1]), torch.equal(x.grad, masks[0].float())])
    return results


@scenario
def checkpoint_arguments(torch):
    module = checkpoints(torch)
    x = leaf(torch, 2)
    results = []
    out = module.checkpoint(lambda a, b, scale=1: (a * a * scale, b), x, "text", use_reentrant=False, scale=3.0)
    out[0].sum().backward()
    results += [out[1], x.grad]
    results += attempts(
        lambda: module.checkpoint(lambda a, k: a, x, use_reentrant=True, k=1),
        lambda: module.checkpoint(lambda a: a, x, use_reentrant=False, determinism_check="strict"),
        lambda: module.checkpoint(lambda a: a, x, use_reentrant=True, debug=True),
        lambda: module.checkpoint(lambda a: a * 1, torch.ones(1), use_reentrant=True),
        lambda: module.checkpoint(lambda a: a * 2, x),
        lambda: module.checkpoint_sequential([lambda a: a * 2], 1, x),
        lambda: module.checkpoint_sequential([lambda a: a * 2], 1, x, use_reentrant=False, other=1),
    )
    return results


@scenario
def checkpoint_and_grad(torch):
    module = checkpoints(torch)
    x = leaf(torch, 2, value=2.0)
    fine = torch.autograd.grad(module.checkpoint(lambda a: a.exp() * a, x, use_reentrant=False).sum(), x)
    return [fine, attempts(lambda: torch.autograd.grad(module.checkpoint(lambda a: a * a, x, use_reentrant=True).sum(), x),
                           lambda: module.checkpoint(lambda a: a * a, x, use_reentrant=True).sum().backward(inputs=[x]),
                           lambda: module.checkpoint(lambda a: a.detach() * 2, x, use_reentrant=True).sum().backward())]  # fmt: skip


@scenario
def checkpoint_twice_backward(torch):
    x = leaf(torch, 2, value=2.0)
    calls = []

    def block(a):
        calls.append(1)
        return a.exp().sin()

    y = checkpoints(torch).checkpoint(block, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    return [x.grad, len(calls), attempts(y.backward)]


@scenario
def checkpoint_double_backward(torch):
    x = leaf(torch, 2, value=2.0)
    y = checkpoints(torch).checkpoint(lambda a: (a.exp() * a).sin(), x, use_reentrant=False).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return [g, torch.autograd.grad(g.sum(), x)]


@scenario
def checkpoint_nested(torch):
    module = checkpoints(torch)
    x = leaf(torch, 2, value=0.5)
    calls = []

    def inner(a):
        calls.append("inner")
        return a.exp().sin()

    def outer(a):
        calls.append("outer")
        return module.checkpoint(inner, a.cos(), use_reentrant=False).exp()

    module.checkpoint(outer, x, use_reentrant=False).sum().backward()
    return [x.grad, calls]


@scenario
def checkpoint_stops_early(torch):
    module = checkpoints(torch)
    results = []
    for stop in (True, False):
        x, log = leaf(torch, 2), []

        def block(a):
            b = a.exp() * a
            log.append("needed")
            c = b + 1
            log.append("not needed")
            return c

        with module.set_checkpoint_early_stop(stop):
            y = module.checkpoint(block, x, use_reentrant=False).sum()
        y.backward()
        results.append([log, x.grad])
    return results


@scenario
def checkpoint_notices_a_different_recomputation(torch):
    module = checkpoints(torch)
    results = []
    for first, second in ((1, 2), (2, 1)):
        x, count = leaf(torch, 2), [first, second]

        def block(a):
            for _ in range(count.pop(0)):
                a = a.exp()
            return a

        with module.set_checkpoint_early_stop(False):
            y = module.checkpoint(block, x, use_reentrant=False).sum()
        results += attempts(y.backward)
    x, sizes = leaf(torch, 1), [2, 3]
    y = module.checkpoint(lambda a: (a * torch.ones(sizes.pop(0))).exp(), x, use_reentrant=False).sum()
    results += [r[:2] if isinstance(r, list) else r for r in attempts(y.backward)]
    return [[r[0], r[1].split("\nTip")[0]] for r in results]


@scenario
def checkpoint_contexts(torch):
    log = []

    class Note:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            log.append(f"enter {self.name}")

        def __exit__(self, *error):
            log.append(f"exit {self.name}")

    x = leaf(torch, 2)
    y = checkpoints(torch).checkpoint(lambda a: a.exp(), x, use_reentrant=False, context_fn=lambda: (Note("forward"), Note("again")))
    y.sum().backward()
    return log


@scenario
def checkpoint_in_no_grad(torch):
    with torch.no_grad():
        y = checkpoints(torch).checkpoint(lambda a: a * 2, leaf(torch, 1), use_reentrant=False)
    return y


@scenario
def checkpoint_of_a_sequence(torch):
    results = []
    for reentrant in (True, False):
        x = leaf(torch, 2, value=0.5)
        steps = [lambda a: a.exp(), lambda a: a.sin(), lambda a: a * 2, lambda a: a.cos(), lambda a: a**2]
        y = checkpoints(torch).checkpoint_sequential(steps, 2, x, use_reentrant=reentrant)
        y.sum().backward()
        results.append([y.detach(), x.grad])
    return results


@scenario
def checkpoint_input_modified(torch):
    x = leaf(torch, 2)
    h = x * 1
    y = checkpoints(torch).checkpoint(lambda a: a.exp(), h, use_reentrant=False).sum()
    h.add_(1)
    return attempts(y.backward)


@scenario
def checkpoint_keywords_get_gradients(torch):
    x, k = leaf(torch, 2), leaf(torch, 2, value=3.0)
    checkpoints(torch).checkpoint(lambda a, *, b: (a * b).sin(), x, b=k, use_reentrant=False).sum().backward()
    return [x.grad, k.grad]


@scenario
def checkpoint_with_backward_inside(torch):
    x = leaf(torch, 2)

    def block(a):
        b = a.exp()
        (g,) = torch.autograd.grad(b.sin().sum(), a, create_graph=True)
        return g * b

    checkpoints(torch).checkpoint(block, x, use_reentrant=False).sum().backward()
    return x.grad


@scenario
def checkpoint_unpacks_once(torch):
    class Reads(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (a,) = ctx.saved_tensors
            (b,) = ctx.saved_tensors
            return (a + b) * g

    y = checkpoints(torch).checkpoint(lambda a: Reads.apply(a.exp()), leaf(torch, 2), use_reentrant=False)
    return attempts(lambda: y.sum().backward())


@scenario
def checkpoint_of_a_failure(torch):
    def fails(a):
        raise ValueError("inner")

    run = checkpoints(torch).checkpoint
    x = leaf(torch, 2)
    return [*attempts(lambda: run(fails, x, use_reentrant=False), lambda: run(fails, x, use_reentrant=True)), (x * x).sum()]


@scenario
def checkpoint_of_several_outputs(torch):
    x, y = leaf(torch, 2), leaf(torch, 2, value=2.0)
    a, b, c = checkpoints(torch).checkpoint(lambda p, q: (p * q, q.detach(), None), x, y, use_reentrant=True)
    (a.sum() + b.sum()).backward()
    return [a.requires_grad, b.requires_grad, c, x.grad, y.grad]


@scenario
def checkpoint_variants_nested(torch):
    run = checkpoints(torch).checkpoint
    results = []
    for outer in (True, False):
        for inner in (True, False):
            x, w = leaf(torch, 2), leaf(torch, 2, value=0.5)
            y = run(lambda a: run(lambda b: (b * w).exp(), a * 2, use_reentrant=inner).sin(), x, use_reentrant=outer)
            y.sum().backward()
            results.append([x.grad, w.grad])
    return results


@scenario
def checkpoints_in_a_row(torch):
    run = checkpoints(torch).checkpoint
    x = leaf(torch, 2, value=0.1)
    y = run(torch.sin, run(lambda a: a.exp().exp(), x, use_reentrant=False), use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad
