"""What op_db's samples do not ask of the ops: refusals, gradients at kinks and ties, integer and NaN semantics, nodes, overloads, operators."""

# ruff: noqa: D103

from __future__ import annotations

import functools
from math import inf, nan

from .collect import attempts, collect

CASES, scenario = collect()


def grads(torch, fn, *values):
    """fn's result and its gradients, for float arguments."""
    leaves = [torch.tensor(v, requires_grad=True) for v in values]
    out = fn(*leaves)
    gradients = torch.autograd.grad(out.sum(), leaves, allow_unused=True)
    return [out.detach(), *(None if g is None else g + 0 for g in gradients)]


def operands(torch):
    """Floats (3, 4), a vector (4), a batch (2, 3, 4), integers (4) and a mask (2)."""
    x = torch.arange(12.0).reshape(3, 4) / 10
    return x, x[0], torch.arange(24.0).reshape(2, 3, 4), torch.arange(4), torch.tensor([True, False])


@scenario
def refusals_of_arithmetic(torch):
    x, v, _, i, b = operands(torch)
    return attempts(
        lambda: torch.add(x, v[:3]), lambda: torch.add(i, i, alpha=0.5), lambda: torch.add(i, i, alpha=True), lambda: b - b, lambda: b - 1,
        lambda: 1 - b, lambda: -b, lambda: +b, lambda: torch.abs(b), lambda: torch.div(x, x, rounding_mode="x"), lambda: i**-1,
        lambda: torch.addcdiv(i, i, i), lambda: torch.lerp(x, x.double(), 0.5), lambda: torch.lerp(i, i, 0.5), lambda: torch.clamp(x),
        lambda: torch.gcd(x, x), lambda: x & x, lambda: ~x, lambda: x << 1, lambda: torch.heaviside(x, x.double()), lambda: torch.floor(b),
        lambda: torch.frac(i), lambda: torch.mvlgamma(x, 0), lambda: torch.polygamma(-1, x), lambda: torch.hypot(i, i),
        lambda: torch.maximum(x + 0j, x + 0j), lambda: torch.sign(x + 0j), lambda: (x + 0j) < 1, lambda: torch.fmod(b, b), lambda: i // 0, lambda: i % 0,
    )  # fmt: skip


@scenario
def refusals_of_operators(torch):
    x = torch.ones(2)
    return [*attempts(lambda: x + "a", lambda: x + None, lambda: x < None, lambda: x @ 2), x == None, x != "a", hash(x) == hash(x)]  # noqa: E711


@scenario
def refusals_of_reductions(torch):
    x, v, _, i, b = operands(torch)
    empty = torch.zeros(0)
    return attempts(
        lambda: i.mean(), lambda: b.mean(), lambda: torch.mean(x, dtype=torch.int64), lambda: x.sum(2), lambda: x.sum((0, 0)),
        lambda: empty.amax(), lambda: empty.max(), lambda: torch.zeros(0, 3).max(0), lambda: empty.argmax(), lambda: i.var(),
        lambda: i.norm(), lambda: x.quantile(2.0), lambda: i.quantile(0.5), lambda: x.topk(5), lambda: x.kthvalue(0), lambda: empty.mode(),
        lambda: torch.bincount(x), lambda: torch.bincount(i - 2), lambda: torch.searchsorted(x, v), lambda: torch.bucketize(x, x),
        lambda: torch.aminmax(empty), lambda: x.diff(n=-1), lambda: torch.isclose(x, x.double()), lambda: torch.where(x, x, x),
    )  # fmt: skip


@scenario
def refusals_of_products(torch):
    x, v, batch, _, _ = operands(torch)
    s = torch.tensor(2.0)
    return attempts(
        lambda: x @ x, lambda: x @ v[:3], lambda: v @ v[:3], lambda: v @ x, lambda: x @ s, lambda: s @ x, lambda: x.mm(v),
        lambda: x.mm(x.double().T), lambda: v.dot(x), lambda: v.dot(v.double()), lambda: x.mv(x), lambda: x.mv(v[:3]),
        lambda: batch.bmm(batch), lambda: batch.bmm(x), lambda: torch.addmm(torch.rand(5), x, x.T), lambda: torch.addmm(x, x, x),
        lambda: torch.baddbmm(torch.rand(5), batch, batch.mT), lambda: torch.addmv(v, x, v), lambda: torch.outer(x, v),
        lambda: torch.inner(x, v[:3]), lambda: torch.einsum("ij,jk->ik", x, x), lambda: torch.einsum("ij,jk", x),
        lambda: torch.einsum("ijk", x), lambda: torch.einsum("ij->ijl", x), lambda: torch.tensordot(x, x, 1), lambda: batch.trace(),
        lambda: torch.linalg.cross(x, x), lambda: torch.cdist(x, v), lambda: torch.cdist(x, x[:, :2]), lambda: torch.cdist(x, x, p=-1),
    )  # fmt: skip


@scenario
def refusals_of_linear_algebra(torch):
    x, v, batch, i, _ = operands(torch)
    la = torch.linalg
    return attempts(
        lambda: x.det(), lambda: v.det(), lambda: x.inverse(), lambda: torch.zeros(2, 2).inverse(), lambda: la.inv(torch.zeros(1, 2, 2)),
        lambda: la.cholesky(-torch.eye(3)), lambda: la.cholesky(-torch.eye(3)[None]), lambda: la.cholesky(x), lambda: la.eigh(x),
        lambda: la.solve(torch.zeros(2, 2), torch.ones(2)), lambda: la.qr(x, "foo"), lambda: x.matrix_power(2), lambda: la.norm(x, "foo"),
        lambda: la.matrix_norm(x, 3), lambda: la.vector_norm(i), lambda: la.norm(batch, "fro"), lambda: la.multi_dot([x]),
    )  # fmt: skip


@scenario
def gradients_of_bounds_at_ties(torch):
    a, b = [0.0, 3.0, nan, 1.0], [0.0, 4.0, 1.0, nan]
    x, lo, hi = [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 5.0], [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0], [3.0, 3.0, 3.0, 3.0, 3.0, 1.0, 3.0]
    return [grads(torch, f, a, b) for f in (torch.maximum, torch.minimum, torch.fmax, torch.fmin)] + [
        grads(torch, torch.clamp, x, lo, hi), grads(torch, lambda t: t.clamp(1, 3), x), grads(torch, torch.clamp_min, x, lo),
        grads(torch, lambda t: t.clamp_max(3), x), grads(torch, torch.clamp, [0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
    ]  # fmt: skip


@scenario
def gradients_of_functions_at_kinks(torch):
    return [
        grads(torch, torch.abs, [0.0, -1.0]), grads(torch, torch.atan2, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
        grads(torch, torch.hypot, [0.0, 3.0], [0.0, 4.0]), grads(torch, torch.copysign, [0.0, 3.0, -2.0], [-1.0, 4.0, -1.0]),
        grads(torch, torch.xlogy, [0.0, 0.0, 0.0, 1.0, 0.0], [0.0, -1.0, nan, 0.0, 2.0]), grads(torch, torch.sqrt, [0.0, 4.0]),
        grads(torch, torch.pow, [0.0, 0.0, 0.0, 2.0, -2.0, 0.0], [0.0, 1.0, -1.0, 0.0, 2.0, 2.0]),
        *(grads(torch, lambda t, p=p: t**p, [0.0, 1.0]) for p in (0, 0.5, 1, 2, 3, 5, -1, 2.5)), grads(torch, lambda t: 0**t, [0.0, 1.0, -1.0]),
        grads(torch, lambda t: torch.logit(t, 0.1), [0.0, 0.05, 0.1, 0.5, 0.95]), grads(torch, torch.logit, [0.0, 1.0, 2.0, -1.0]),
        grads(torch, torch.fmod, [5.0, -5.0, 4.0], [3.0, 3.0, 2.0]), grads(torch, torch.remainder, [5.0, -5.0, 4.0], [3.0, 3.0, 2.0]),
        grads(torch, torch.nan_to_num, [nan, inf, 1.0]), grads(torch, torch.sinc, [0.0, 0.5]), grads(torch, torch.i0, [0.0, 1.0]),
    ]  # fmt: skip


@scenario
def gradients_of_reductions_at_ties(torch):
    return [
        grads(torch, torch.max, [1.0, 1.0, 0.0]), grads(torch, torch.amax, [1.0, 1.0, 0.0]), grads(torch, torch.max, [nan, 1.0, nan]),
        grads(torch, lambda t: t.max(0)[0], [1.0, 1.0, 0.0]), grads(torch, lambda t: torch.aminmax(t).max, [1.0, 1.0, 0.0]),
        grads(torch, torch.median, [1.0, 1.0, 2.0, 1.0]), grads(torch, torch.median, [1.0, nan, 2.0]),
        grads(torch, torch.nanmedian, [1.0, nan, 2.0, 1.0]), grads(torch, torch.prod, [0.0, 3.0, 0.0]), grads(torch, torch.prod, [0.0, 3.0]),
        grads(torch, lambda t: t.cumprod(0), [2.0, 0.0, 3.0, 0.0]), grads(torch, torch.std, [1.0, 1.0]),
        grads(torch, lambda t: torch.logsumexp(t, 0), [-inf, -inf]), grads(torch, lambda t: torch.logsumexp(t, 0), [-inf, 1.0]),
        *(grads(torch, lambda t, p=p: t.norm(p), [0.0, 0.0]) for p in (1, 2, 3, 0.5, 1.5, inf)),
        *(grads(torch, lambda t, p=p: t.norm(p), [0.0, 3.0, -3.0]) for p in (1, 2, 3, 0.5, 1.5, inf, -inf)),
        grads(torch, lambda t: torch.cdist(t, t.flip(0)), [[0.0, 0.0], [0.0, 0.0]]),
    ]  # fmt: skip


@scenario
def integers(torch):
    a, b = torch.tensor([7, -7, 7, -7]), torch.tensor([2, 2, -2, -2])
    return [
        a / b, a // b, a % b, a.fmod(b), torch.div(a, b, rounding_mode="trunc"), torch.div(a, b, rounding_mode="floor"), a**2, a**2.0,
        2**b.abs(), b**b, a.sum(), torch.tensor([True, True]).sum(), a.prod(), a.cumsum(0), a.gcd(b), a.lcm(b), a << 1, a >> 1,
        torch.tensor([1, -1, 5]) << torch.tensor([64, 63, -1]), torch.tensor([1, -1, -5]) >> torch.tensor([64, 70, -1]), ~a, a & b, a | b,
        a ^ b, a == b, a.float().argmax(), torch.tensor([0, 1], dtype=torch.uint8).all(), a.clamp(min=1.5), torch.round(a), a.float_power(2),
    ]  # fmt: skip


@scenario
def floats_divided(torch):
    a, b = torch.tensor([1.0, -1.0, 0.0, nan, inf, 5.0, -5.5]), torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0, inf, 2.0])
    return [a / b, a // b, a % b, a.fmod(b), torch.div(a, b, rounding_mode="trunc"), 2 / b, 2 // b, 7 % torch.tensor([2.0, -2.0])]


@scenario
def nan_and_infinity(torch):
    x = torch.tensor([1.0, nan, 3.0, 3.0, 2.0, -inf])
    zeros = torch.tensor([0.0, nan, -0.0])
    return [
        x.max(), x.min(), x.max(0), x.min(0), x.argmax(), x.argmin(), x.sort(), x.sort(descending=True, stable=True), zeros.sort(stable=True),
        x.topk(1), x.cummax(0), x.cummin(0), x.median(), x.nanmedian(), x.nansum(), x[:5].nanmean(), x.sign(), x.nan_to_num(),
        x.isnan(), x.isinf(), x.isfinite(), x.isposinf(), x.isneginf(), x.logsumexp(0), x.clamp(0, 1), torch.maximum(x, x.flip(0)),
        torch.fmax(x, x.flip(0)), x.quantile(0.5), x.nanquantile(0.5), torch.searchsorted(torch.tensor([1.0, 2.0]), x), x.mode(),
        torch.heaviside(x, torch.full_like(x, 0.5)), x.digamma(), zeros.digamma(), zeros.signbit(), zeros.angle(), x.frexp()[1],
    ]  # fmt: skip


@scenario
def overloads_of_var_and_std(torch):
    x = operands(torch)[0]
    return attempts(
        lambda: x.var(), lambda: x.var(False), lambda: x.var(0), lambda: x.var(0, False), lambda: x.var(0, True, True),
        lambda: x.var(unbiased=False), lambda: x.var(dim=0, unbiased=False), lambda: x.var((0, 1)), lambda: x.var(None, True, True),
        lambda: x.std([0], keepdim=True, correction=0), lambda: x.std(axis=0), lambda: torch.std_mean(x, 0, False),
        lambda: torch.var_mean(x, dim=1), lambda: torch.zeros(1).var(),
    )  # fmt: skip


@scenario
def overloads_of_reductions(torch):
    x = operands(torch)[0]
    y = x.flip(0)
    return attempts(
        lambda: x.sum(axis=0, keepdims=True), lambda: torch.sum(x, [0, 1]), lambda: x.sum(()), lambda: x.sum(0, dtype=torch.float64),
        lambda: x.max(), lambda: x.max(0), lambda: x.max(1, True), lambda: x.max(dim=0, keepdim=True), lambda: x.max(axis=0),
        lambda: x.max(y), lambda: torch.max(x, y), lambda: torch.min(x, other=y), lambda: x.argmax(axis=1, keepdims=True),
        lambda: x.argmax(None, True), lambda: x.all(()), lambda: x.any((0, 1)), lambda: x.norm(2, 0), lambda: x.norm(2, (0, 1), True),
        lambda: torch.norm(x, dim=(0, 1), p="fro"), lambda: x.norm("nuc", (0, 1)), lambda: x.median(dim=1, keepdim=True), lambda: x.mode(0),
        lambda: x.quantile(0.3, 0, True), lambda: x.quantile(torch.tensor([0.1, 0.2]), dim=1, keepdim=True), lambda: x.logsumexp((0, 1)),
        lambda: torch.tensor(2.0).max(0), lambda: torch.tensor(2.0).sort(), lambda: torch.tensor(2.0).cumsum(0), lambda: x.count_nonzero(0),
        lambda: x.prod(0, True), lambda: torch.zeros(0).sum(), lambda: torch.zeros(0).median(), lambda: torch.zeros(0, 3).max(1),
    )  # fmt: skip


@scenario
def named_results(torch):
    x = torch.tensor([[1.0, 2.0], [4.0, 3.0]])
    found = [x.max(0), x.min(0), x.median(0), x.nanmedian(0), x.mode(0), x.cummax(0), x.cummin(0), x.aminmax(), x.sort(), x.topk(1),
             x.kthvalue(1), x.frexp(), x.slogdet(), torch.linalg.slogdet(x), torch.linalg.qr(x), torch.linalg.eigh(x + x.T)]  # fmt: skip
    return [type(r).__name__ for r in found] + [repr(x.max(0)), repr(x.sort(0)), x.max(0).indices, x.aminmax().max]


@scenario
def operands_of_operators(torch):
    x, i = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1, 2])
    made = [x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x / 2, 2 / x, x**2, 2**x, x**0.3, x % 2, -x, abs(x), x @ x, x + i]
    return [*made, x.detach() // 2, i * 2.5, i + True]


@scenario
def augmented_assignment(torch):
    x, i = torch.tensor([5.0, 7.0]), torch.tensor([5, 7])
    first = x
    x += 1
    x -= 2
    x *= 3
    x /= 2
    x **= 2
    x //= 2
    x %= 7
    i &= 6
    i |= 1
    i ^= 2
    i <<= 2
    i >>= 1
    return [x, i, x is first, x._version]


@scenario
def nodes_of_overloads(torch):
    x, y = (torch.ones(3, 3, requires_grad=True) for _ in range(2))
    b = torch.ones(2, 3, 3, requires_grad=True)
    made = [
        1 - x, torch.rsub(x, y), 2 / x, torch.div(x, 2, rounding_mode="trunc"), x % 2, x % y, x.fmod(2), x**2, x**y, 2**x, x.lerp(y, 0.5),
        x.lerp(y, y), x.clamp(0, 1), x.clamp(y, y), x.clamp_min(0), x.clamp_min(y), x.copysign(1.0), torch.xlogy(x, 2), torch.xlogy(2, x),
        x.square(), x.sum(), x.sum(0), x.mean(0), x.prod(), x.prod(0), x.max(), x.max(0)[0], x.max(y), x.var(), x.std(0), x.norm(), x.median(),
        x.median(0)[0], x.sort()[0], x.sort(stable=True)[0], x.round(), x.round(decimals=2), b @ x, b @ b, x @ x[0], x[0] @ x[0], b @ x[0],
        torch.addmm(x, x, x), x.log1p(), x.deg2rad(), torch.linalg.inv(x + torch.eye(3)), x.det(), torch.linalg.vector_norm(x),
    ]  # fmt: skip
    return [type(m.grad_fn).__name__ for m in made]


@scenario
def linear_algebra(torch):
    a = torch.tensor([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])
    b = torch.arange(6.0).reshape(3, 2)
    la = torch.linalg
    return [
        la.cholesky(a), la.inv(a), la.solve(a, b), la.solve(a, b[:, 0]), la.eigvalsh(a), la.svdvals(b), la.det(a), la.slogdet(a), a.logdet(),
        la.pinv(b), la.matrix_rank(b), la.cond(a), la.cond(a, 1), la.norm(a), la.norm(a, 2), la.norm(a, inf), la.matrix_norm(b, "nuc"),
        la.matrix_norm(b, -2, keepdim=True), la.vector_norm(b, 3, dim=0), la.multi_dot([b.T, a, b]), la.matrix_power(a, -2), la.lstsq(b, a)[0],
        la.matrix_exp(a), la.lu(a), la.inv_ex(a), la.cholesky_ex(a), la.vecdot(b, b), la.cross(a, a.flip(0)), torch.cov(b), torch.corrcoef(a),
        la.solve_triangular(a, b, upper=True), torch.cholesky_solve(b, a), torch.cholesky_inverse(a), torch.kron(b, a[:2]), torch.trace(a),
    ]  # fmt: skip


@scenario
def contractions(torch):
    x, y = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)
    return [
        torch.einsum("ij,jk->ik", x, y), torch.einsum("ij,jk", [x, y]), torch.einsum(x, [0, 1], y, [1, 2], [0, 2]), torch.einsum("...i->...", x),
        torch.einsum("i j , j k -> k i", x, y), torch.einsum("ii", y[:, :3]), torch.tensordot(x, y, 1), torch.tensordot(x, x, ([0, 1], [0, 1])),
        torch.tensordot(x, y, 0).sum(), torch.inner(x, y.T), torch.outer(x[0], y[0]), torch.chain_matmul(x, y, y.T), torch.baddbmm(
            torch.ones(1), x[None], y[None], beta=0, alpha=2), torch.addmm(torch.full((1,), nan), x, y, beta=0), torch.addr(x, x[:, 0], x[0]),
    ]  # fmt: skip


@scenario
def searches(torch):
    x, rows = torch.tensor([3, 1, 1, 2, 3]), torch.tensor([[3, 1], [3, 1], [2, 2]])
    edges = torch.tensor([1.0, 2.0, 3.0])
    return [
        torch.unique(x), torch.unique(x, return_inverse=True, return_counts=True), torch.unique(rows, dim=0, return_inverse=True),
        torch.unique_consecutive(x, return_counts=True), torch.bincount(x), torch.bincount(x, weights=torch.ones(5), minlength=6),
        torch.searchsorted(edges, torch.tensor([[2.0, 2.5]])), torch.searchsorted(edges, 2.0, right=True), torch.bucketize(1.5, edges),
        torch.searchsorted(edges, edges, out_int32=True), torch.histc(edges, 4), torch.histc(edges, 3, 0, 2), torch.isin(x, torch.tensor([1, 2])),
        torch.isin(x, 3, invert=True), x.argsort(stable=True), x.argsort(descending=True, stable=True), torch.msort(rows), x.diff(),
        torch.trapezoid(edges), torch.cumulative_trapezoid(edges, dx=2.0),
    ]  # fmt: skip


@scenario
def numbers_that_do_not_fit(torch):
    x = torch.tensor([-1.5, 300.0, 3e9, -3e9, 2e19, float("inf"), float("nan")])
    return [x.to(getattr(torch, name)) for name in ("uint8", "int8", "int16", "int32", "int64", "bool")] + [x.to(torch.float16)]


@scenario
def edges_of_indexing(torch):
    x = torch.arange(6.0).reshape(2, 3).requires_grad_()
    window = torch.as_strided(x, (2, 2), (1, 2), 1)
    window.pow(2).sum().backward()
    found, drawn = torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64)
    torch.nonzero(torch.tensor([0.0, 2.0]), out=found)
    torch.multinomial(torch.tensor([0.0, 1.0]), 2, True, out=drawn)
    return [
        window, x.grad, found, drawn, torch.arange(1, end=3), torch.take_along_dim(x, torch.tensor([[-1], [-3]]), 1),
        torch.unique_consecutive(torch.empty(3, 0), dim=1), torch.unravel_index(torch.tensor([5], dtype=torch.int32), (2, 3)),
        torch.einsum("i->", torch.tensor([1, 2], dtype=torch.int32)), torch.tensor([2, 3], dtype=torch.uint8) ** torch.tensor([3, 2], dtype=torch.uint8),
        torch.round(torch.tensor([-5.5, 1.2345]), decimals=3), torch.lgamma(torch.tensor([1.0, 2.0])),
        torch.complex(torch.tensor([float("inf")]), torch.tensor([0.0])),
    ] + attempts(
        lambda: torch.as_strided(torch.ones(2), (5,), (1,)), lambda: torch.as_strided(torch.ones(2), (1,), (1, 1)),
        lambda: torch.narrow(torch.ones(3), 0, torch.tensor([0]), 1), lambda: torch.roll(torch.ones(2), ()), lambda: torch.hstack([]), lambda: torch.unique(torch.empty(3, 0), dim=0),
        lambda: torch.rot90(torch.ones(3)), lambda: torch.movedim(torch.ones(2, 3), (0, -2), (0, 1)), lambda: torch.hsplit(torch.ones(4), 0),
        lambda: torch.eq(1, torch.ones(1)), lambda: torch.maximum(torch.ones(1), 2), lambda: torch.fmod(2, torch.ones(1)),
        lambda: torch.cov(torch.ones(2, 3), fweights=torch.tensor([1, -1, 2])), lambda: torch.linspace(torch.ones(2), 1, 3),
        lambda: torch.multinomial(torch.tensor([-1.0, 2.0]), 2, True), lambda: torch.nn.functional.embedding(torch.tensor([0]), torch.ones(())),
        lambda: torch.ones(2, 2).index_add(0, torch.tensor([0]), torch.ones(1)), lambda: torch.ones(2).masked_fill(torch.tensor([True, False]), 1j),
    )  # fmt: skip


@scenario
def refusals_of_draws(torch):
    whole, flags, real = torch.ones(2, dtype=torch.int64), torch.tensor([True]), torch.ones(2)
    return attempts(
        *(functools.partial(getattr(t, f"{name}_"), *args) for t in (whole, flags) for name, args in (
            ("uniform", ()), ("normal", ()), ("exponential", ()), ("cauchy", ()), ("log_normal", ()))),
        lambda: flags.geometric_(0.5), lambda: real.geometric_(2.0), lambda: real.exponential_(-1.5), lambda: real.cauchy_(0, -1),
        lambda: real.log_normal_(0, 0), lambda: real.uniform_(2, 1), lambda: real.normal_(0, -1), lambda: torch.randperm(-1),
    )  # fmt: skip
