"""What a function may do inside a transform, what it sees there, and what its caller sees of it."""

# ruff: noqa: D103

from .collect import attempts, collect
from .func import numbers, plain

CASES, scenario = collect()


def setting(torch):
    return numbers(torch, 3).clone(), numbers(torch, 4, 3).clone(), torch.func


@scenario
def writes_into_captured_tensors(torch):
    x, xs, f = setting(torch)
    captured = torch.ones(3, dtype=torch.float64)

    def copied(y):
        captured.copy_(y)
        return (y * captured).sum()

    def counted(y):
        captured.add_(1)
        return (y * captured).sum()

    def outer_one(y):
        mine = y * 1
        return f.grad(lambda z: mine.mul_(2).sum() * z.sum())(y).sum()

    refused = attempts(
        lambda: f.grad(copied)(x), lambda: f.jvp(copied, (x,), (x,)), lambda: f.grad(counted)(x), lambda: f.jvp(counted, (x,), (x,)),
        lambda: f.vjp(counted, x)[0], lambda: f.vmap(f.grad(counted))(xs), lambda: f.grad(lambda y: f.vmap(counted)(y).sum())(xs),
        lambda: f.grad(outer_one)(x),
    )  # fmt: skip
    return [refused, captured, plain(torch, f.vmap(counted)(xs)), captured]


@scenario
def writes_into_own_tensors(torch):
    x, xs, f = setting(torch)

    def assembled(y):
        z = torch.zeros(3, dtype=torch.float64)
        z[0] = y[0]
        z[1:] = y[1:].sin()
        w = torch.ones_like(y).mul_(y)
        w[w > 0] = 0
        return z + w

    def gathered(y):
        parts = [torch.ones((), dtype=torch.float64).mul_(v) for v in y]
        return torch.stack(parts).prod()

    def through_view(y):
        y = y.clone()
        y.view(3, 1)[0].sin_()
        return y

    return plain(torch, [
        f.jacrev(assembled)(x), f.jvp(assembled, (x,), (x,)), f.vmap(f.jacrev(assembled))(xs[:2]), f.hessian(through_view)(x),
        f.grad(gathered)(x), f.jacrev(through_view)(x), f.vmap(through_view)(xs),
    ])  # fmt: skip


@scenario
def writes_into_arguments(torch):
    x, xs, f = setting(torch)

    def doubled(y):
        y.mul_(2)
        return y.sum()

    def filled(y, z):
        z.copy_(y)
        return z

    def partly(y, z, w):
        y[:2] = z
        return torch.vstack([(y**2).sum(), (w**3).sum()])

    a, b, c, d = x.clone(), xs.clone(), x.clone(), x.clone()
    results = [
        attempts(lambda: f.grad(doubled)(x), lambda: f.vjp(doubled, x), lambda: f.jacrev(doubled)(x)),
        f.jvp(doubled, (a,), (x.clone(),)), a, f.vmap(doubled)(b), b, f.jacrev(filled)(x, c), c, f.jacfwd(filled)(x, d), d,
        f.jacrev(partly, argnums=(1, 2))(x.clone(), x[:2].clone(), x[1:].clone()), f.jacfwd(partly, argnums=(1, 2))(x.clone(), x[:2], x[1:]),
        f.vmap(torch.Tensor.sin_, in_dims=1, out_dims=1)(b), b, f.vmap(f.vmap(torch.Tensor.neg_))(b), b,
    ]  # fmt: skip
    return plain(torch, results)


@scenario
def views_of_mapped_arguments(torch):
    _, xs, f = setting(torch)
    cube = numbers(torch, 2, 3, 4).clone()
    results = [
        f.vmap(lambda y: y, out_dims=1)(xs), f.vmap(lambda y: y[1:])(xs), f.vmap(lambda y: y[1:], in_dims=1)(xs), f.vmap(lambda y: y.view(3, 1).t())(xs),
        f.vmap(lambda y: y.expand(2, 3))(xs), f.vmap(lambda y: y[::2], out_dims=-1)(xs), *f.vmap(lambda y: y.chunk(3))(xs),
    ]  # fmt: skip
    nested = [f.vmap(f.vmap(lambda y: y[1:]))(cube), f.vmap(f.vmap(lambda y: y[::2]), in_dims=2)(cube)]
    of = [r._base is xs for r in results] + [r._base is cube for r in nested]
    results[1].zero_()
    identity = [f.vmap(lambda y: y)(xs) is xs, f.vmap(torch.Tensor.sin_)(xs) is xs]
    return [of, identity, results, nested, [[list(r.stride()), r.storage_offset()] for r in results + nested], xs]


@scenario
def what_is_seen_inside(torch):
    x, xs, f = setting(torch)
    seen = []

    def look(y):
        seen.append([repr(y), y.is_leaf, y.requires_grad, y.grad_fn is None, list(y.shape), y.ndim])
        seen.append([repr(torch.ones(2)), repr(x)])
        return y.sum()

    def further(y):
        seen.append([repr(y * 2), (y * 2).is_leaf])
        return (y * y).sum()

    f.grad(look)(x)
    f.grad(further)(x)
    f.grad(further)(x.clone().requires_grad_())
    f.vmap(look)(xs)
    f.vmap(look, in_dims=1)(xs)
    f.vmap(f.vmap(look))(numbers(torch, 1, 2, 2))
    f.vmap(f.grad(look))(xs[:2])
    f.grad(lambda ys: f.vmap(look)(ys).sum())(xs[:2])
    f.grad(f.grad(look))(x[0])
    f.jvp(look, (x,), (x,))
    f.hessian(look)(x)
    f.grad(lambda y: (seen.append(repr(f.debug_unwrap(y))), y.sum())[1])(x)
    f.vmap(f.grad(lambda y: (seen.append(repr(f.debug_unwrap(y, recurse=False))), y.sum())[1]))(xs[:1])
    return seen


@scenario
def values_that_escape(torch):
    x, xs, f = setting(torch)
    kept = []

    def keep(y):
        kept.append(y.sin().sum())
        return kept[-1]

    f.grad(keep)(x)
    f.jvp(keep, (x,), (x,))
    f.vmap(keep)(xs)
    return [plain(torch, [kept[0] + 1, kept[1] + 1])[0][0], attempts(lambda: kept[2] + 1, lambda: list(kept[2].shape), lambda: repr(kept[2]))]


@scenario
def auxiliary_results(torch):
    x, _, f = setting(torch)
    found = []
    for aux in (1, "a", None, [x, 1.0]):
        found += attempts(
            lambda aux=aux: f.grad(lambda y: (y.sum(), aux), has_aux=True)(x), lambda aux=aux: f.vjp(lambda y: (y, aux), x, has_aux=True)[0],
            lambda aux=aux: f.jvp(lambda y: (y, aux), (x,), (x,), has_aux=True), lambda aux=aux: f.jacrev(lambda y: (y, aux), has_aux=True)(x),
            lambda aux=aux: f.jacfwd(lambda y: (y, aux), has_aux=True)(x),
        )  # fmt: skip
    good = [f.jacfwd(lambda y: (y * 2, {"a": [y.cos()]}), has_aux=True)(x), f.grad(lambda y: (y.sum(), (y.cos(), [y])), has_aux=True)(x)]
    integers = attempts(
        lambda: f.grad(lambda y: y.sum())(torch.arange(3)), lambda: f.jvp(lambda y: y, (torch.arange(3),), (torch.arange(3),)),
        lambda: f.jacfwd(lambda y: y)(torch.arange(3)), lambda: f.grad(torch.mul, argnums=(0, -2))(x, x),
    )  # fmt: skip
    return [found, plain(torch, good), integers]


@scenario
def inference_mode_outside(torch):
    x, xs, f = setting(torch)
    with torch.inference_mode():
        results = [
            f.grad(lambda y: (y**2).sum())(x), f.vjp(torch.sin, x)[1](x), f.jvp(torch.sin, (x,), (x,)), f.jacrev(torch.sin)(x), f.jacfwd(torch.sin)(x),
            f.vmap(f.grad(lambda y: (y**2).sum()))(xs), f.hessian(lambda y: (y**3).sum())(x), f.vmap(torch.sin)(xs),
        ]  # fmt: skip
        still = torch.is_inference_mode_enabled()

    def constant_inside(y):
        with torch.inference_mode():
            c = y**2
        return (y - c).sum()

    return plain(torch, [results, still, f.grad(constant_inside)(x), results[-1].is_inference()])


@scenario
def mapping_refuses_by_name(torch):
    x, xs, f = setting(torch)
    v, norm = f.vmap, torch.nn.BatchNorm1d(3).double()

    def shared(name, *more):
        return lambda: v(lambda a, b: getattr(a, name)(b, *more), in_dims=(None, 0))(x.clone(), xs)

    def assigned(a, b):
        a[0] = b[0]
        return a

    return attempts(
        *map(shared, ["add_", "sub_", "mul_", "div_", "copy_", "atan2_"]),
        lambda: v(assigned, in_dims=(None, 0))(x.clone(), xs), lambda: v(lambda a, b: a.fill_(b[0]), in_dims=(None, 0))(x.clone(), xs),
        lambda: v(lambda a: torch.abs(a, out=torch.empty(3)))(xs), lambda: v(torch.equal)(xs, xs), lambda: v(torch.allclose)(xs, xs),
        lambda: v(torch.nonzero)(xs), lambda: v(torch.unique)(xs), lambda: v(lambda a: a[a > 0])(xs), lambda: v(lambda a: a.masked_select(a > 0))(xs),
        lambda: v(lambda a: a.tolist())(xs), lambda: v(lambda a: a.numpy())(xs), lambda: v(lambda a: a.data)(xs),
        lambda: v(lambda a: torch.zeros(3).normal_(), randomness="different")(xs), lambda: v(lambda a: a.retain_grad())(xs),
        lambda: f.grad(lambda a: a.retain_grad())(x), lambda: v(torch.bernoulli, randomness="same")(xs.abs()),
        lambda: v(norm)(xs.view(2, 2, 3)),
        lambda: v(torch.nn.InstanceNorm1d(2, track_running_stats=True).double())(xs.view(1, 2, 2, 3)),
        lambda: f.grad(lambda a: norm(a).sum())(xs),
    )  # fmt: skip


@scenario
def jacobians_row_by_row(torch):
    x, _, f = setting(torch)

    class Dynamic(torch.autograd.Function):
        @staticmethod
        def forward(y):
            return y.clone()

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, g):
            g.nonzero()
            return g

    return [plain(torch, f.jacrev(Dynamic.apply, chunk_size=1)(x)), attempts(lambda: f.jacrev(Dynamic.apply, chunk_size=2)(x))]


@scenario
def stateless_calls(torch):
    _, xs, f = setting(torch)

    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(3, 3, bias=False).double()
            self.b = torch.nn.Linear(3, 3, bias=False).double()
            self.b.weight = self.a.weight
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, y, *, scale=1.0):
            self.calls += 1
            return (self.a(y) + 10 * self.b(y)) * scale + getattr(self, "extra", 0)

    m, one = Tied(), torch.ones(3, 3, dtype=torch.float64)
    with torch.no_grad():
        m.a.weight.copy_(numbers(torch, 3, 3))
    calls = {"calls": torch.ones(())}
    good = [
        f.functional_call(m, {"a.weight": one}, xs), f.functional_call(m, {"b.weight": one}, (xs,), {"scale": 2.0}),
        f.functional_call(m, {"a.weight": one}, xs, tie_weights=False), f.functional_call(m, ({"extra": torch.ones(())}, calls), xs), calls, m.calls,
        hasattr(m, "extra"), f.vmap(lambda w: f.functional_call(m, {"a.weight": w, "calls": torch.zeros(())}, xs))(numbers(torch, 2, 3, 3)),
    ]  # fmt: skip
    bad = attempts(
        lambda: f.functional_call(m, {"a.weight": one, "b.weight": one * 2}, xs), lambda: f.functional_call(m, {"c.weight": one}, xs),
        lambda: f.functional_call(m, {"a.weight": 3}, xs), lambda: f.functional_call(m, {"a.weight": one}, xs, strict=True),
        lambda: f.functional_call(m, {"a.weight": one, "calls": one, "z": one}, xs, strict=True), lambda: f.functional_call(m, 3, xs),
        lambda: f.functional_call(m, [{"a.weight": one}, {"a.weight": one}], xs), lambda: f.functional_call(m, {"a.weight": one[0, 0]}, xs),
        lambda: f.stack_module_state(3), lambda: f.stack_module_state([]), lambda: m.a.weight is m.b.weight,
    )  # fmt: skip
    return [plain(torch, good), bad]


@scenario
def learning_to_learn(torch):
    _, xs, f = setting(torch)
    net = torch.nn.Linear(3, 2).double()
    params = {"weight": numbers(torch, 2, 3), "bias": numbers(torch, 2)}
    tasks, targets = numbers(torch, 2, 4, 3), numbers(torch, 2, 4, 2, seed=1.0)

    def loss(p, a, b):
        return ((f.functional_call(net, p, (a,)) - b) ** 2).mean()

    def adapted(p, a, b):
        for _ in range(2):
            g = f.grad(loss)(p, a, b)
            p = {k: p[k] - 0.1 * g[k] for k in p}
        return loss(p, a, b)

    both = f.vmap(adapted, in_dims=(None, 0, 0))
    per_sample = f.vmap(f.grad_and_value(loss), in_dims=(None, 0, 0), chunk_size=3)(params, xs, targets[0])
    return plain(torch, [both(params, tasks, targets), f.grad(lambda p: both(p, tasks, targets).sum())(params), per_sample])
