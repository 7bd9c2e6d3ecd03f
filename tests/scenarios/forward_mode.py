"""Forward mode by dual Tensors, and custom Functions under every transform."""

# ruff: noqa: D103

from .collect import attempts, collect, doubling
from .func import numbers, plain

CASES, scenario = collect()


def duals(torch, requires_grad=True):
    x = torch.tensor([1.0, 2.0], requires_grad=requires_grad)
    return x, torch.tensor([3.0, 4.0]), torch.autograd.forward_ad


@scenario
def dual_numbers(torch):
    x, v, fw = duals(torch)
    before = fw.unpack_dual(x)
    with fw.dual_level() as level:
        d = fw.make_dual(x, v)
        y = (d * d).sin()
        (g,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
        _, yt = fw.unpack_dual((x * d).exp())
        stacked = torch.stack([d, d])
        found = [fw.unpack_dual(t) for t in (d, y, x, g, stacked, d > 1, d.clone(), d.detach(), d.double(), d[0], d.view(2, 1))]
        same = fw.unpack_dual(d).tangent is v
        reverse = [torch.autograd.grad(yt.sum(), x), torch.autograd.grad(fw.unpack_dual(y).tangent.sum(), x)]
    return plain(torch, [list(before), level, [list(u) for u in found], same, reverse, list(fw.unpack_dual(y)), y * 2])


@scenario
def duals_in_place_and_views(torch):
    x, v, fw = duals(torch, requires_grad=False)
    with fw.dual_level():
        d = fw.make_dual(x.clone(), v)
        z = torch.zeros(3)
        z[:2] = d
        w = torch.ones(2)
        w.mul_(d)
        e = fw.make_dual(torch.ones(3, 2), torch.ones(3, 2))
        row = e[0]
        row.mul_(3.0)
        d.add_(1)
        d[0] = 5.0
        plain_view = z[1:]
        found = [fw.unpack_dual(t) for t in (z, w, row, e, d, plain_view)]
    return plain(torch, [list(u) for u in found])


@scenario
def duals_refuse(torch):
    x, v, fw = duals(torch)
    outside = attempts(lambda: fw.make_dual(x, v), lambda: fw.exit_dual_level(), lambda: list(fw.unpack_dual(v)))
    with fw.dual_level():
        d = fw.make_dual(x, v)
        inside = attempts(
            lambda: fw.make_dual(torch.ones(2), torch.ones(3)), lambda: fw.make_dual(torch.ones(2, dtype=torch.long), torch.ones(2)),
            lambda: fw.make_dual(torch.ones(2), torch.ones(2, dtype=torch.long)), lambda: fw.enter_dual_level(),
            lambda: fw.make_dual(torch.ones(2), d),
        )  # fmt: skip
        with torch.no_grad():
            quiet = fw.unpack_dual(d * 2)
        with torch.inference_mode():
            off = fw.unpack_dual(d * 2)
        with fw._set_fwd_grad_enabled(False):
            disabled = fw.unpack_dual(d * 2)
    return [outside, inside, plain(torch, [list(quiet), list(off)[1], list(disabled)[1]])]


def function(torch):
    """x * y * k and x + 1, with every rule; forward takes ctx."""

    class Product(torch.autograd.Function):
        seen: list = []

        @staticmethod
        def forward(ctx, x, y, k):
            ctx.save_for_backward(x, y)
            ctx.save_for_forward(x, y)
            ctx.k = k
            return x * y * k, x + 1

        @staticmethod
        def backward(ctx, g, h):
            x, y = ctx.saved_tensors
            return g * y * ctx.k + h, g * x * ctx.k, None

        @staticmethod
        def jvp(ctx, xt, yt, kt):
            Product.seen.append([xt is None, yt is None, kt is None])
            x, y = ctx.saved_tensors
            return (xt * y + x * yt) * ctx.k, xt

    return Product


@scenario
def function_with_jvp(torch):
    x, v, fw = duals(torch)
    y = torch.tensor([3.0, 4.0], requires_grad=True)
    product = function(torch)
    with fw.dual_level():
        d = fw.make_dual(x, v)
        a, b = product.apply(d, y, 2.0)
        forward = [list(fw.unpack_dual(a)), list(fw.unpack_dual(b))]
        first = torch.autograd.grad(a.sum(), [x, y], retain_graph=True)
        over = [list(fw.unpack_dual(g)) for g in first]
        reverse = torch.autograd.grad(fw.unpack_dual(a).tangent.sum(), [y, x], retain_graph=True)
        primal = torch.autograd.grad(fw.unpack_dual(a).primal.sum(), [y, x])
    return plain(torch, [forward, over, reverse, primal, product.seen])


@scenario
def function_jvp_faults(torch):
    x, v, fw = duals(torch)

    Double = doubling(torch)

    def with_jvp(rule):
        return type("Ruled", (Double,), {"jvp": staticmethod(rule)}).apply

    class Dirty(Double):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def jvp(ctx, t):
            return t.mul_(2)

    with fw.dual_level():
        d = fw.make_dual(x, v)
        faults = attempts(
            lambda: Double.apply(d), lambda: with_jvp(lambda ctx, t: (t, t))(d), lambda: with_jvp(lambda ctx, t: t[0])(d),
            lambda: with_jvp(lambda ctx, t: 3)(d),
        )  # fmt: skip
        dirty = fw.unpack_dual(Dirty.apply(fw.make_dual(torch.ones(2), v.clone())))
    return [faults, plain(torch, list(dirty))]


def mapped_function(torch):
    """sum(x * y) * k, whose batching rule is generated."""

    class Dot(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x, y, k):
            return (x * y).sum() * k

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, y, k = inputs
            ctx.save_for_backward(x, y)
            ctx.save_for_forward(x, y)
            ctx.k = k

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * y * ctx.k, g * x * ctx.k, None

        @staticmethod
        def jvp(ctx, xt, yt, _):
            x, y = ctx.saved_tensors
            return (xt * y + x * yt).sum() * ctx.k

    return Dot


@scenario
def function_under_transforms(torch):
    f, dot = torch.func, mapped_function(torch)
    xs, ys = numbers(torch, 3, 2), numbers(torch, 3, 2, seed=4.0)
    w = ys.clone().requires_grad_()
    return plain(torch, [
        f.grad(lambda x, y: dot.apply(x, y, 2.0), argnums=(0, 1))(xs, ys),
        f.grad(lambda x: f.grad(lambda x, y: dot.apply(x, y, 2.0))(x, x).pow(2).sum())(xs),
        f.jvp(lambda x, y: dot.apply(x, y, 2.0), (xs, ys), (ys, xs)),
        f.vmap(lambda x, y: dot.apply(x, y, 2.0))(xs, ys), f.vmap(lambda x: dot.apply(x, ys[0], 2.0))(xs),
        f.vmap(f.grad(lambda x, y: dot.apply(x, y, 2.0), argnums=(0, 1)))(xs, ys),
        f.grad(lambda x, y: f.vmap(lambda x, y: dot.apply(x, y, 2.0))(x, y).pow(2).sum(), argnums=(0, 1))(xs, ys),
        f.grad(lambda y: f.vmap(lambda x: dot.apply(x, y, 2.0))(xs).pow(2).sum())(ys[0]),
        torch.autograd.grad(f.vmap(lambda x: dot.apply(x, w[0], 2.0))(xs).pow(2).sum(), w),
        f.vmap(lambda x: f.jvp(lambda x: dot.apply(x, ys[0], 2.0), (x,), (x,)))(xs),
        f.hessian(lambda x: dot.apply(x, x.sin(), 2.0))(xs[1]),
        f.jacrev(lambda x: torch.stack([dot.apply(x, x.sin(), 2.0), x.sum()]))(xs[1]),
    ])  # fmt: skip


@scenario
def function_with_vmap(torch):
    f = torch.func
    seen: list = []

    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * y, g * x

        @staticmethod
        def vmap(info, in_dims, x, y):
            seen.append([info.batch_size, info.randomness, list(in_dims), list(x.shape)])
            return Scale.apply(x, y), 0

    xs = numbers(torch, 3, 2)
    results = [f.vmap(Scale.apply, (0, None))(xs, xs[0]), f.grad(lambda x: f.vmap(Scale.apply, (0, None))(x, xs[0]).sum())(xs)]
    return plain(torch, [results, seen])


@scenario
def function_refused_by_transforms(torch):
    f, xs = torch.func, numbers(torch, 3, 2)

    Old = doubling(torch)

    class NoRule(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, g):
            return g * 2

    class Both(NoRule):
        generate_vmap_rule = True

        @staticmethod
        def vmap(info, in_dims, x):
            return x, 0

    class OneReturn(NoRule):
        @staticmethod
        def vmap(info, in_dims, x):
            return x

    return attempts(
        lambda: f.grad(lambda x: Old.apply(x).sum())(xs), lambda: f.vmap(Old.apply)(xs), lambda: f.vmap(NoRule.apply)(xs),
        lambda: f.vmap(Both.apply)(xs), lambda: f.vmap(OneReturn.apply)(xs),
    )  # fmt: skip


@scenario
def what_jvp_may_see_and_give(torch):
    fw = torch.autograd.forward_ad
    x, t = torch.tensor(2.0), torch.tensor(1.0)

    class Constant(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, good):
            out = x.clone()
            ctx.good = good
            ctx.mark_non_differentiable(out)
            ctx.save_for_backward(x)
            return x.clone(), out

        @staticmethod
        def jvp(ctx, t, _):
            seen.append(len(ctx.saved_tensors))
            return t, None if ctx.good else t.clone()

    class Saves(Constant):
        @staticmethod
        def forward(ctx, x, good):
            ctx.save_for_forward(x)
            return Constant.forward(ctx, x, good)

    seen = []
    with fw.dual_level():
        dual = fw.make_dual(x, t)
        results = attempts(
            lambda: [fw.unpack_dual(o).tangent for o in Constant.apply(dual, True)], lambda: Constant.apply(dual, False),
            lambda: [fw.unpack_dual(o).tangent for o in Saves.apply(dual, True)],
        )  # fmt: skip
    return [*results, seen]
