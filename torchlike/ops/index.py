"""Indexing with brackets, reading and writing. Ints, slices, None and ... become view ops; tensors, lists and masks one gather or scatter."""

from __future__ import annotations

import warnings

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name, type_id_name
from ..core.inplace import assign, assign_as, check_changeable, check_writable, copy_, on_device
from ..core.levels import is_concrete
from ..core.mapped import refuse_mapped
from ..core.node import renamed
from ..core.op import function, op
from ..core.operand import type_name
from ..core.tensor import Tensor, make
from ..execution import aval_of, placed
from . import checks
from .axes import combine_at
from .convert import tensor
from .export import to_array
from .index_arguments import INDEX_DTYPES
from .index_check import check_bounds
from .promotion import broadcast_shapes, category
from .views import expand, select, sliced, unsqueeze, view

_MASK_DTYPES = frozenset([np.dtype(np.bool_), np.dtype(np.uint8)])
_TOO_MANY = "too many indices for tensor of dimension {}"


def _locations(input, indices: tuple, dims: tuple) -> tuple:
    where = [slice(None)] * input.ndim
    for d, i in zip(dims, indices, strict=True):
        where[d] = jnp.where(i < 0, i + input.shape[d], i)
    return tuple(where)


@op(public=False, node="IndexBackward0")
def _index(input, /, *indices, dims):
    return input.at[_locations(input, indices, dims)].get(mode="promise_in_bounds")


@op(public=False, node="IndexPutBackward0")
def _index_put(input, values, /, *indices, dims, accumulate):
    where = input.at[_locations(input, indices, dims)]
    shape = jax.eval_shape(lambda x: x.at[_locations(x, indices, dims)].get(), input).shape
    try:
        spread = jnp.broadcast_to(values, shape)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of shape {list(shape)}"
        ) from None
    if values.dtype != input.dtype:
        raise RuntimeError(
            f"Index put requires the source and destination dtypes match, got {scalar_type_name(input.dtype)} for the destination and "
            f"{scalar_type_name(values.dtype)} for the source."
        )
    return combine_at(where, "add" if accumulate else "set", spread, mode="promise_in_bounds")


@_index_put.vjp
def _(grad, *operands, dims, accumulate):
    # What is stored twice at one place gets its gradient twice, as in PyTorch, whichever was stored last.
    input, values, *indices = operands
    where = grad.at[_locations(input, tuple(indices), dims)]
    stored = where.get(mode="promise_in_bounds")
    stored = stored.reshape((1,) * (values.ndim - stored.ndim) + stored.shape)
    return grad if accumulate else where.set(0, mode="promise_in_bounds"), stored, *([None] * len(indices))


def _ellipsis_filled(index: tuple, ndim: int) -> list:
    consumed = 0
    for i in index:
        if isinstance(i, Tensor) and i._aval.dtype.kind in "bB" and i.dtype.itemsize == 1 and i._aval.ndim:
            consumed += i._aval.ndim
        elif i is not None and i is not Ellipsis and not isinstance(i, bool) and not _is_zero_dim_mask(i):
            consumed += 1
    if consumed > ndim:
        raise IndexError(_TOO_MANY.format(ndim))
    at = next((k for k, i in enumerate(index) if i is Ellipsis), len(index))
    rest = [i for i in index[at + 1 :] if i is not Ellipsis]
    return [*index[:at], *[slice(None)] * (ndim - consumed), *rest]


def _is_zero_dim_mask(i) -> bool:
    return isinstance(i, Tensor) and not i._aval.ndim and i._aval.dtype in _MASK_DTYPES


def _normalised(item):
    if isinstance(item, np.integer):
        return item.item()
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(item, list | np.ndarray | range) or (isinstance(item, tuple) and item and not any(isinstance(x, slice) for x in item)):
        converted = tensor(np.asarray(item) if isinstance(item, range) else item)
        return converted.long() if not converted._aval.size and converted._aval.inexact else converted
    if isinstance(item, tuple):
        return tensor([]).long()
    return item


def _as_int(i):
    if i is not None and not hasattr(i, "__index__"):
        raise TypeError("slice indices must be integers or None or have an __index__ method")
    return i.__index__() if isinstance(i, Tensor) else i


def _step(item: slice) -> int:
    if item.step is None:
        return 1
    if _as_int(item.step) == 0:
        raise ValueError("slice step cannot be zero")
    return _as_int(item.step)


def _mask_indices(mask: Tensor, shape: tuple, dim: int) -> list[Tensor]:
    for k, n in enumerate(mask._aval.shape):
        if dim + k >= len(shape) or shape[dim + k] != n:
            raise IndexError(
                f"The shape of the mask {list(mask._aval.shape)} at index {k} does not match the shape of the indexed tensor {list(shape)} at "
                f"index {dim + k}"
            )
    refuse_mapped(
        "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with a boolean mask.", mask
    )
    return [_host_index(a, mask) for a in np.nonzero(to_array(mask))]


def _host_index(array: np.ndarray, like: Tensor) -> Tensor:
    place = like._aval.device
    return make(placed(array, place), aval_of(array.shape, array.dtype, place))


_SEQUENCE = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use x[tuple(seq)] instead of x[seq]. "
    "In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], which will result either in an error or a different result"
)


_BYTES = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."
_INTEGRAL = "tensors used as indices must be long, int, byte or bool tensors"


def _reads_as_tuple(index: list) -> bool:
    """Short lists holding sequences, slices, ... or None are read as tuples, an old habit of NumPy's."""
    return len(index) < 32 and any(i is None or i is Ellipsis or isinstance(i, Tensor | slice | list | tuple | range | str) for i in index)


def _outside(i: int, dim: int, n: int) -> Exception:
    if not -(2**63) <= i < 2**63:
        return ValueError("Overflow when unpacking long long")
    return IndexError(f"index {i} is out of bounds for dimension {dim} with size {n}")


class _Selection:
    """What a bracket expression means: a view of the tensor, then index tensors for some of its dimensions."""

    def __init__(self, source: Tensor, index):
        if isinstance(index, str) or isinstance(index, list) and _reads_as_tuple(index):
            warnings.warn(_SEQUENCE, UserWarning, stacklevel=4)
            index = tuple(index)
        items = tuple(_normalised(i) for i in (index if isinstance(index, tuple) else (index,)))
        alone = None if source._aval.ndim or isinstance(index, tuple) else items[0]
        if isinstance(alone, slice):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        if isinstance(alone, int) and not isinstance(alone, bool):
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a "
                "number"
            )
        self.view = source
        self.position = 0  # the dimension of the source that the next item is about
        self.indices: list[Tensor] = []
        self.dims: list[int] = []
        dim = 0
        for item in _ellipsis_filled(items, source._aval.ndim):
            dim = self._apply(item, dim)

    def _apply(self, item, dim: int) -> int:
        if item is None:
            self.view = unsqueeze(self.view, dim)
            return dim + 1
        elif isinstance(item, bool) or _is_zero_dim_mask(item):
            self.view = unsqueeze(self.view, dim)
            self._gather(tensor([0] if bool(item) else []).long(), dim)
            return dim + 1
        elif isinstance(item, slice):
            if item != slice(None):
                self.view = sliced(self.view, dim, _as_int(item.start), _as_int(item.stop), _step(item))
        elif isinstance(item, Tensor) and not self._is_plain_number(item):
            return self._apply_tensor(item, dim)
        elif isinstance(item, int | Tensor) or hasattr(item, "__index__"):
            if isinstance(item, Tensor) and item._aval.inexact:
                raise IndexError(_INTEGRAL)
            self._select(item.__index__(), dim)
            self.position += 1
            return dim
        else:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
                f"{type_name(item)})"
            )
        self.position += 1
        return dim + 1

    def _is_plain_number(self, item: Tensor) -> bool:
        return not item._aval.ndim and is_concrete(item)

    def _select(self, i: int, dim: int) -> None:
        n = self.view._aval.shape[dim]
        if not -n <= i < n:
            raise _outside(i, self.position, n)
        self.view = select(self.view, dim, i)

    def _apply_tensor(self, item: Tensor, dim: int) -> int:
        if item._aval.dtype.kind == "b" or item._aval.dtype == np.uint8:
            if item._aval.dtype == np.uint8:
                warnings.warn(_BYTES, UserWarning, stacklevel=6)
            parts = _mask_indices(item, self.view._aval.shape, dim)
        else:
            if item._aval.dtype not in INDEX_DTYPES:
                raise IndexError(_INTEGRAL)
            parts = [item]
            if item._aval.size and not self.view._aval.shape[dim]:
                raise IndexError("index is out of bounds for dimension with size 0")
            check_bounds(item, self.view._aval.shape[dim], dim, wraps=True)
        for k, part in enumerate(parts):
            self._gather(on_device(part, self.view), dim + k)
        self.position += len(parts)
        return dim + len(parts)

    def _gather(self, index: Tensor, dim: int) -> None:
        self.indices.append(index)
        self.dims.append(dim)


def _check_broadcast(indices: list) -> None:
    try:
        np.broadcast_shapes(*(i._aval.shape for i in indices))
    except ValueError:
        shapes = ", ".join(str(list(i._aval.shape)) for i in indices)
        raise IndexError(f"shape mismatch: indexing tensors could not be broadcast together with shapes {shapes}") from None


def getitem(self: Tensor, index):
    """`self[index]`: a view for basic indices, a gather for tensors and masks (torch.Tensor.__getitem__)."""
    if type(index) is int and self._aval.ndim:
        n = self._aval.shape[0]
        if not -n <= index < n:
            raise _outside(index, 0, n)
        return select(self, 0, index)
    chosen = _Selection(self, index)
    if not chosen.indices:
        return view(self, self._aval.shape) if chosen.view is self else chosen.view
    _check_broadcast(chosen.indices)
    return dispatch(_index.op, (chosen.view, *chosen.indices), (tuple(chosen.dims),))


def _is_mask_of(index, t: Tensor) -> bool:
    return isinstance(index, Tensor) and index._aval.dtype.kind == "b" and index._aval.ndim > 0 and (
        t._aval.shape[: index._aval.ndim] == index._aval.shape
    )


def setitem(self: Tensor, index, value) -> None:
    """`self[index] = value`, broadcasting and casting (torch.Tensor.__setitem__)."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Tensor):
        value = on_device(value, self)
    if _is_mask_of(index, self) and not (isinstance(value, Tensor) and value._aval.ndim):
        # One number where a mask is True needs no index: its shape does not depend on values, so it also traces.
        mask = index.reshape(index._aval.shape + (1,) * (self._aval.ndim - index._aval.ndim))
        check_writable(self, (value,), "masked_fill_")
        result = dispatch(masked_fill.op, (self, on_device(mask, self), value), ())
        if result._node is not None:
            result._node.__class__ = renamed(type(result._node), "IndexPutBackward0")
        assign_as("masked_fill_", self, result)
        return
    chosen = _Selection(self, index)
    if not chosen.indices:
        _store(chosen.view, value)
        return
    _check_broadcast(chosen.indices)
    put = tensor(value, dtype=self.dtype, device=self.device) if not isinstance(value, Tensor) else value
    put = _without_leading_ones(put, _gathered_rank(chosen))
    check_writable(chosen.view, (put,), "index_put_")
    assign_as("index_put_", chosen.view, dispatch(_index_put.op, (chosen.view, put, *chosen.indices), (tuple(chosen.dims), False)))


def _gathered_rank(chosen: _Selection) -> int:
    return chosen.view._aval.ndim - len(chosen.dims) + max(i._aval.ndim for i in chosen.indices)


def _without_leading_ones(value: Tensor, rank: int) -> Tensor:
    extra = value._aval.ndim - rank
    return view(value, value._aval.shape[extra:]) if extra > 0 and all(n == 1 for n in value._aval.shape[:extra]) else value


def _store(target: Tensor, value) -> None:
    if not isinstance(value, Tensor):
        if not isinstance(value, bool | int | float | complex):  # a list or an array, too, as in PyTorch
            raise TypeError(f"can't assign a {type_name(value)} to a torch.{scalar_type_name(target._aval.dtype)}Tensor")
        check_writable(target, (), "fill_")
        fill_(target, value)
        return
    value = _without_leading_ones(value, target._aval.ndim)
    copy_(target, value if value._aval.shape == target._aval.shape else expand(value, target._aval.shape))


def _filled(input, value, /):
    return jnp.broadcast_to(jnp.asarray(value).astype(input.dtype), input.shape)


_fill_number = op(_filled, name="_fill_number", public=False, node="FillBackward2")
_fill_tensor = op(_filled, name="_fill_tensor", public=False, node="FillBackward3")


@function(method=True)
def fill_(self, value):
    """Fill with one number, in place (torch.Tensor.fill_)."""
    if isinstance(value, Tensor) and value._aval.ndim:
        raise RuntimeError(f"fill_ only supports 0-dimension value tensor but got tensor with {value._aval.ndim} dimensions.")
    checks.refuse_overflow(value, self._aval.dtype)
    # One number may go to one place several times.
    (check_writable if isinstance(value, Tensor) else check_changeable)(self, (value,), "fill_")
    return assign_as("fill_", self, dispatch((_fill_tensor if isinstance(value, Tensor) else _fill_number).op, (self, value), ()))


@op(public=False, node="ZeroBackward0")
def _zero(input, /):
    return jnp.zeros_like(input)


@function(method=True)
def zero_(self):
    """Fill with zeros, in place (torch.Tensor.zero_)."""
    check_changeable(self)
    return assign(self, dispatch(_zero.op, (self,), ()))


@op(method=True, inplace=True)
def masked_fill(input, mask, value, /):
    """`input` with `value` where `mask` is True (torch.masked_fill)."""
    if mask.dtype != jnp.bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {type_id_name(mask.dtype)}")
    if value.ndim:
        raise RuntimeError(f"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s).")
    if category(value.dtype) == 3 and category(input.dtype) != 3:
        raise RuntimeError(f"value cannot be converted to type {checks.c_type_name(input.dtype)} without overflow")
    broadcast_shapes(mask.shape, input.shape)
    return jnp.where(mask, value.astype(input.dtype), input)


@function(method=True, inplace=True)
def index_put(input, indices, values, accumulate=False):
    """`input` with `values` stored (or added) at the indices (torch.index_put)."""
    if not isinstance(indices, tuple | list) or not all(isinstance(i, Tensor) for i in (*indices, values)):
        raise TypeError("index_put() takes a tuple of index Tensors and a Tensor of values")
    return put_at(input, indices, values, accumulate)


def put_at(input: Tensor, indices, values: Tensor, accumulate: bool = False) -> Tensor:
    """`index_put`, where an index may be None for the whole of its dimension."""
    if len(indices) > input._aval.ndim:
        raise IndexError(f"{_TOO_MANY.format(input._aval.ndim)} (got {len(indices)})")
    chosen = _Selection(input, tuple(slice(None) if i is None else i for i in indices))
    return dispatch(_index_put.op, (chosen.view, on_device(values, input), *chosen.indices), (tuple(chosen.dims), bool(accumulate)))


def _delitem(self, index):
    raise TypeError("Tensor does not support deleting items")


def install(cls: type) -> None:
    """Attach the bracket operators and copying to Tensor."""
    for name, method in {"__getitem__": getitem, "__setitem__": setitem, "__delitem__": _delitem, "copy_": copy_}.items():
        setattr(cls, name, method)
