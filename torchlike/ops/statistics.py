"""Spread, middle and commonest values: `var`, `std`, `median`, `mode`, `quantile`."""

from __future__ import annotations

import math
import warnings

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core import return_types
from ..core.autocast import one_op_to_autocast
from ..core.levels import examined
from ..core.op import function, op
from ..core.tensor import Tensor
from .axes import lift, numpy_names, restore_dims, take_along
from .checks import refuse_complex, refuse_unordered
from .dims import canonical_dims
from .extrema import at_index_rule
from .order import sort_with_indices
from .promotion import category


def _freedom(shape: tuple, dims: tuple, correction) -> float:
    """The divisor of the variance over `dims`: their size less the correction, never negative."""
    return max(math.prod(shape[d] for d in dims) - correction, 0)


def _centered(x, dims):
    return x - jnp.mean(x, axis=dims, keepdims=True)


def _variance(input, dim, correction, keepdim, name="std and var"):
    if category(input.dtype) < 2:
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    dims = canonical_dims(dim, input.ndim)
    # Halves are averaged in float32, else the squares lose everything.
    x = input.astype(np.float32) if input.dtype.itemsize == 2 else input
    offset = _centered(x, dims)
    square = offset.real**2 + offset.imag**2 if category(x.dtype) == 3 else offset * offset
    total = jnp.sum(square, axis=dims, keepdims=keepdim)
    result = total / jnp.asarray(_freedom(input.shape, dims, correction), total.dtype)
    return result.astype(input.dtype) if input.dtype.itemsize == 2 else result


def _variance_gradient(grad, input, dim, correction, keepdim):
    dims = canonical_dims(dim, input.ndim)
    scale = jnp.asarray(_freedom(input.shape, dims, correction), grad.dtype)
    return restore_dims(grad, dims, keepdim) * 2 / scale * _centered(input, dims)


def _deviation_gradient(grad, input, out, dim, correction, keepdim):
    half = jnp.where(out == 0, 0, grad / jnp.where(out == 0, 1, 2 * out))
    return _variance_gradient(half, input, dim, correction, keepdim)


def _mean_gradient(grad, input, dim, keepdim):
    dims = canonical_dims(dim, input.ndim)
    return restore_dims(grad, dims, keepdim) / math.prod(input.shape[d] for d in dims)


@op(name="_var", public=False, node="VarBackward0")
def _var(input, /, dim, correction, keepdim):
    """The variance with a given correction."""
    return _variance(input, dim, correction, keepdim)


@_var.vjp
def _(grad, input, dim, correction, keepdim):
    # Cheaper than the derived rule: the derivative through the mean vanishes.
    return _variance_gradient(grad, input, dim, correction, keepdim)


@op(name="_std", public=False, node="StdBackward0")
def _std(input, /, dim, correction, keepdim):
    """The standard deviation with a given correction."""
    return jnp.sqrt(_variance(input, dim, correction, keepdim))


@_std.vjp
def _(grad, input, out, dim, correction, keepdim):
    # PyTorch's convention: 0 where the deviation is 0.
    return _deviation_gradient(grad, input, out, dim, correction, keepdim)


@op(name="_var_mean", public=False, node="VarMeanBackward0")
def _var_mean(input, /, dim, correction, keepdim):
    """Variance and mean."""
    return _variance(input, dim, correction, keepdim, "var_mean"), _mean(input, dim, keepdim)


@_var_mean.vjp
def _(grads, input, dim, correction, keepdim):
    # As for var.
    return _variance_gradient(grads[0], input, dim, correction, keepdim) + _mean_gradient(grads[1], input, dim, keepdim)


@op(name="_std_mean", public=False, node="StdMeanBackward0")
def _std_mean(input, /, dim, correction, keepdim):
    """Standard deviation and mean."""
    return jnp.sqrt(_variance(input, dim, correction, keepdim, "std_mean")), _mean(input, dim, keepdim)


@_std_mean.vjp
def _(grads, input, outs, dim, correction, keepdim):
    # As for std.
    spread = _deviation_gradient(grads[0], input, outs[0], dim, correction, keepdim)
    return spread + _mean_gradient(grads[1], input, dim, keepdim)


def _mean(input, dim, keepdim):
    if category(input.dtype) == 3:
        # Each part for itself: a quotient of complex numbers mixes a NaN of one into the other.
        return lax.complex(_mean(input.real, dim, keepdim), _mean(input.imag, dim, keepdim))
    return jnp.mean(input, axis=canonical_dims(dim, input.ndim), keepdims=keepdim)


def _spread(kernel, name, input, args, dim=None, unbiased=None, correction=None, keepdim=False):
    """Sort out PyTorch's overloads (input, unbiased), (input, dim, unbiased, keepdim) and (input, dim, *, correction, keepdim)."""
    if args and isinstance(args[0], bool):
        unbiased, args = args[0], args[1:]
    elif args:
        dim, *args = args
        if args:
            unbiased, *args = args
        if args:
            keepdim, *args = args
    if args or (unbiased is not None and correction is not None):
        raise TypeError(f"{name}() received an invalid combination of arguments")
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    if isinstance(dim, list):
        dim = tuple(dim)
    if _freedom(tuple(input.shape), canonical_dims(dim, input.ndim), correction) <= 0:
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
                      "(input numel divided by output numel).", stacklevel=4)
    return kernel(input, dim, correction, keepdim)


@function(method=True, out=True)
@numpy_names
def var(input, *args, **kwargs):
    """The variance, `var(input, dim=None, *, correction=1, keepdim=False)` or with `unbiased` for the correction (torch.var)."""
    return _spread(_var, "var", input, args, **kwargs)


@function(method=True, out=True)
@numpy_names
def std(input, *args, **kwargs):
    """The standard deviation, `std(input, dim=None, *, correction=1, keepdim=False)` or with `unbiased` (torch.std)."""
    return _spread(_std, "std", input, args, **kwargs)


@function(out=True)
@numpy_names
def var_mean(input, *args, **kwargs):
    """`var` and `mean` at once (torch.var_mean)."""
    return _spread(_var_mean, "var_mean", input, args, **kwargs)


@function(out=True)
@numpy_names
def std_mean(input, *args, **kwargs):
    """`std` and `mean` at once (torch.std_mean)."""
    return _spread(_std_mean, "std_mean", input, args, **kwargs)


def _middle(x, axis: int, ignore_nan: bool):
    """(values, indices) of the lower median along axis, of extent 1."""
    order = sort_with_indices(x, axis)[1]
    missing = jnp.isnan(x)
    present = x.shape[axis] - missing.sum(axis, keepdims=True)
    if ignore_nan:
        rank = jnp.maximum(present - 1, 0) // 2
    else:
        rank = jnp.where(present < x.shape[axis], present, (x.shape[axis] - 1) // 2)
    index = take_along(order, rank, axis).astype(np.int64)
    return take_along(x, index, axis), index


def _median_all(input, ignore_nan):
    refuse_unordered("median_cpu", input.dtype)
    if input.size == 0:
        return jnp.full((), jnp.nan if category(input.dtype) == 2 else jnp.iinfo(input.dtype).min, input.dtype)
    return _middle(input.reshape(-1), 0, ignore_nan)[0].reshape(())


def _median_dim(name, input, dim, keepdim, ignore_nan):
    refuse_unordered("median_out", input.dtype)
    x, axis = lift(input, dim)
    if x.shape[axis] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")
    results = _middle(x, axis, ignore_nan)
    if input.ndim == 0:
        return tuple(y.reshape(()) for y in results)
    return results if keepdim else tuple(jnp.squeeze(y, axis) for y in results)


def _equal_share_rule(grad, input, out):
    # PyTorch's convention: all elements equal to the median share its gradient.
    hit = (input == out) | (jnp.isnan(out) & jnp.isnan(input))
    return jnp.where(hit, grad / hit.sum(), 0).astype(grad.dtype)


def _declare_median(name: str, ignore_nan: bool):
    camel = name.capitalize()

    def full(input, /):
        return _median_all(input, ignore_nan)

    def along(input, /, dim=-1, keepdim=False):
        return _median_dim(name, input, dim, keepdim, ignore_nan)

    full.__doc__ = f"The {name} of all elements."
    along.__doc__ = f"The {name} along dim and where it is."
    full_op = op(full, name=f"_{name}_all", public=False, node=f"{camel}Backward0")
    along_op = op(along, name=f"_{name}_dim", public=False, node=f"{camel}Backward1")
    full_op.vjp(_equal_share_rule)
    along_op.vjp(at_index_rule)
    return full_op, along_op


_median_full, _median_along = _declare_median("median", False)
_nanmedian_full, _nanmedian_along = _declare_median("nanmedian", True)


@function(method=True, out=True)
@numpy_names
def median(input, *args, **kwargs):
    """The lower median of all elements, or (values, indices) along `dim`; NaN if any is NaN (torch.median)."""
    if not args and not kwargs:
        return _median_full(input)
    return return_types.median(_median_along(input, *args, **kwargs))


@function(method=True, out=True)
@numpy_names
def nanmedian(input, *args, **kwargs):
    """`median` of the elements that are not NaN (torch.nanmedian)."""
    if not args and not kwargs:
        return _nanmedian_full(input)
    return return_types.nanmedian(_nanmedian_along(input, *args, **kwargs))


def _as_if_compared(x, axis: int, position):
    """(values, positions) as PyTorch's sort leaves them, which only asks what is less. NaN stay where they are, since nothing is less than they
    or they than it, and what lies between two of them is sorted; but what is less than the first element of all goes to the front."""
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return sort_with_indices(x, axis)
    lost = jnp.isnan(x)
    first = lax.slice_in_dim(x, 0, 1, axis=axis)
    least = lax.cummin(jnp.where(lost, jnp.inf, x), axis=axis)
    before = jnp.concatenate([first, lax.slice_in_dim(least, 0, -1, axis=axis)], axis)
    stretch = jnp.where((x < before) & ~jnp.isnan(first), 0, jnp.cumsum(lost, axis))
    _, _, ordered, order = lax.sort((stretch, ~lost, x, position), dimension=axis, num_keys=3)
    return ordered, order


@op(name="_mode", public=False, node="ModeBackward0")
def _mode(input, /, dim=-1, keepdim=False):
    """The commonest values along dim and the last position of each."""
    refuse_complex("mode_cpu", input.dtype)
    x, axis = lift(input, dim)
    if x.shape[axis] == 0:
        raise IndexError(f"mode(): Expected reduction dim {axis} to have non-zero size.")
    position = lax.broadcasted_iota(np.int64, x.shape, axis)
    ordered, order = _as_if_compared(x, axis, position)
    starts = jnp.concatenate([jnp.ones_like(lax.slice_in_dim(ordered, 0, 1, axis=axis), bool),
                              lax.slice_in_dim(ordered, 1, None, axis=axis) != lax.slice_in_dim(ordered, 0, -1, axis=axis)], axis)
    run_start = lax.cummax(jnp.where(starts, position, 0), axis=axis)
    best = jnp.argmax(position - run_start, axis=axis, keepdims=True)
    results = tuple(take_along(y, best, axis) for y in (ordered, order))
    if input.ndim == 0:
        return tuple(y.reshape(()) for y in results)
    return results if keepdim else tuple(jnp.squeeze(y, axis) for y in results)


_mode.vjp(at_index_rule)


@function(method=True, out=True)
@numpy_names
def mode(input, dim=-1, keepdim=False):
    """The commonest value along dim, the smallest of several: (values, indices) (torch.mode)."""
    return return_types.mode(_mode(input, dim=dim, keepdim=keepdim))


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@op(name="_quantile", public=False, node="SqueezeBackward4")
def _quantile(input, q, /, dim, keepdim, interpolation, ignore_nan):
    """Quantiles along dim, by sorting and interpolating."""
    x, axis = (input.reshape(-1), 0) if dim is None else lift(input, dim)
    function_of = jnp.nanquantile if ignore_nan else jnp.quantile
    result = function_of(x, q.astype(x.dtype), axis=axis, method=interpolation)
    if keepdim:
        kept = (1,) * input.ndim if dim is None else tuple(1 if d == axis else n for d, n in enumerate(input.shape))
        return result.reshape(q.shape + kept)
    return result.reshape(q.shape) if input.ndim == 0 else result


def _check_quantile(input, q, interpolation):
    if input.dtype.name not in ("float32", "float64"):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if not input.numel():
        raise RuntimeError("quantile() input tensor must be non-empty")
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError("quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
                           f"{interpolation}")
    if isinstance(q, Tensor):
        if q.dtype is not input.dtype:
            raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
        if q.ndim > 1:
            raise RuntimeError("quantile() q must be a scalar or 1D tensor")
        places = examined(q)
        if places is not None and ((places < 0) | (places > 1)).any():
            raise RuntimeError("quantile() q values must be in the range [0, 1]")
    elif not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")


@function(method=True, out=True)
@numpy_names
@one_op_to_autocast
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The q-th quantiles along dim (of all elements if None); NaN if any is NaN (torch.quantile). A 1-D q adds a first dimension."""
    _check_quantile(input, q, interpolation)
    return _quantile(input, q, dim=dim, keepdim=keepdim, interpolation=interpolation, ignore_nan=False)


@function(method=True, out=True)
@numpy_names
@one_op_to_autocast
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """`quantile` of the elements that are not NaN (torch.nanquantile)."""
    _check_quantile(input, q, interpolation)
    return _quantile(input, q, dim=dim, keepdim=keepdim, interpolation=interpolation, ignore_nan=True)
