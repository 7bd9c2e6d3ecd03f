"""Differences and running log-sums: `logcumsumexp`, `diff`, `trapezoid`. The plain running sums are in reduce.py."""

from __future__ import annotations

from jax import lax

from ..core.op import alias, function, op
from .axes import lift, numpy_names
from .checks import refuse_integral
from .power import log_sum
from .promotion import category


@op(method=True)
def logcumsumexp(input, /, dim):
    """log(cumsum(exp(input))) along dim without overflow (torch.logcumsumexp)."""
    refuse_integral("logcumsumexp_out_cpu", input.dtype)
    x, dim = lift(input, dim)
    if x.size == 0:
        return input
    if category(x.dtype) == 3:
        return lax.associative_scan(log_sum, x, axis=dim).reshape(input.shape)
    return lax.cumlogsumexp(x, axis=dim).reshape(input.shape)


@function(method=True, out=True)
@numpy_names
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The n-th differences of neighbours along dim (torch.diff)."""
    from ..core.op import ENTRIES

    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [x for x in (prepend, input, append) if x is not None]
    if n == 0:
        return input.clone()
    x = ENTRIES["cat"].call(parts, dim) if len(parts) > 1 else input
    for _ in range(min(n, x.shape[dim])):
        size = x.shape[dim]
        if size == 0:
            break
        later, earlier = x.narrow(dim, 1, size - 1), x.narrow(dim, 0, size - 1)
        x = later.logical_xor(earlier) if x.dtype.name == "bool" else later - earlier
    return x


def _panels(y, x, dx, dim):
    """The areas between neighbouring samples."""
    size = y.shape[dim]
    pair_sum = y.narrow(dim, 1, size - 1) + y.narrow(dim, 0, size - 1)
    if x is None:
        return pair_sum * ((1 if dx is None else dx) / 2)
    if x.ndim == 1 and y.ndim > 1:
        shape = [1] * y.ndim
        shape[dim] = x.shape[0]
        x = x.reshape(shape)
    return pair_sum * diff(x, 1, dim) / 2.0


def _check_samples(y, x, dx) -> None:
    if x is not None and dx is not None:
        raise TypeError("trapezoid() received an invalid combination of arguments")


@function
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral of y along dim by the trapezoidal rule, at samples x or with spacing dx (torch.trapezoid)."""
    _check_samples(y, x, dx)
    return _panels(y, x, dx, dim).sum(dim)


@function
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral of y along dim (torch.cumulative_trapezoid)."""
    _check_samples(y, x, dx)
    return _panels(y, x, dx, dim).cumsum(dim)


alias("trapz", of="trapezoid")
