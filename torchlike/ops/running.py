"""Differences and running log-sums: `logcumsumexp`, `diff`, `trapezoid`. The plain running sums are in reduce.py."""

from __future__ import annotations

from jax import lax

from ..core.op import alias, function, op
from ..core.tensor import Tensor
from .axes import lift, numpy_names
from .checks import refuse_integral
from .dims import canonical_dim
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


def _check_ends(input, dim: int, *ends) -> None:
    """RuntimeError unless what is put before and after `input` has its shape but along `dim`."""
    for end in ends:
        if end is None:
            continue
        if end.ndim != input.ndim:
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
        odd = next((d for d in range(input.ndim) if d != dim and end.shape[d] != input.shape[d]), None)
        if odd is not None:
            raise RuntimeError("diff expects the shape of tensor to prepend or append to match that of input except along the differencing "
                               f"dimension; input.size({odd}) = {input.shape[odd]}, but got tensor.size({odd}) = {end.shape[odd]}")


@function(method=True, out=True)
@numpy_names
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The n-th differences of neighbours along dim (torch.diff)."""
    from ..core.op import ENTRIES

    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    _check_ends(input, canonical_dim(dim, input.ndim), prepend, append)
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


def _places(name: str, y, x, dim: int):
    """The samples' places in a shape that broadcasts with `y`."""
    if "bool" in (x.dtype.name, y.dtype.name):
        raise RuntimeError(f"{name}: received a bool input for `x` or `y`, but bool is not supported")
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        return x.reshape([-1 if d == dim else 1 for d in range(y.ndim)])
    return x.reshape((*(1,) * (y.ndim - x.ndim), *x.shape))


def _panels(name: str, y, x, dx, dim: int):
    """The areas between neighbouring samples."""
    if (x is not None and dx is not None) or isinstance(dx, Tensor):
        got = "Tensor, Tensor, dx=" if x is not None else "Tensor, dx="
        raise TypeError(f"{name}() received an invalid combination of arguments - got ({got}{type(dx).__name__}), but expected one of:\n"
                        " * (Tensor y, Tensor x, *, int dim = -1)\n * (Tensor y, *, Number dx = 1, int dim = -1)\n")
    if x is not None:
        steps = _places(name, y, x, dim)
        steps = steps.narrow(dim, 1, max(steps.shape[dim] - 1, 0)) - steps.narrow(dim, 0, max(steps.shape[dim] - 1, 0))
        return _pair_sums(y, dim) * steps / 2.0
    if y.dtype.name == "bool":
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")
    return _pair_sums(y, dim) * ((1 if dx is None else dx) / 2)


def _pair_sums(y, dim: int):
    size = y.shape[dim]
    return y.narrow(dim, min(size, 1), max(size - 1, 0)) + y.narrow(dim, 0, max(size - 1, 0))


@function
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral of y along dim by the trapezoidal rule, at samples x or with spacing dx (torch.trapezoid)."""
    if y.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = canonical_dim(dim, y.ndim)
    if y.shape[dim] == 0:
        return y.sum(dim, dtype=y.dtype)
    return _panels("trapezoid", y, x, dx, dim).sum(dim)


@function
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral of y along dim (torch.cumulative_trapezoid)."""
    if y.ndim == 0:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    dim = canonical_dim(dim, y.ndim)
    return _panels("cumulative_trapezoid", y, x, dx, dim).cumsum(dim)


alias("trapz", of="trapezoid")
