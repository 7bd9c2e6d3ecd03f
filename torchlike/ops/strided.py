"""`as_strided`: windows of any strides on the memory of a Tensor."""

from __future__ import annotations

from ..core.op import function
from ..core.tensor import Tensor, make_alias
from ..core.view import geometry_of, make_view
from . import view_ops as v
from .views import sizes_of


def _check_window(size: tuple, stride: tuple, offset: int, source: Tensor) -> None:
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    width, held = source._aval.dtype.itemsize, source._aval.size
    needed = 0 if 0 in size else offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    if needed > held:
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and itemsize {width} requiring a "
                           f"storage size of {needed * width} are out of bounds for storage of size {held * width}")


def _memory(t: Tensor) -> Tensor:
    """All elements behind a detached view, without a history."""
    memory = make_alias(t)
    memory._view, memory._aval, memory._counter = None, t._storage.aval, t._counter or t._storage
    return memory


def _source(input: Tensor) -> Tensor:
    """The Tensor on which a window on the memory of `input` is to be taken: one whose elements are numbered as in memory, where there is one
    that has the history."""
    base = input if input._view is None or input._view.base is None else input._view.base
    if input._aval.size == input._storage.aval.size and geometry_of(input)[2] == 0 and input.is_contiguous():
        return input  # it may be a leaf that the base knows nothing of
    if base._view is not None and not base.requires_grad and base._storage.aval.dtype == base._aval.dtype:
        return _memory(base)
    return base


@function(method=True)
def as_strided(input, size, stride, storage_offset=None):
    """A window of any strides on the storage of `input` (torch.as_strided)."""
    storage_offset = geometry_of(input)[2] if storage_offset is None else storage_offset
    source = _source(input)
    settings = (sizes_of((size,)), sizes_of((stride,)), storage_offset)
    _check_window(*settings, source)
    return make_view(v._as_strided.op, source, (), settings)
