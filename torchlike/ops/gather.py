"""Gathering and scattering along one dimension, and by mask."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.determinism import alert
from ..core.dtype import scalar_type_name
from ..core.inplace import write_out
from ..core.mapped import refuse_dynamic, refuse_mapped
from ..core.op import function, op
from ..core.tensor import Tensor, value_of
from . import checks
from .axes import combine_at, multiply_at
from .dims import canonical_dim
from .export import to_array
from .index import _host_index
from .index_arguments import (
    check_combined,
    check_copied,
    check_filled,
    check_gathered,
    check_put,
    check_scattered,
    check_selected,
    check_taken,
    extent,
)
from .index_check import check_bounds, look_at, refuse_outside
from .lowering import wide
from .promotion import broadcast_shapes


def _grid(index, dim: int) -> tuple:
    """Index arrays addressing, for each position of `index`, the same position with `dim` replaced by its value."""
    where = list(jnp.meshgrid(*(jnp.arange(n) for n in index.shape), indexing="ij", sparse=True))
    where[dim] = index
    return tuple(where)


@op(public=False, node="GatherBackward0")
def _gather(input, index, /, *, dim):
    if not index.size:
        return jnp.zeros(index.shape, input.dtype)
    return jnp.atleast_1d(input)[_grid(jnp.atleast_1d(index), dim)].reshape(index.shape)


@function(method=True, out=True)
def gather(input, dim, index, *, sparse_grad=False):
    """out[i][j][k] = input[index[i][j][k]][j][k] for dim 0, and so on (torch.gather)."""
    return _gather(input, index, dim=check_gathered(input, dim, index))


@function(method=True, out=True)
def take_along_dim(input, indices, dim=None):
    """`gather` with broadcasting of the other dimensions; over the flattened tensor without `dim` (torch.take_along_dim)."""
    if indices._aval.dtype != np.int64:
        kind = scalar_type_name(indices._aval.dtype)
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {kind}")
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    d = canonical_dim(dim, input._aval.ndim)
    if input._aval.ndim != indices._aval.ndim:
        raise RuntimeError(
            f"torch.take_along_dim(): input and indices should have the same number of dimensions, but got {input._aval.ndim} dimensions for "
            f"input, and {indices._aval.ndim} dimensions for indices"
        )
    sizes = list(np.broadcast_shapes(input._aval.shape[:d] + (1,) + input._aval.shape[d + 1 :],
                                     indices._aval.shape[:d] + (1,) + indices._aval.shape[d + 1 :]))
    source, places = sizes.copy(), sizes.copy()
    source[d], places[d] = input._aval.shape[d], indices._aval.shape[d]
    if source[d]:
        indices = indices.remainder(source[d])
    return gather(input.expand(source), d, indices.expand(places))


_REDUCERS = {"sum": "add", "add": "add", "prod": "multiply", "multiply": "multiply", "amax": "max", "amin": "min"}


def _leading(x, shape: tuple):
    return x[tuple(slice(0, n) for n in shape)]


def _add_at(input, where: tuple, values):
    """input with values added at the places of an index; numbers of half precision are added up in single."""
    at = wide(jnp.atleast_1d(input)).at[where]
    return combine_at(at, "add", wide(values.astype(input.dtype))).astype(input.dtype).reshape(input.shape)


@op(public=False, node="ScatterBackward0")
def _scatter(input, index, src, /, *, dim, how):
    if not index.size:
        return input
    at = jnp.atleast_1d(input).at[_grid(jnp.atleast_1d(index), dim)]
    values = jnp.atleast_1d(_leading(src, index.shape) if src.ndim else jnp.broadcast_to(src, index.shape))
    if how == "multiply" and jnp.issubdtype(input.dtype, jnp.inexact):
        return multiply_at(jnp.atleast_1d(input), _grid(jnp.atleast_1d(index), dim), values).reshape(input.shape)
    if how == "add":  # half precision is accumulated in single
        return _add_at(input, _grid(jnp.atleast_1d(index), dim), values)
    return combine_at(at, how, values.astype(input.dtype)).reshape(input.shape)


@op(public=False, node="ScatterBackward0")
def _scatter_set(input, index, src, /, *, dim):
    return _scatter.op.fn(input, index, src, dim=dim, how="set")


@_scatter_set.vjp
def _(grad, input, index, src, dim):
    # What is stored twice at one place gets its gradient twice, as in PyTorch, whichever was stored last.
    if not index.size:
        return grad, None, None
    flat = jnp.atleast_1d(grad)
    where = _grid(jnp.atleast_1d(index), dim)
    stored = flat[where].reshape(index.shape)
    if src.ndim and src.shape != index.shape:
        stored = jnp.zeros(src.shape, grad.dtype).at[tuple(slice(n) for n in index.shape)].set(stored)
    return flat.at[where].set(0).reshape(grad.shape), None, stored


@op(public=False, node="ScatterAddBackward0")
def _scatter_add(input, index, src, /, *, dim):
    return _scatter.op.fn(input, index, src, dim=dim, how="add")


@function(method=True, inplace=True, out=True)
def scatter(input, dim, index, src=None, *, value=None, reduce=None):
    """`input` with `src` (or one value) stored at out[index[i][j]][j] for dim 0, and so on (torch.scatter)."""
    src = value if src is None else src
    checks.refuse_complex_number(src, input._aval.dtype)
    d = check_scattered(input, dim, index, src)
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    return _scatter_set(input, index, src, dim=d) if reduce is None else _scatter(input, index, src, dim=d, how=_REDUCERS[reduce])


@function(method=True, inplace=True, out=True)
def scatter_add(input, dim, index, src):
    """`input` with `src` added at the indexed places (torch.scatter_add)."""
    return _scatter_add(input, index, src, dim=check_scattered(input, dim, index, src))


@op(public=False, node="ScatterReduceBackward0")
def _scatter_reduce(input, index, src, /, *, dim, reduce, include_self):
    if not index.size:
        return input
    base = jnp.atleast_1d(input)
    where = _grid(jnp.atleast_1d(index), dim)
    values = jnp.atleast_1d(_leading(src, index.shape))
    count = jnp.zeros(base.shape, jnp.int64).at[where].add(1)
    if not include_self:
        base = jnp.where(count > 0, jnp.asarray(_identity(reduce, base.dtype), base.dtype), base)
    if reduce in ("sum", "mean"):
        base, values = wide(base), wide(values)
    if reduce == "mean":
        total = base.at[where].add(values)
        count = jnp.maximum(count + (1 if include_self else 0), 1).astype(total.dtype)
        out = total / count if jnp.issubdtype(total.dtype, jnp.inexact) else total // count
    elif reduce == "prod" and jnp.issubdtype(base.dtype, jnp.inexact):
        out = multiply_at(base, where, values)
    else:
        out = combine_at(base.at[where], _REDUCERS[reduce], values)
    return out.astype(input.dtype).reshape(input.shape)


def _identity(reduce: str, dtype):
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if jnp.issubdtype(dtype, jnp.floating):
        return -jnp.inf if reduce == "amax" else jnp.inf
    if dtype == jnp.bool_:
        return reduce == "amin"
    return jnp.iinfo(dtype).min if reduce == "amax" else jnp.iinfo(dtype).max


def _check_reduce(reduce: str) -> None:
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")


def _check_reducible(kernel: str, reduce: str, dtype) -> None:
    """NotImplementedError for bools, which have no mean, and for complex numbers, which have no order."""
    if reduce == "mean":
        checks.refuse_bool(kernel.format(reduce), dtype)
    elif reduce in ("amax", "amin"):
        checks.refuse_complex(kernel.format(reduce), dtype)


@function(method=True, inplace=True, out=True)
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    """`input` with `src` combined into the indexed places by sum, prod, mean, amax or amin (torch.scatter_reduce)."""
    _check_reduce(reduce)
    d = check_scattered(input, dim, index, src)
    _check_reducible("scatter_gather_tensor_cpu_reduce_{}", reduce, input._aval.dtype)
    return _scatter_reduce(input, index, src, dim=d, reduce=reduce, include_self=include_self)


@op(public=False, node="IndexSelectBackward0")
def _index_select(input, index, /, *, dim):
    return jnp.take(jnp.atleast_1d(input), jnp.atleast_1d(index), axis=dim, mode="clip").reshape(
        input.shape if not input.ndim else (*input.shape[:dim], index.size, *input.shape[dim + 1 :])
    )


@function(method=True, out=True)
def index_select(input, dim, index):
    """The slices of `input` along `dim` at `index` (torch.index_select)."""
    return _index_select(input, index, dim=check_selected(input, dim, index))


def _slices_at(dim: int, index) -> tuple:
    return (slice(None),) * dim + (jnp.atleast_1d(index),)


@op(public=False, node="IndexAddBackward0")
def _index_add(input, index, source, alpha, /, *, dim):
    update = jnp.atleast_1d(source * alpha).astype(input.dtype)
    if input.ndim > 1:  # as in PyTorch, which adds up vectors in their own precision
        return _add_at(input, _slices_at(dim, index), update)
    return combine_at(jnp.atleast_1d(input).at[_slices_at(dim, index)], "add", update).reshape(input.shape)


@function(method=True, inplace=True, out=True)
def index_add(input, dim, index, source, *, alpha=1):
    """`input` with slices of `source` (times alpha) added at `index` along `dim` (torch.index_add)."""
    d = check_combined("index_add", input, dim, index, source)
    checks.refuse_complex_number(alpha, input._aval.dtype)
    n = extent(input, d)
    if type(alpha) is int and alpha == 1 and input._aval.ndim > 1:
        check_bounds(index, n, d, error=RuntimeError)
    else:
        check_bounds(index, n, d, "index out of range in self")
    return _index_add(input, index, source, alpha, dim=d)


@op(public=False, node="IndexCopyBackward0")
def _index_copy(input, index, source, /, *, dim):
    return jnp.atleast_1d(input).at[_slices_at(dim, index)].set(jnp.atleast_1d(source)).reshape(input.shape)


@function(method=True, inplace=True, out=True)
def index_copy(input, dim, index, source):
    """`input` with slices of `source` stored at `index` along `dim` (torch.index_copy)."""
    d = check_copied(input, dim, index, source)
    n = extent(input, d)
    refuse_outside(index, 0, n, lambda _, i: IndexError(f"index_copy_(): index {i} is out of bounds for dimension {d} with size {n}"))
    return _index_copy(input, index, source, dim=d)


@op(public=False, node="IndexFillBackward0")
def _index_fill(input, index, value, /, *, dim):
    return jnp.atleast_1d(input).at[_slices_at(dim, index)].set(value.astype(input.dtype)).reshape(input.shape)


@function(method=True, inplace=True)
def index_fill(input, dim, index, value):
    """`input` with `value` stored in the slices at `index` along `dim` (torch.index_fill)."""
    d = check_filled(input, dim, index, value)
    return _index_fill(input, index, value, dim=d)


@function(method=True, inplace=True, out=True)
def index_reduce(input, dim, index, source, reduce, *, include_self=True):
    """`input` with slices of `source` combined in at `index` by prod, mean, amax or amin (torch.index_reduce)."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    d = check_combined("index_reduce", input, dim, index, source)
    check_bounds(index, extent(input, d), d, "index out of range in self")
    shape = [1] * source._aval.ndim
    if shape:
        shape[d] = -1
    spread = index.reshape(shape or ()).expand(source._aval.shape)
    return _scatter_reduce(input, spread, source, dim=d, reduce=reduce, include_self=include_self)


def _check_flat(index: Tensor, size: int) -> None:
    refuse_outside(
        index, -size, size, lambda _, i: IndexError(f"out of range: tried to access index {i} on a tensor of {size} elements.")
    )


@op(public=False, node="TakeBackward0")
def _take(input, index, /):
    flat = input.reshape(-1)
    return flat[index]


@function(method=True, out=True)
def take(input, index):
    """Elements of the flattened `input` at `index` (torch.take)."""
    check_taken(input, index)
    _check_flat(index, input._aval.size)
    return _take(input, index)


@op(public=False, node="PutBackward0")
def _put(input, index, source, /, *, accumulate):
    at = input.reshape(-1).at[index.reshape(-1)]
    values = source.reshape(-1).astype(input.dtype)
    return combine_at(at, "add" if accumulate else "set", values).reshape(input.shape)


@function(method=True, inplace=True)
def put(input, index, source, accumulate=False):
    """`input` with `source` stored (or added) at flat positions `index` (torch.put)."""
    check_put(input, index, source)
    _check_flat(index, input._aval.size)
    if not accumulate:
        alert("put_")
    return _put(input, index, source, accumulate=accumulate)


@op(public=False, node="MaskedSelectBackward0")
def _select_flat(input, where, /, *, shape):
    return jnp.broadcast_to(input, shape).reshape(-1)[where]


@function(method=True, out=True)
def masked_select(input, mask):
    """The elements of `input` where `mask` is True, as a vector (torch.masked_select)."""
    if mask._aval.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    refuse_mapped(
        "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We cannot support this because for each batch this would return "
        "a differently shaped Tensor. Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature.",
        mask,
    )
    shape = broadcast_shapes(mask._aval.shape, input._aval.shape)
    where = np.flatnonzero(np.broadcast_to(to_array(mask), shape))
    return _select_flat(input, _host_index(where, input), shape=tuple(shape))


@op(public=False, node="MaskedScatterBackward0")
def _masked_scatter(input, mask, source, /):
    mask = jnp.broadcast_to(mask, input.shape).reshape(-1)
    order = jnp.clip(jnp.cumsum(mask) - 1, 0, max(source.size - 1, 0))
    return jnp.where(mask, source.reshape(-1)[order], input.reshape(-1)).reshape(input.shape)


def _refuse_short(size: int, mask: np.ndarray, shape: tuple) -> None:
    """RuntimeError when the mask, spread to `shape`, has more ones than there are elements. Those of all of a vmap, which come at once, pass."""
    if mask.ndim <= len(shape) and size < np.broadcast_to(mask, shape).sum():
        raise RuntimeError("Number of elements of source < number of ones in mask")


@function(method=True, inplace=True)
def masked_scatter(input, mask, source):
    """`input` with consecutive elements of `source` where `mask` is True (torch.masked_scatter)."""
    if mask._aval.dtype.kind != "b":
        raise RuntimeError(f"masked_scatter_ only supports boolean masks, but got mask with dtype {scalar_type_name(mask._aval.dtype)}")
    if input._aval.dtype != source._aval.dtype:
        raise RuntimeError("masked_scatter: expected self and source to have same dtypes but got"
                           f"{scalar_type_name(input._aval.dtype)} and {scalar_type_name(source._aval.dtype)}")
    shape = broadcast_shapes(mask._aval.shape, input._aval.shape)
    look_at(mask, lambda host: _refuse_short(source._aval.size, host, shape))
    return _masked_scatter(input.expand(shape), mask, source)


@function(method=True)
def nonzero(input, *, as_tuple=False, out=None):
    """The indices of elements that are not zero: one row each, or a tuple per dimension (torch.nonzero). Reads the value."""
    if isinstance(value_of(input), jax.core.Tracer):
        raise NotImplementedError("nonzero's shape depends on values; it cannot run inside jax.jit. Use torch.where(mask, a, b) instead")
    if as_tuple and out is not None:
        raise RuntimeError("nonzero does not support the out kwarg when as_tuple is True")
    refuse_dynamic("nonzero", input)
    found = np.nonzero(np.atleast_1d(to_array(input)))
    if as_tuple:
        return tuple(_host_index(a, input) for a in found)
    rows = _host_index(np.stack(found, -1) if input._aval.ndim else np.zeros((len(found[0]), 0), np.int64), input)
    return rows if out is None else write_out("nonzero", out, rows, (input,))


@function(method=True)
def argwhere(input):
    """`nonzero` with one row per element (torch.argwhere)."""
    return nonzero(input)
