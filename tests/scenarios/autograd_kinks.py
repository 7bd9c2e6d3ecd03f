"""Gradients where a derivative is a matter of convention, complex gradients, modes, generators, reverse-mode functional: torch's answers."""

# ruff: noqa: D103, B023, E731

import warnings

from .collect import attempts, collect

CASES, scenario = collect()


def gradient(torch, f, *values, dtype=None):
    xs = [torch.tensor(v, dtype=dtype, requires_grad=True) for v in values]
    out = f(*xs)
    total = out.sum()
    grads = torch.autograd.grad(total.abs() if total.is_complex() else total, xs, allow_unused=True)
    # The sum, because PyTorch's zeros may have no memory to read.
    return [out.detach(), *(None if g is None else g + 0 for g in grads)]


NAN, INF = float("nan"), float("inf")


@scenario
def powers(torch):
    base, exponent = [0.0, 0.0, 0.0, 1.0, -2.0, 2.0], [-1.0, 0.0, 1.0, 0.0, 2.0, 3.0]
    return [
        gradient(torch, lambda a, b: a**b, base, exponent), gradient(torch, lambda b: 0**b, exponent), gradient(torch, lambda b: 2**b, exponent),
        gradient(torch, lambda a: a**0, base), gradient(torch, lambda a: a**0.5, base), gradient(torch, lambda a: a**-1, base), gradient(torch, lambda a: a**2, base),
        gradient(torch, lambda a: a.pow(torch.zeros(6)), base), gradient(torch, lambda a: a.float_power(2), base), gradient(torch, lambda a: torch.pow(a, 1), base),
        gradient(torch, lambda a: a**0.0, base), gradient(torch, lambda a: torch.tensor(-1.0) ** a, exponent),
    ]  # fmt: skip


@scenario
def norms(torch):
    results = []
    for p in (0.5, 1, 1.5, 2, 3, INF, -INF, -1):
        for values in ([0.0, 0.0, 0.0], [3.0, -4.0, 0.0], [2.0, 2.0, -2.0]):
            results += attempts(lambda: gradient(torch, lambda x: x.norm(p), values))
    results += attempts(
        lambda: gradient(torch, lambda x: x.norm(dim=0), [[0.0, 1.0], [0.0, 2.0]]), lambda: gradient(torch, lambda x: torch.linalg.vector_norm(x, 2, dim=1), [[0.0, 0.0], [3.0, 4.0]]),
        lambda: gradient(torch, lambda x: torch.dist(x, x.detach()), [1.0, 2.0]), lambda: gradient(torch, lambda x: torch.nn.functional.normalize(x, dim=0), [0.0, 0.0]),
        lambda: gradient(torch, lambda x: x.norm(2), [0j, 3 + 4j]), lambda: gradient(torch, lambda x: x.renorm(2, 0, 1.0), [[0.0, 0.0], [3.0, 4.0]]),
    )  # fmt: skip
    return results


@scenario
def corners(torch):
    values = [-1.0, -0.0, 0.0, 1.0, 2.0, NAN]
    f = torch.nn.functional
    calls = (
        lambda x: x.abs(), lambda x: x.sign(), lambda x: x.relu(), lambda x: x.clamp(0, 1), lambda x: x.clamp(min=0), lambda x: x.clamp(max=1), lambda x: x.sinc(),
        lambda x: x.sqrt(), lambda x: x.rsqrt(), lambda x: x.log(), lambda x: x.asin(), lambda x: x.acos(), lambda x: x.atanh(), lambda x: x.acosh(), lambda x: x.reciprocal(),
        lambda x: x.round(), lambda x: x.floor(), lambda x: x.frac(), lambda x: x.trunc(), lambda x: x.sgn(), lambda x: f.hardshrink(x, 1.0),
        lambda x: f.softshrink(x, 1.0), lambda x: f.hardtanh(x), lambda x: f.relu6(x * 6), lambda x: f.leaky_relu(x), lambda x: f.hardsigmoid(x * 3),
        lambda x: f.hardswish(x * 3), lambda x: f.threshold(x, 1.0, 0.0), lambda x: f.smooth_l1_loss(x, torch.zeros(6)), lambda x: f.l1_loss(x, torch.ones(6)),
        lambda x: f.huber_loss(x, torch.zeros(6)), lambda x: x.nan_to_num(0.0),
        lambda x: torch.xlogy(x, x), lambda x: torch.special.xlog1py(x, x), lambda x: torch.special.entr(x), lambda x: x.exp2(), lambda x: x.log1p(), lambda x: x.erfinv(),
        lambda x: f.softplus(x * 30), lambda x: f.logsigmoid(x), lambda x: x.copysign(torch.tensor(-0.0)), lambda x: x.deg2rad(), lambda x: x.lgamma(),
    )  # fmt: skip
    return attempts(*[lambda call=call: gradient(torch, call, values) for call in calls])


@scenario
def pairs(torch):
    a, b = [0.0, 1.0, -1.0, 2.0, 0.0, NAN], [0.0, 1.0, 1.0, -2.0, 3.0, 1.0]
    calls = (
        torch.maximum, torch.minimum, torch.fmax, torch.fmin, torch.atan2, torch.hypot, torch.fmod, torch.remainder, torch.div, torch.copysign, torch.logaddexp,
        lambda x, y: torch.div(x, y, rounding_mode="floor"), lambda x, y: torch.div(x, y, rounding_mode="trunc"), lambda x, y: x.clamp(y, y + 1), torch.logaddexp2,
        lambda x, y: torch.where(x > y, x, y), lambda x, y: torch.max(x, y), torch.floor_divide, lambda x, y: x // y, lambda x, y: x % y, torch.true_divide, torch.mul, torch.ldexp,
        lambda x, y: torch.lerp(x, y, 0.5), lambda x, y: torch.lerp(x, y, 0.25), lambda x, y: torch.addcdiv(x, x, y), lambda x, y: (x - y).abs(),
    )  # fmt: skip
    return attempts(*[lambda call=call: gradient(torch, call, a, b) for call in calls])


@scenario
def ties(torch):
    x = [[2.0, 2.0, 1.0], [0.0, 3.0, 3.0]]
    calls = (
        lambda t: t.max(), lambda t: t.min(), lambda t: t.amax(), lambda t: t.amax(1), lambda t: t.amin(0), lambda t: t.max(1).values, lambda t: t.min(0).values, lambda t: t.median(),
        lambda t: t.median(1).values, lambda t: t.mode(1).values, lambda t: t.sort(1).values, lambda t: t.topk(2, 1).values, lambda t: t.kthvalue(2, 1).values, lambda t: t.cummax(1).values,
        lambda t: t.cummin(1).values, lambda t: t.aminmax().max, lambda t: t.nanmedian(), lambda t: t.quantile(0.5), lambda t: torch.nn.functional.max_pool1d(t, 2, 1), lambda t: t.logcumsumexp(1),
        lambda t: t.logsumexp(1), lambda t: t.std(), lambda t: torch.ones(2, 2).std() * t, lambda t: t[:, :1].std(1), lambda t: (t * 0).std(), lambda t: t.msort(),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return attempts(*[lambda call=call: gradient(torch, call, x) for call in calls])


@scenario
def products(torch):
    results = []
    for x in ([1.0, 2.0, 3.0], [0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0], 0.0, [[1.0, 0.0], [2.0, 3.0]]):
        results += attempts(lambda: gradient(torch, lambda t: t.prod(), x), lambda: gradient(torch, lambda t: t.cumprod(0) if t.dim() else t, x), lambda: gradient(torch, lambda t: t.prod(0), x))
    return results


@scenario
def distances(torch):
    same = [[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]]
    results = []
    for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, INF):
        results += attempts(lambda: gradient(torch, lambda x: torch.cdist(x, x.detach(), p=p), same), lambda: gradient(torch, lambda x: torch.pdist(x, p=p), same))
    return results


@scenario
def scattered(torch):
    t = torch.tensor
    i = t([0, 0, 2])
    calls = (
        lambda x, v: x.index_put((i,), v), lambda x, v: x.index_put((i,), v, accumulate=True), lambda x, v: x.scatter(0, i, v), lambda x, v: x.scatter_add(0, i, v),
        lambda x, v: x.index_add(0, i, v), lambda x, v: x.index_copy(0, t([1, 2, 0]), v), lambda x, v: x.gather(0, i) * v,
        lambda x, v: x.masked_scatter(t([True, False, True]), v), lambda x, v: x.masked_fill(t([True, False, True]), v[0]), lambda x, v: x.index_fill(0, t([0]), v[1]), lambda x, v: x.take(i) * v,
        lambda x, v: x.scatter_reduce(0, i, v, "prod"), lambda x, v: x.scatter_reduce(0, i, v, "amax"), lambda x, v: x.scatter_reduce(0, i, v, "mean"), lambda x, v: x.index_select(0, i) * v,
        lambda x, v: torch.where(t([True, False, True]), x, v), lambda x, v: torch.trapz(x, v), lambda x, v: torch.trapezoid(x) * v[0],
        lambda x, v: torch.cumulative_trapezoid(x, v), lambda x, v: x.repeat_interleave(t([1, 0, 2])), lambda x, v: torch.diff(x) * v[:2], lambda x, v: torch.stack([x, v]).index_select(1, i),
    )  # fmt: skip
    return attempts(*[lambda call=call: gradient(torch, call, [1.0, 2.0, 3.0], [5.0, 7.0, 11.0]) for call in calls])


@scenario
def complex_gradients(torch):
    z = [1 + 2j, -3j, 0.5 + 0j]
    calls = (
        lambda t: t.real, lambda t: t.imag, lambda t: t.conj(), lambda t: t.abs(), lambda t: t.angle(), lambda t: t * t.conj(), lambda t: t**2, lambda t: t.exp(), lambda t: torch.view_as_real(t),
        lambda t: torch.view_as_complex(torch.view_as_real(t)), lambda t: t.sgn(), lambda t: t.resolve_conj(), lambda t: t.conj_physical(), lambda t: t * 2j, lambda t: t.real * t, lambda t: t.sqrt(), lambda t: t.log(),
        lambda t: torch.complex(t.real, t.imag), lambda t: torch.polar(t.abs(), t.angle()), lambda t: t.sum().abs(), lambda t: t.prod(), lambda t: t / (1 + t), lambda t: t.reciprocal(), lambda t: t.tanh(),
        lambda t: torch.dot(t, t), lambda t: torch.vdot(t, t), lambda t: torch.outer(t, t), lambda t: t.mean(), lambda t: t.cumsum(0), lambda t: t.roll(1), lambda t: torch.where(t.real > 0, t, t * 2),
    )  # fmt: skip
    return attempts(*[lambda call=call: gradient(torch, call, z) for call in calls])


@scenario
def complex_meets_real(torch):
    r = lambda f: gradient(torch, f, [1.0, 2.0])
    calls = (
        lambda x: x.to(torch.complex64), lambda x: x * 1j, lambda x: torch.complex(x, x * 2), lambda x: x + torch.tensor([1j, 2.0]), lambda x: torch.view_as_complex(x), lambda x: torch.stack([x, x * 1j]),
        lambda x: torch.cat([x, x * (1 + 1j)]), lambda x: torch.zeros(2, dtype=torch.complex64).copy_(x), lambda x: torch.pow(torch.tensor([-1.0, 2.0]), x * (1 + 1j)), lambda x: torch.polar(x, x), lambda x: (x * 1j).imag,
    )  # fmt: skip
    return attempts(*[lambda call=call: r(call) for call in calls])


@scenario
def integers_divided_by_zero(torch):
    a, z = torch.tensor([1, -7, 0]), torch.tensor([1, 0, 2])
    zero = torch.tensor(0)
    return attempts(
        lambda: a // 0, lambda: a % 0, lambda: a // z, lambda: a % z, lambda: torch.fmod(a, z), lambda: torch.div(a, z, rounding_mode="floor"), lambda: torch.div(a, z, rounding_mode="trunc"),
        lambda: a // zero, lambda: torch.remainder(a, zero), lambda: torch.floor_divide(a, z), lambda: 5 // z, lambda: 5 % z, lambda: torch.remainder(5, z), lambda: a.clone().floor_divide_(z),
        lambda: a.clone().remainder_(z), lambda: a.clone().fmod_(z), lambda: torch.div(a, 0, rounding_mode="trunc"), lambda: (a / z), lambda: torch.gcd(a, z), lambda: a.to(torch.uint8) // z.to(torch.uint8),
        lambda: torch.tensor([1.0]) // 0, lambda: torch.tensor([1.0]) % 0, lambda: a // torch.tensor([2, 3, 4]), lambda: torch.empty(0, dtype=torch.int64) // torch.empty(0, dtype=torch.int64),
    )  # fmt: skip


@scenario
def generators_and_modes(torch):
    log = []

    @torch.no_grad()
    def counting(n):
        for i in range(n):
            try:
                got = yield (i, torch.is_grad_enabled())
                log.append((got, torch.is_grad_enabled()))
            except ValueError:
                log.append(("caught", torch.is_grad_enabled()))
            except GeneratorExit:
                log.append(("closed", torch.is_grad_enabled()))
                raise
        return "end"

    g = counting(4)
    log.append(next(g))
    log.append(g.send("x"))
    log.append(g.throw(ValueError))
    log.append(torch.is_grad_enabled())
    g.close()

    @torch.enable_grad
    def fails():
        yield torch.is_grad_enabled()
        raise KeyError("secondary")

    with torch.no_grad():
        f = fails()
        log.append(next(f))
        log += attempts(lambda: next(f))

    def whole():
        log.append((yield from counting(0)))
        yield

    list(whole())

    @torch.set_grad_enabled(False)
    def quiet(x):
        return (x * 2).requires_grad

    log += [torch.is_grad_enabled(), quiet(torch.ones(1, requires_grad=True)), quiet.__name__]
    obj = torch.set_grad_enabled(False)
    log.append(torch.is_grad_enabled())
    inner = obj(lambda x: torch.is_grad_enabled())
    log += [torch.is_grad_enabled(), inner(1), repr(torch.set_grad_enabled(True))]
    with torch.no_grad(), torch.enable_grad():
        log.append(torch.is_grad_enabled())
    for mode in (torch.inference_mode, torch.inference_mode(), torch.inference_mode(True), torch.inference_mode(mode=False)):
        log.append(mode(lambda: [torch.is_inference_mode_enabled(), torch.is_grad_enabled()])())
    log.append(torch.inference_mode(mode=lambda: torch.is_inference_mode_enabled())())
    return log


@scenario
def inference_rules(torch):
    s = torch.ones(1, 2, 3, requires_grad=True)
    a = s.clone()
    out = a * a
    with torch.inference_mode():
        a.add_(2)
        c = torch.ones(1, 2, 3, requires_grad=True)
        d = torch.ones(1, 2, 3)
        inside = [c.requires_grad, torch.is_inference(c), (c * c).requires_grad, c.view(-1).is_inference(), c.view(-1)._is_view(), torch.is_inference(a), a.requires_grad]
        d.add_(1).transpose_(0, 1).transpose_(0, 1)
        inside += [torch.is_inference(d), d.requires_grad, torch.is_inference(s.view(-1)), s.view(-1)._is_view(), s.view(-1).requires_grad, (s * 2).requires_grad]
        with torch.inference_mode(False):
            inside += [torch.is_grad_enabled(), torch.is_inference(torch.ones(1)), torch.is_inference_mode_enabled()]
        with torch.enable_grad():
            inside += [torch.is_grad_enabled(), torch.is_inference(s * 2)]
    viewed = d.view(-1)
    results = [inside, torch.is_inference(d * 2), torch.is_inference(viewed), viewed._is_view(), viewed.is_leaf, torch.is_inference(d.clone()), torch.is_inference(d.detach()), d.is_leaf]
    results += attempts(
        lambda: out.sum().backward(), lambda: d.add_(1), lambda: s * d, lambda: d._version, lambda: (d + s).requires_grad, lambda: s.clone().mul_(d).requires_grad,
        lambda: torch.mul(s, s, out=d), lambda: torch.mul(s.detach(), 2, out=d), lambda: d.requires_grad_(), lambda: s.view_as(d).requires_grad, lambda: d.view_as(s).is_inference(),
        lambda: torch.ones(1, 2, 3).copy_(d).requires_grad, lambda: torch.stack([s, d]).requires_grad, lambda: d.numpy().shape, lambda: d.data.is_inference(),
        lambda: torch.autograd.backward((s + c).sum()),
    )  # fmt: skip
    return [*results, c.grad]


@scenario
def functional_in_reverse(torch):
    F = torch.autograd.functional
    x = torch.tensor([1.0, 2.0])
    y = torch.tensor([3.0, 4.0])
    f = lambda a, b: (a * b, a.sum())
    z = torch.tensor([1 + 1j, 2j])
    return attempts(
        lambda: F.jacobian(lambda a: a**2, x), lambda: F.jacobian(f, (x, y)), lambda: F.hessian(lambda a: (a**3).sum(), x), lambda: F.vjp(f, (x, y), (x, torch.tensor(1.0))), lambda: F.hvp(lambda a: (a**3).sum(), x, x),
        lambda: F.vhp(lambda a: (a**3).sum(), x, x), lambda: F.jvp(lambda a: a**2, x, x), lambda: F.jacobian(lambda a: a.detach(), x), lambda: F.jacobian(lambda a: a.detach(), x, strict=True),
        lambda: F.jacobian(lambda a: a * 2, x, create_graph=True), lambda: F.jacobian(lambda a: a**2, x, vectorize=True), lambda: F.hessian(lambda a: a**2, x), lambda: F.jacobian(lambda a: 3, x),
        lambda: F.vjp(lambda a: a * 2, x), lambda: F.vjp(lambda a: a * 2, x, torch.ones(3)), lambda: F.jacobian(lambda a: a * 2, 3.0), lambda: F.hvp(lambda a: a.sum(), x, x, strict=True), lambda: F.jacobian(lambda a: a * 2j, z),
        lambda: F.jacobian(lambda a: torch.zeros(0), x), lambda: F.hessian(lambda a: (a[0] * a[1]), x, outer_jacobian_strategy="reverse-mode"),
    )  # fmt: skip


@scenario
def no_derivative(torch):
    a = torch.tensor([0.5, 0.25], requires_grad=True)
    results = attempts(
        lambda: torch.nextafter(a, a).sum().backward(), lambda: torch.histc(a).requires_grad, lambda: a.argmax().requires_grad, lambda: torch.isin(a, a).requires_grad,
        lambda: torch.signbit(a).requires_grad, lambda: torch.searchsorted(a.detach(), a).requires_grad, lambda: torch.bucketize(a, a.detach()).requires_grad, lambda: a.count_nonzero().requires_grad,
        lambda: a.round().requires_grad, lambda: a.bernoulli().requires_grad, lambda: torch.zeros_like(a).requires_grad, lambda: a.new_zeros(2).requires_grad,
        lambda: torch.polygamma(2, a).sum().backward(), lambda: a.isnan().requires_grad, lambda: (a > 0).requires_grad, lambda: a.nonzero().requires_grad, lambda: a.multinomial(1).requires_grad, lambda: a.sign().requires_grad,
    )  # fmt: skip
    return results
