"""Finding, counting and distinguishing values. Nothing here has a gradient; asked for that of distinct values, backward refuses.

What has a data-dependent shape (`unique`, `bincount`) is computed by NumPy on the host.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from ..core import return_types
from ..core.dtype import scalar_type_name
from ..core.failing import failing
from ..core.levels import examined
from ..core.mapped import refuse_dynamic
from ..core.modes import state
from ..core.once import warn_once
from ..core.op import camel, function, op
from ..core.tape import edge_of
from ..core.tensor import Tensor, from_value, value_of
from ..execution import executor, placed
from .checks import refuse_bool, refuse_complex, refuse_inexact, refuse_integral, refuse_unordered
from .create import number_of
from .dims import canonical_dim
from .index_check import look_at
from .promotion import category, promote


def _on_host(tensor) -> np.ndarray:
    return np.asarray(executor.force(value_of(tensor)))


def _from_host(array: np.ndarray, like: Tensor) -> Tensor:
    return from_value(placed(np.ascontiguousarray(array).reshape(array.shape), like._aval.device))


def _distinct(x: np.ndarray, axis: int | None, return_inverse: bool, return_counts: bool) -> tuple:
    """np.unique along an axis (of the flattened array if None): values, inverse or None, counts or None. Each NaN stands for itself."""
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    shaped = np.asarray(inverse).reshape(x.shape if axis is None else -1)
    return values, shaped if return_inverse else None, counts if return_counts else None


def _neighbours(x: np.ndarray, axis: int | None, return_inverse: bool, return_counts: bool) -> tuple:
    """`_distinct` that joins only equal neighbours and keeps their order."""
    rows = x.reshape(-1, 1) if axis is None else np.moveaxis(x, axis, 0).reshape(x.shape[axis], x.size // max(x.shape[axis], 1))
    starts = np.ones(len(rows), bool)
    starts[1:] = (rows[1:] != rows[:-1]).any(1)
    first = np.flatnonzero(starts)
    values = x.reshape(-1)[first] if axis is None else np.take(x, first, axis=axis)
    inverse = np.cumsum(starts) - 1
    counts = np.diff(np.append(first, len(rows)))
    return values, (inverse.reshape(x.shape) if axis is None else inverse) if return_inverse else None, counts if return_counts else None


def _results(input, found: tuple, name: str):
    kept = tuple(_from_host(y if i == 0 else y.astype(np.int64), input) for i, y in enumerate(found) if y is not None)
    if state.grad_enabled and input.requires_grad:
        _refuse_derivative(input, kept[0], name)
    return kept[0] if len(kept) == 1 else kept


def _refuse_derivative(input, values, name: str) -> None:
    """Let the values need a gradient that nothing can give."""
    message = f"the derivative for '{name}' is not implemented."
    node = failing((edge_of(input),), [values._aval], message, f"{camel(name)}Backward0", NotImplementedError)
    values._node, values._requires_grad = node, True


def _unique_axis(input, dim) -> int | None:
    if dim is None:
        return None
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = canonical_dim(dim, input.ndim)
    if 0 in (*input.shape[:axis], *input.shape[axis + 1 :]):
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    return axis


@function(method=True)
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The distinct elements in ascending order, or distinct slices along dim; with the inverse and counts if asked (torch.unique)."""
    axis = _unique_axis(input, dim)
    refuse_complex("unique" if dim is None else "unique_dim", input.dtype.np)
    name = "_unique2" if dim is None else "unique_dim"
    refuse_dynamic(name, input)
    return _results(input, _distinct(_on_host(input), axis, return_inverse, return_counts), name)


@function(method=True)
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """The elements (or slices along dim) with equal neighbours joined (torch.unique_consecutive)."""
    axis = _unique_axis(input, dim)
    refuse_complex("unique" if dim is None else "unique_dim", input.dtype.np)
    refuse_dynamic("unique_consecutive", input)
    return _results(input, _neighbours(_on_host(input), axis, return_inverse, return_counts), "unique_consecutive")


@function(method=True)
def bincount(input, weights=None, minlength=0):
    """How often each non-negative integer occurs, or the sum of its weights (torch.bincount)."""
    refuse_inexact("bincount_cpu", input.dtype.np)
    refuse_bool("bincount_cpu", input.dtype.np)
    x = _on_host(input)
    if x.ndim != 1 or (x.size and x.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if weights is None:
        return _from_host(np.bincount(x, minlength=minlength).astype(np.int64), input)
    if tuple(weights.shape) != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    dtype = np.float32 if weights.dtype.np == np.float32 else np.float64
    return _from_host(np.bincount(x, _on_host(weights), minlength).astype(dtype), input)


def _find(sequence, values, side):
    """Positions that keep `sequence` sorted; a NaN goes to the end."""
    sequence, values = promote(sequence, values)
    if not sequence.shape[-1] or not values.size:
        return jnp.zeros(values.shape, np.int64)
    find = lambda row, v: jnp.searchsorted(row, v, side=side)  # noqa: E731
    if sequence.ndim == 1:
        return find(sequence, values)
    flat = jax.vmap(find)(sequence.reshape(-1, sequence.shape[-1]), values.reshape(-1, values.shape[-1]))
    return flat.reshape(values.shape)


@op(name="_searchsorted", public=False, differentiable=False)
def _searchsorted(sorted_sequence, input, sorter=None, /, out_int32=False, side="left"):
    """Insertion points of `input` in the last dimension of `sorted_sequence`."""
    if sorter is not None:
        sorted_sequence = jnp.take_along_axis(sorted_sequence, sorter, axis=-1)
    return _find(sorted_sequence, input, side).astype(np.int32 if out_int32 else np.int64)


def _check_sorter(sequence, sorter) -> None:
    name = "torch.searchsorted():"
    if sorter.dtype.name != "int64":
        raise RuntimeError(f"{name} sorter must be a tensor of long dtype but got dtype {scalar_type_name(sorter.dtype.np)}")
    if tuple(sorter.shape) != tuple(sequence.shape):
        raise RuntimeError(f"{name} boundary and sorter must have the same size, but got boundary tensor {list(sequence.shape)}and got sorter "
                           f"tensor {list(sorter.shape)}")
    places = examined(sorter)
    if places is not None and places.size and (places.min() < 0 or places.max() >= sequence.shape[-1]):
        raise RuntimeError(f"{name} sorter index out of range")


def _check_search(sequence, values) -> None:
    refuse_unordered("searchsorted_out_cpu", sequence.dtype.np)
    if sequence.ndim == 0:
        raise RuntimeError("torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension")
    shape = tuple(values.shape) if isinstance(values, Tensor) else ()
    if sequence.ndim == 1:
        return
    if not shape:
        raise RuntimeError("torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
                           f"boundaries tensor dim({sequence.ndim}) and input value's dim(0) numel(1)")
    if shape[:-1] != tuple(sequence.shape)[:-1]:
        raise RuntimeError("torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor "
                           f"and input value tensor must match, but we got boundaries tensor {list(sequence.shape)} and input value tensor "
                           f"{list(shape)}")


def _warn_strided(sequence, values, sorter) -> None:
    for what, x in (("input value", values), ("boundary", sequence), ("sorter", sorter)):
        if isinstance(x, Tensor) and not x.is_contiguous():  # type: ignore[attr-defined]
            warn_once(f"strided {what}", f"torch.searchsorted(): {what} tensor is non-contiguous, this will lower the performance due to extra "
                      f"data copy when converting non-contiguous tensor to contiguous, please use contiguous {what} tensor if possible. "
                      "This message will only appear once per program.", stacklevel=5)


@function(out=True)
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    """Where to insert `input` to keep the last dimension sorted (torch.searchsorted); before equals, or after them with right=True."""
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"torch.searchsorted(): side and right can't be set to opposites, got side of {side} while right was True")
    _check_search(sorted_sequence, input)
    _warn_strided(sorted_sequence, input, sorter)
    if sorter is not None:
        _check_sorter(sorted_sequence, sorter)
    return _searchsorted(sorted_sequence, input, sorter, out_int32=out_int32, side="right" if right or side == "right" else "left")


@function(out=True)
def bucketize(input, boundaries, *, out_int32=False, right=False):
    """The bucket of each element between sorted 1-D boundaries (torch.bucketize)."""
    if boundaries.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})")
    refuse_unordered("searchsorted_out_cpu", boundaries.dtype.np)
    _warn_strided(boundaries, input, None)
    return _searchsorted(boundaries, input, None, out_int32=out_int32, side="right" if right else "left")


def _check_range(low, high) -> None:
    if low != high and not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")


def _check_data(host: np.ndarray) -> None:
    if host.size and not np.isfinite(host).all():
        raise RuntimeError(f"torch.histc: range of [{host.min():g}, {host.max():g}] is not finite")


@op(name="_histc", public=False, differentiable=False)
def _histc(input, /, bins, min, max):
    """Counts in equal bins of [min, max], or of the data's range if both are equal; the rest is ignored."""
    refuse_bool("linspace_cpu", input.dtype)
    refuse_complex("aminmax_cpu", input.dtype)
    refuse_integral("histogram_cpu", input.dtype)
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    _check_range(min, max)
    x = input.reshape(-1)
    low, high = jnp.asarray(min, x.dtype), jnp.asarray(max, x.dtype)
    if min == max:
        low, high = (x.min(), x.max()) if x.size else (low, high)
        low, high = jnp.where(low == high, low - 1, low), jnp.where(low == high, high + 1, high)
    bucket = jnp.clip(jnp.floor((x - low) * bins / (high - low)), 0, bins - 1).astype(np.int32)
    inside = (x >= low) & (x <= high)
    return jnp.zeros(bins, x.dtype).at[bucket].add(inside.astype(x.dtype))


@function(method=True, out=True)
def histc(input, bins=100, min=0, max=0):
    """Counts in equal bins of [min, max], or of the data's range if both are equal; the rest is ignored (torch.histc)."""
    counts = _histc(input, bins, number_of(min), number_of(max))
    if min == max and input._aval.inexact:
        look_at(input, _check_data)
    return counts


@op(differentiable=False)
def isin(elements, test_elements, /, *, assume_unique=False, invert=False):
    """Whether each element is among test_elements (torch.isin)."""
    for x in (elements, test_elements):
        if not x.weak_type and category(x.dtype) in (0, 3):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {scalar_type_name(x.dtype)}")
    a, b = promote(elements, test_elements)
    return jnp.isin(a, b, invert=invert)


@op(name="_frexp", public=False, node="FrexpBackward0")
def _frexp(input, /):
    """Mantissa in [0.5, 1) and int32 exponent."""
    if category(input.dtype) != 2:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return jnp.frexp(input)


@_frexp.vjp
def _(grads, outs):
    # The saved exponent is the whole derivative.
    return grads[0] / jnp.exp2(outs[1].astype(grads[0].dtype))


@function(method=True, out=True)
def frexp(input):
    """input = mantissa * 2**exponent: (mantissa, exponent) (torch.frexp)."""
    return return_types.frexp(_frexp(input))
