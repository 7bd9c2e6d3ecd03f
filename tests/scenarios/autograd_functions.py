"""Custom Functions: arguments and results of every kind, every refusal, dirty inputs, views, what is saved and when it is let go."""

# ruff: noqa: D101, D102, D103, D106, B023, B903, E731

import gc
import warnings
import weakref

from .collect import attempts, collect

CASES, scenario = collect()


def leaf(torch, *values, dtype=None):
    return torch.tensor(list(values), dtype=dtype).requires_grad_()


def function(torch, forward, backward=None, **members):
    """A Function class from plain functions."""
    members["forward"] = staticmethod(forward)
    if backward is not None:
        members["backward"] = staticmethod(backward)
    return type("Made", (torch.autograd.Function,), members)


@scenario
def results_that_are_no_tensors(torch):
    def forward(ctx, a, k, b):
        ctx.k = k
        return k, a * k, None, True, a + b, "text", a, [a]

    seen = []

    def backward(ctx, *grads):
        seen.append([g is None for g in grads])
        return grads[1] * ctx.k + grads[4] + grads[6], None, grads[4]

    a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
    out = function(torch, forward, backward).apply(a, 5, b)
    (out[1] + out[4] + out[6]).sum().backward()
    return [out[:-1], out[7][0] is a, out[6] is a, seen, a.grad, b.grad, out[1].grad_fn._input_metadata[1].shape == (2,)]


@scenario
def no_tensor_at_all(torch):
    F = function(torch, lambda ctx, a, b: (a + b, "x", [a]), lambda ctx, *g: (None, None))
    G = function(torch, lambda ctx, a: a + 1, lambda ctx, g: g)
    return [F.apply(1, 2), G.apply(1), *attempts(lambda: function(torch, lambda ctx, a: 5, lambda ctx, g: g).apply(leaf(torch, 1.0)))]


@scenario
def results_of_the_wrong_kind(torch):
    results = []
    for made in (lambda a: None, lambda a: "s", lambda a: [a * 2], lambda a: {"a": a}, lambda a: (), lambda a: (1, 2), lambda a: (a * 2,)):
        F = function(torch, lambda ctx, a, made=made: made(a), lambda ctx, *g: g[0])
        results += attempts(lambda F=F: F.apply(leaf(torch, 1.0)), lambda F=F: F.apply(torch.ones(1)))
    return [r if not isinstance(r, dict) else list(r) for r in results]


@scenario
def gradients_of_the_wrong_number(torch):
    results = []
    for returned in (
        lambda g: (g, None, None), lambda g: (g, g), lambda g: (g, g, g), lambda g: (), lambda g: g, lambda g: None, lambda g: (None, None),
        lambda g: [g, g], lambda g: (g, 3), lambda g: 3, lambda g: (g, "x"), lambda g: (3, g),
    ):  # fmt: skip
        F = function(torch, lambda ctx, a, b: a * b, lambda ctx, g, returned=returned: returned(g))
        a, b = leaf(torch, 1.0, 2.0), leaf(torch, 3.0, 4.0)
        results += [*attempts(lambda: F.apply(a, b).sum().backward()), a.grad, b.grad]
    return results


@scenario
def gradients_for_what_is_no_tensor(torch):
    results = []
    for returned in (lambda g: (g, g, g), lambda g: (g, None, g), lambda g: (g, 3, g), lambda g: (None, None, g), lambda g: (g, torch.ones(1), None)):
        F = function(torch, lambda ctx, a, k, b: a * k + b, lambda ctx, g, returned=returned: returned(g))
        a, b = leaf(torch, 1.0, 2.0), torch.ones(2)
        results += [*attempts(lambda: F.apply(a, 3, b).sum().backward()), a.grad]
    return results


@scenario
def gradients_of_other_shapes_and_types(torch):
    results = []
    for returned in (
        lambda g: torch.ones(3), lambda g: torch.ones(1), lambda g: torch.ones(4, 2), lambda g: torch.ones(()), lambda g: torch.ones(2, 1),
        lambda g: torch.ones(2, dtype=torch.float64), lambda g: torch.ones(2, dtype=torch.int64), lambda g: torch.ones(2, dtype=torch.complex64),
        lambda g: g.half(), lambda g: torch.ones(2, dtype=torch.bool), lambda g: torch.ones(3, 1, 2),
    ):  # fmt: skip
        F = function(torch, lambda ctx, a: a * 2, lambda ctx, g, returned=returned: returned(g))
        a = leaf(torch, 1.0, 2.0)
        results += [*attempts(lambda: F.apply(a).sum().backward()), a.grad, *attempts(lambda: torch.autograd.grad(F.apply(a).sum(), a))]
    return results


@scenario
def complex_gradient_of_a_real_input(torch):
    F = function(torch, lambda ctx, a: torch.complex(a, a), lambda ctx, g: g)
    G = function(torch, lambda ctx, a: a.real.clone(), lambda ctx, g: g)
    a, c = leaf(torch, 1.0, 2.0), leaf(torch, 1 + 1j, 2j)
    F.apply(a).sum().backward(torch.tensor(1 + 2j))
    G.apply(c).sum().backward()
    return [a.grad, c.grad]


@scenario
def what_implements_nothing(torch):
    class NoForward(torch.autograd.Function):
        @staticmethod
        def backward(ctx, g):
            return g

    class NoBackward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a.clone()

    class Both(NoBackward):
        @staticmethod
        def backward(ctx, g):
            return g

        @staticmethod
        def vjp(ctx, g):
            return g

    class OnlyVjp(NoBackward):
        @staticmethod
        def vjp(ctx, g):
            return g * 3

    class NoSetup(torch.autograd.Function):
        @staticmethod
        def forward(a):
            return a.clone()

    a = leaf(torch, 1.0)
    OnlyVjp.apply(a).backward()
    return [a.grad, *attempts(
        lambda: NoForward.apply(a), lambda: NoBackward.apply(a).backward(), lambda: Both.apply(a).backward(), lambda: NoSetup.apply(a),
        lambda: NoBackward.apply(a), lambda: torch.autograd.Function.apply(a), lambda: NoBackward.apply(), lambda: NoBackward.apply(a, a),
        lambda: torch.autograd.Function.setup_context(None, (), None), lambda: torch.autograd.Function.forward(1),
        lambda: torch.autograd.Function.backward(1), lambda: torch.autograd.Function.jvp(1),
    )]  # fmt: skip


@scenario
def keywords_and_defaults(torch):
    class Power(torch.autograd.Function):
        @staticmethod
        def forward(x, n=3):
            return x**n

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.n, ctx.seen = inputs[1], output

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * ctx.n * x ** (ctx.n - 1), None

    class PowerOfClass(Power):
        @classmethod
        def forward(cls, x, n=3):
            return x**n

        @classmethod
        def setup_context(cls, ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.n = inputs[1]

    results = []
    for F in (Power, PowerOfClass):
        for call in (lambda F, x: F.apply(x), lambda F, x: F.apply(x, 2), lambda F, x: F.apply(x, n=2), lambda F, x: F.apply(n=2, x=x)):
            x = leaf(torch, 2.0)
            y = call(F, x)
            results += [y, torch.autograd.grad(y, x)[0]]
    F = function(torch, lambda ctx, a, k=3: a * k, lambda ctx, g: (g, None))
    a = leaf(torch, 1.0)
    return [*results, *attempts(lambda: Power.apply(a, 1, 2), lambda: Power.apply(), lambda: F.apply(a, k=2), lambda: F.apply(a), lambda: F.apply(a=a))]


@scenario
def which_inputs_need_a_gradient(torch):
    log = []

    def forward(ctx, *args):
        log.append(("forward", ctx.needs_input_grad))
        return sum(a for a in args if not isinstance(a, str))

    def backward(ctx, g):
        log.append(("backward", ctx.needs_input_grad))
        return tuple(g if needed else None for needed in ctx.needs_input_grad)

    F = function(torch, forward, backward)
    a, b, c = leaf(torch, 1.0), torch.ones(1), leaf(torch, 2.0)
    F.apply(a, b, 3, "s", c).backward()
    with torch.no_grad():
        F.apply(a, b)
    out = F.apply(a * 2, c)
    torch.autograd.grad(out, c)
    F.apply(b, b)
    F.apply(b.long(), a)
    return [log, a.grad, c.grad]


@scenario
def only_one_of_the_inputs_is_asked_for(torch):
    log = []

    def backward(ctx, g):
        log.append(ctx.needs_input_grad)
        return g, g

    F = function(torch, lambda ctx, a, b: a + b, backward)
    a, b = leaf(torch, 1.0), leaf(torch, 1.0)
    torch.autograd.grad(F.apply(a, b), a)
    F.apply(a * 2, b).backward(inputs=[b])
    return [log, a.grad, b.grad]


@scenario
def grad_mode_inside(torch):
    log = []

    def forward(ctx, a):
        log.append((torch.is_grad_enabled(), a.requires_grad, (a * 2).requires_grad))
        with torch.enable_grad():
            log.append((a * 2).requires_grad)
        return a.clone()

    def backward(ctx, g):
        log.append((torch.is_grad_enabled(), g.requires_grad))
        return g

    F = function(torch, forward, backward)
    a = leaf(torch, 1.0)
    F.apply(a).backward()
    torch.autograd.grad(F.apply(a), a, create_graph=True)
    torch.autograd.grad(F.apply(a), a, torch.ones(1, requires_grad=True), create_graph=True)
    with torch.no_grad():
        log.append(F.apply(a).requires_grad)
    return log


@scenario
def undefined_gradients(torch):
    seen = []

    def make(**marks):
        def forward(ctx, a):
            first, second, third = a.clone(), a.clone(), (a > 0)
            for name, value in marks.items():
                if name == "mark":
                    ctx.mark_non_differentiable(second)
                else:
                    getattr(ctx, name)(value)
            return first, second, third, 3

        def backward(ctx, *grads):
            seen.append([None if g is None else [g.tolist(), str(g.dtype).split(".")[-1]] for g in grads])
            return grads[0]

        return function(torch, forward, backward)

    a = leaf(torch, 1.0, 2.0)
    for marks in ({}, {"set_materialize_grads": False}, {"mark": True}, {"mark": True, "set_materialize_grads": False}):
        make(**marks).apply(a)[0].sum().backward()
    return [seen, a.grad]


@scenario
def non_differentiable_results_need_no_gradient(torch):
    seen = []

    def forward(ctx, a):
        ctx._materialize_non_diff_grads = False
        second = a.clone()
        ctx.mark_non_differentiable(second)
        return a.clone(), second, a.clone()

    def backward(ctx, *grads):
        seen.append([None if g is None else g.tolist() for g in grads])
        return grads[0]

    function(torch, forward, backward).apply(leaf(torch, 1.0))[0].backward()
    return seen


@scenario
def marked_non_differentiable(torch):
    def make(marked):
        def forward(ctx, a):
            outs = a + 1, a + 2
            ctx.mark_non_differentiable(*[outs[i] for i in marked])
            return outs

        return function(torch, forward, lambda ctx, g, h: g + h)

    a = leaf(torch, 1.0)
    results = []
    for marked in ((), (0,), (1,), (0, 1)):
        outs = make(marked).apply(a)
        results.append([[o.requires_grad, o.is_leaf, o.output_nr, o.grad_fn is None] for o in outs])

    def of_input(ctx, a):
        ctx.mark_non_differentiable(a)
        return a

    out = function(torch, of_input, lambda ctx, g: g).apply(a)
    wrong = function(torch, lambda ctx, a: (ctx.mark_non_differentiable(3), a.clone())[1], lambda ctx, g: g)
    wrong_too = function(torch, lambda ctx, a: (ctx.mark_non_differentiable([a]), a.clone())[1], lambda ctx, g: g)
    return [results, out is a, out.requires_grad, a.requires_grad, *attempts(lambda: wrong.apply(a), lambda: wrong_too.apply(a))]


@scenario
def an_input_returned(torch):
    F = function(torch, lambda ctx, a, b: (a, a + b, b), lambda ctx, g, h, k: (g * 2 + h, h + k * 3))
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    x, y, z = F.apply(a, b)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x + y + z + a).sum().backward()
    plain = function(torch, lambda ctx, a: a, lambda ctx, g: g)
    c = torch.ones(1)
    return [
        x is a, x._base is a, x._is_view(), x._version, z._is_view(), type(x.grad_fn).__name__, x.output_nr, y.output_nr, z.output_nr, seen, a.grad, b.grad,
        plain.apply(c) is c, plain.apply(c)._is_view(), plain.apply(a)._base is a, plain.apply(a * 2)._is_view(),
    ]  # fmt: skip


@scenario
def the_same_result_twice(torch):
    def twice(ctx, a):
        out = a * 2
        return out, out

    def in_place(ctx, a):
        ctx.mark_dirty(a)
        a.mul_(2)
        return a, a

    results = []
    for forward in (twice, in_place):
        F = function(torch, forward, lambda ctx, g, h: g * 2 + h * 2)
        x = leaf(torch, 1.0, 3.0)
        a, b = F.apply(x.clone())
        results += [a is b, a.output_nr, (a + b), torch.autograd.grad((a + b).sum(), x)]
    return results


@scenario
def dirty_inputs(torch):
    def forward(ctx, a, b):
        a.add_(b)
        ctx.mark_dirty(a)
        return a

    F = function(torch, forward, lambda ctx, g: (g * 2, g * 3))
    b = leaf(torch, 5.0)
    start = leaf(torch, 1.0)
    a = start.clone()
    version = a._version
    out = F.apply(a, b)
    results = [out is a, a._version - version, type(a.grad_fn).__name__, a.requires_grad]
    out.sum().backward()
    results += [start.grad, b.grad]
    plain = torch.ones(1)
    out = F.apply(plain, b)
    results += [out is plain, plain.requires_grad, plain.is_leaf]
    out = F.apply(plain.detach(), torch.ones(1))
    results += [out.requires_grad, out.is_leaf]
    start, b = leaf(torch, 1.0), leaf(torch, 1.0)
    out = F.apply(start.clone(), b)
    out += 2
    out.backward()
    return [*results, start.grad, b.grad, *attempts(lambda: F.apply(start, b), lambda: F.apply(start.view_as(start), b))]


@scenario
def dirty_without_writing(torch):
    def forward(ctx, a):
        ctx.mark_dirty(a)
        return a

    F = function(torch, forward, lambda ctx, g: g * 2)
    start = leaf(torch, 1.0)
    a = start.clone()
    square = a * a
    out = F.apply(a)
    return [out is a, a._version, *attempts(lambda: square.backward(), lambda: out.backward()), start.grad]


@scenario
def dirty_what_is_no_input(torch):
    def forward(ctx, a):
        c = a * 3
        c.add_(1)
        ctx.mark_dirty(c)
        return c

    def view(ctx, a):
        out = a.clone().view_as(a)
        ctx.mark_dirty(out)
        return out

    def not_a_tensor(ctx, a):
        ctx.mark_dirty(3)
        return a.clone()

    def a_list(ctx, a):
        ctx.mark_dirty([a])
        return a

    a = leaf(torch, 1.0)
    backward = lambda ctx, g: g  # noqa: E731
    return attempts(*[lambda f=f: function(torch, f, backward).apply(a.clone()) for f in (forward, view, not_a_tensor, a_list)])


@scenario
def dirty_but_not_returned(torch):
    def forward(ctx, a, b):
        a.add_(b)
        ctx.mark_dirty(a)
        return a.clone(), a + b

    F = function(torch, forward, lambda ctx, g, h: (g, h))
    a, b = leaf(torch, 1.0), leaf(torch, 1.0)
    return attempts(lambda: F.apply(a.clone(), b), lambda: F.apply(a.clone().view_as(a), b), lambda: F.apply(torch.ones(1), torch.ones(1)))


@scenario
def dirty_views(torch):
    def forward(ctx, a, b):
        ctx.mark_dirty(a)
        a.add_(b)
        return a

    def two(ctx, a, b):
        ctx.mark_dirty(a)
        a.add_(b)
        return a, a + b

    F = function(torch, forward, lambda ctx, g: (g * 2, g * 3))
    T = function(torch, two, lambda ctx, g, h: (g + h, h))
    root, b = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 5.0, 7.0)
    x = root.clone()
    v = x[1:]
    out = F.apply(v, b)
    results = [out is v, x, v, type(v.grad_fn).__name__, type(x.grad_fn).__name__, x._version]
    (x * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    results += [root.grad, b.grad]
    root.grad = b.grad = None
    x = root.clone()
    F.apply(x[1:], b)
    F.apply(x[:2], b)
    x.sum().backward()
    results += [root.grad, b.grad]
    first = root.clone().split(1)[0]
    return [*results, *attempts(lambda: T.apply(root.clone()[1:], b), lambda: F.apply(root[1:], b), lambda: F.apply(first, b[:1]))]


@scenario
def dirty_and_saved(torch):
    def forward(ctx, a):
        ctx.mark_dirty(a)
        a.exp_()
        ctx.save_for_backward(a)
        return a

    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * out

    F = function(torch, forward, backward)
    x = leaf(torch, 1.0)
    y = F.apply(x.clone())
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (h,) = torch.autograd.grad(g, x, retain_graph=True)
    y.add_(1)
    return [y, g.detach(), h, *attempts(lambda: y.backward())]


@scenario
def views_returned(torch):
    F = function(torch, lambda ctx, a: a[1:], lambda ctx, g: torch.cat([torch.zeros(1), g]))
    T = function(torch, lambda ctx, a: (a[:1], a[1:]), lambda ctx, g, h: torch.cat([g, h]))
    L = function(torch, lambda ctx, a: (a * 2)[1:], lambda ctx, g: torch.cat([torch.zeros(1), g]))
    C = function(torch, lambda ctx, a: a.clone()[1:].add_(2), lambda ctx, g: torch.cat([torch.zeros(1), g]))
    a = leaf(torch, 1.0, 2.0, 3.0)
    x = a.clone()
    out, (left, right), local, changed = F.apply(x), T.apply(x), L.apply(x), C.apply(x)
    results = [[type(o.grad_fn).__name__, o._is_view(), o._base is x, o.output_nr] for o in (out, left, right, local, changed)]
    plain = torch.ones(3)
    unrecorded = F.apply(plain)
    with torch.no_grad():
        hidden = F.apply(a)
    results += [out, left, right, local, changed, [unrecorded._is_view(), unrecorded._base is plain], hidden.requires_grad, hidden._is_view()]
    results += attempts(
        lambda: out.add_(1), lambda: left.mul_(2), lambda: right.zero_(), lambda: local.add_(1), lambda: changed.add_(1), lambda: hidden.zero_(),
        lambda: unrecorded.add_(torch.ones(1, requires_grad=True)), lambda: unrecorded.copy_(torch.ones(1, requires_grad=True)),
        lambda: F.apply(plain).add_(1),
    )  # fmt: skip
    F.apply(a.clone()).sum().backward()
    return [*results, a.grad]


@scenario
def a_base_written_after_its_custom_view(torch):
    F = function(torch, lambda ctx, a: a[1:], lambda ctx, g: torch.cat([torch.zeros(1), g]))
    a = leaf(torch, 1.0, 2.0)
    x = a.clone()
    out = F.apply(x)
    x.mul_(2)
    return attempts(lambda: out.grad_fn, lambda: out.sum().backward(), lambda: out.tolist(), lambda: (out * 2).requires_grad)


@scenario
def pure_views(torch):
    def forward(ctx, a):
        ctx._is_pure_view = True
        return a[1:]

    def two(ctx, a):
        ctx._is_pure_view = True
        return a[1:], a[:1]

    F = function(torch, forward, lambda ctx, g: torch.cat([torch.zeros(1), g]))
    T = function(torch, two, lambda ctx, g, h: torch.cat([h, g]))
    a = leaf(torch, 1.0, 2.0)
    x = a.clone()
    out = F.apply(x)
    out.mul_(5)
    out.sum().backward()
    return [out, a.grad, *attempts(lambda: T.apply(a.clone()))]


@scenario
def what_may_be_saved(torch):
    def make(*saved):
        def forward(ctx, a):
            ctx.save_for_backward(*saved)
            return a.clone()

        return function(torch, forward, lambda ctx, g: (g, [t if t is None else t.tolist() for t in ctx.saved_tensors])[0])

    a = leaf(torch, 1.0)
    plain, node = make(a, None, torch.ones(2)).apply(a), None
    node = plain.grad_fn
    results = [list(node.saved_tensors), len(node._raw_saved_tensors)]
    plain.backward()
    results += attempts(lambda: node.saved_tensors, lambda: node._raw_saved_tensors)
    nothing = function(torch, lambda ctx, a: a.clone(), lambda ctx, g: g).apply(a).grad_fn
    results += [nothing.saved_tensors, nothing._raw_saved_tensors]
    return [*results, *attempts(lambda: make(3).apply(a), lambda: make([a]).apply(a), lambda: make("x").apply(a), lambda: make((a, a)).apply(a))]


@scenario
def saved_inputs_are_the_inputs(torch):
    seen = []

    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    def backward(ctx, g):
        x, y = ctx.saved_tensors
        seen.append([x is a, y is b, x.grad_fn is a.grad_fn])
        return g * y, g * x

    F = function(torch, forward, backward)
    start, b = leaf(torch, 1.0), leaf(torch, 2.0)
    a = start * 2
    out = F.apply(a, b)
    out.backward(retain_graph=True)
    with torch.no_grad():
        a.add_(1)
    return [seen, *attempts(lambda: out.backward(retain_graph=True), lambda: out.grad_fn.saved_tensors)]


@scenario
def saved_output_number(torch):
    F = function(torch, lambda ctx, a: (a[:1].clone(), a[1:].clone()), lambda ctx, g, h: torch.cat([g, h]))
    seen = []

    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    def backward(ctx, g):
        seen.append([ctx.saved_tensors[0].output_nr, type(ctx.saved_tensors[0].grad_fn).__name__])
        return g * 2

    a = leaf(torch, 1.0, 2.0)
    function(torch, forward, backward).apply(F.apply(a)[1]).sum().backward()
    return [seen, a.grad]


@scenario
def saved_results_do_not_keep_themselves_alive(torch):
    def forward(ctx, a):
        out = a.exp()
        ctx.save_for_backward(a, out)
        return out

    F = function(torch, forward, lambda ctx, g: g * ctx.saved_tensors[1])

    def scope():
        class Token:
            pass

        token = Token()
        out = F.apply(leaf(torch, 1.0) * 2)
        out.grad_fn.metadata["token"] = token
        return weakref.ref(token)

    gc.disable()
    try:
        return scope()() is None
    finally:
        gc.enable()


@scenario
def saved_values_cleared_on_access(torch):
    log = []

    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a.clone()

    def once(ctx, g):
        (x,) = ctx.saved_tensors
        watch = weakref.ref(x)
        del x
        log.append(watch() is None)
        return g

    def twice(ctx, g):
        return ctx.saved_tensors[0] + ctx.saved_tensors[0]

    F = function(torch, forward, once, clear_saved_tensors_on_access=True)
    T = function(torch, forward, twice, clear_saved_tensors_on_access=True)
    x = leaf(torch, 1.0)
    y = F.apply(x.clone())
    y.sum().backward()
    return [log, *attempts(lambda: T.apply(x).backward(), lambda: y.grad_fn.saved_tensors), F.clear_saved_tensors_on_access, torch.autograd.Function.clear_saved_tensors_on_access]


@scenario
def boxed_gradients(torch):
    log = []

    def backward(ctx, grads):
        log.append([type(grads).__name__, len(grads)])
        g, h = grads
        grads.clear()
        return g + h

    F = function(torch, lambda ctx, a: (a * 1, a * 1), backward, boxed_grads_call=True)
    a = leaf(torch, 1.0)
    x, y = F.apply(a)
    (x + 2 * y).sum().backward()
    return [log, a.grad, torch.autograd.Function.boxed_grads_call]


@scenario
def saved_variables_is_deprecated(torch):
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    F = function(torch, forward, lambda ctx, g: g * len(ctx.saved_variables))
    a = leaf(torch, 1.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        F.apply(a).backward()
    return [a.grad, [[w.category.__name__, str(w.message)] for w in caught]]


@scenario
def deprecated_marks(torch):
    def forward(ctx, a):
        ctx.mark_shared_storage((a, a))
        return a * 2

    return function(torch, forward, lambda ctx, g: g).apply(leaf(torch, 1.0))


@scenario
def names_on_the_context(torch):
    kept = []

    def forward(ctx, a):
        ctx.save_for_backward(a)
        ctx.mark_non_differentiable()
        ctx.anything = {"a": 1}
        kept.append([len(ctx.to_save), ctx.needs_input_grad, isinstance(ctx, torch.autograd.graph.Node)])
        return a.clone()

    def backward(ctx, g):
        kept.append([ctx.anything, ctx.name(), type(ctx).__name__, isinstance(ctx, torch.autograd.graph.Node)])
        return g

    F = function(torch, forward, backward)
    out = F.apply(leaf(torch, 1.0))
    node = out.grad_fn
    out.backward()
    return [
        kept, node.anything, node.name(), node._forward_cls is F, type(node) is F._backward_cls, F._backward_cls.__name__, F.generate_vmap_rule,
        isinstance(node, torch.autograd.function.BackwardCFunction), isinstance(node, torch.autograd.function.FunctionCtx), hasattr(F, "vmap"),
        issubclass(F._backward_cls, torch.autograd.graph.Node), type(F).__name__, torch.autograd.Function._backward_cls.__name__,
    ]  # fmt: skip


@scenario
def an_instance_is_no_node(torch):
    F = function(torch, lambda ctx, a: a.clone(), lambda ctx, g: g)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = F()
    a = leaf(torch, 1.0)
    return [
        [[w.category.__name__, str(w.message).split("torchlike")[-1].split("torch")[-1]] for w in caught],
        isinstance(made, F), made.apply(a), *attempts(lambda: made(a)),
    ]  # fmt: skip


@scenario
def old_style_classes(torch):
    from_module = torch.autograd.function

    def forward(ctx, a, b):
        ctx.mark_dirty(a)
        return a.add_(b), b + 2

    Inplace = type("Inplace", (from_module.InplaceFunction,), {
        "forward": staticmethod(forward), "backward": staticmethod(lambda ctx, g, h: (g, g + h)),
    })  # fmt: skip
    x, y = torch.ones(2), leaf(torch, 1.0, 2.0)
    q, p = Inplace.apply(x, y)
    (q + p).sum().backward()
    nested = from_module.NestedIOFunction
    return [q is x, y.grad, Inplace(True).inplace, Inplace().inplace, issubclass(nested, torch.autograd.Function), nested is torch.autograd.NestedIOFunction,
            *attempts(lambda: nested.forward_extended(None), lambda: nested.backward_extended(None))]


@scenario
def differentiable_once(torch):
    once = torch.autograd.function.once_differentiable

    @once
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * 2 * a, None

    def forward(ctx, a, k):
        ctx.save_for_backward(a)
        return a * a * k

    F = function(torch, forward, backward)
    a = leaf(torch, 3.0)
    (g,) = torch.autograd.grad(F.apply(a, 1), a, create_graph=True)
    (h,) = torch.autograd.grad(F.apply(a, 1), a, torch.ones(1, requires_grad=True), create_graph=True)
    node = h.grad_fn
    return [
        g, h.requires_grad, node.name(), type(node).__name__, len(node.next_functions), [type(n).__name__ for n, _ in node.next_functions],
        *attempts(lambda: h.backward(), lambda: torch.autograd.grad(h, a), lambda: torch.autograd.grad(h, a, allow_unused=True)),
    ]  # fmt: skip


@scenario
def double_backward_through_saved(torch):
    def forward(ctx, a):
        out = a**3
        ctx.save_for_backward(a, out)
        return out

    def by_input(ctx, g):
        return g * 3 * ctx.saved_tensors[0] ** 2

    def by_output(ctx, g):
        a, out = ctx.saved_tensors
        return g * 3 * out / a

    results = []
    for backward in (by_input, by_output):
        F = function(torch, forward, backward)
        a = leaf(torch, 2.0)
        y = F.apply(a)
        (g,) = torch.autograd.grad(y, a, create_graph=True)
        (h,) = torch.autograd.grad(g, a, create_graph=True)
        results += [g, h, torch.autograd.grad(h, a)[0], torch.autograd.grad(y, a)]
    return results


@scenario
def intermediates_saved(torch):
    def forward(ctx, a):
        middle = a.exp()
        ctx.save_for_backward(middle)
        ctx.middle = middle
        return middle * 2

    def backward(ctx, g):
        (middle,) = ctx.saved_tensors
        return g * 2 * middle

    F = function(torch, forward, backward)
    a = leaf(torch, 1.0)
    y = F.apply(a)
    (g,) = torch.autograd.grad(y, a, create_graph=True)
    return [g, g.requires_grad, y.grad_fn.middle.requires_grad]


@scenario
def exceptions_keep_their_type(torch):
    class Special(Exception):
        pass

    def fails(ctx, *args):
        raise Special("no")

    def value_error(ctx, g):
        raise ValueError("bad value")

    a = leaf(torch, 1.0)
    return attempts(
        lambda: function(torch, fails, fails).apply(a), lambda: function(torch, lambda ctx, a: a.clone(), fails).apply(a).backward(),
        lambda: function(torch, lambda ctx, a: a.clone(), value_error).apply(a * 2).backward(), lambda: (a * 2).backward(),
    )  # fmt: skip


@scenario
def a_result_that_needs_grad_already(torch):
    def with_history(ctx, a):
        with torch.enable_grad():
            return a * 2

    def a_leaf(ctx, a):
        return torch.ones(1, requires_grad=True)

    results = []
    for forward in (with_history, a_leaf):
        F = function(torch, forward, lambda ctx, g: g * 7)
        a = leaf(torch, 1.0)
        out = F.apply(a)
        results += [type(out.grad_fn).__name__, *attempts(lambda: out.backward()), a.grad]
        quiet = F.apply(torch.ones(1))
        results += [quiet.requires_grad, quiet.is_leaf]
    return results


@scenario
def integer_results(torch):
    F = function(torch, lambda ctx, a: (a.long(), a > 0, a * 2), lambda ctx, *g: g[2])
    whole, flag, out = F.apply(leaf(torch, 1.0))
    only = function(torch, lambda ctx, a: a.long(), lambda ctx, g: g).apply(leaf(torch, 1.0))
    return [whole, flag, out, whole.output_nr, out.output_nr, only.requires_grad, only.grad_fn is None]


@scenario
def functions_call_functions(torch):
    square = function(torch, lambda ctx, a: (ctx.save_for_backward(a), a * a)[1], lambda ctx, g: g * 2 * ctx.saved_tensors[0])

    def forward(ctx, a):
        ctx.save_for_backward(a)
        return square.apply(a) * 3

    def backward(ctx, g):
        return square.apply(g) * 0 + 6 * ctx.saved_tensors[0] * g

    F = function(torch, forward, backward)
    a = leaf(torch, 2.0)
    out = F.apply(a)
    (g,) = torch.autograd.grad(out, a, create_graph=True)
    return [out, g, torch.autograd.grad(g, a)]


@scenario
def backward_inside_forward_and_backward(torch):
    def forward(ctx, x):
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = ctx.x * 3
        return ctx.y.detach()

    def backward(ctx, g):
        with torch.enable_grad():
            ctx.y.sum().backward()
        return ctx.x.grad * g

    F = function(torch, forward, backward)
    a = leaf(torch, 1.0)
    (F.apply(a) * 2).sum().backward()
    return a.grad


@scenario
def a_chain_of_reentrant_functions(torch):
    order = []

    def make(name):
        def forward(ctx, x):
            with torch.enable_grad():
                ctx.x = x.detach().requires_grad_() - 1
            return ctx.x.detach()

        def backward(ctx, g):
            order.append(name)
            if ctx.x.item() >= 0:
                with torch.enable_grad():
                    F.apply(ctx.x).backward()
            return g

        F = function(torch, forward, backward)
        return F

    one = function(torch, lambda ctx, a: a, lambda ctx, g: (order.append("plain"), g)[1])
    a = one.apply(torch.tensor(6.0, requires_grad=True))
    b = make("reentrant").apply(torch.tensor(9.0, requires_grad=True))
    (a * b).backward()
    return order


@scenario
def expanded_gradient_is_not_shared(torch):
    F = function(torch, lambda ctx, a: a.sum(), lambda ctx, g: g.expand(3))
    G = function(torch, lambda ctx, a, b: a + b, lambda ctx, g: (g, g))
    a, b, c = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 1.0), leaf(torch, 1.0)
    F.apply(a).backward()
    a.grad[0] = 9
    G.apply(b, c).backward()
    b.grad.add_(1)
    return [a.grad, b.grad, c.grad]


@scenario
def vmap_defaults(torch):
    class Own(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.got = len(inputs)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    a = leaf(torch, 1.0)
    out = Own.apply(a)
    return [out, out.grad_fn.got, torch.autograd.grad(out, a)]
