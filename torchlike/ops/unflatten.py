"""One dimension split into several: `unflatten`."""

from __future__ import annotations

import math

from ..core.geometry import infer_shape
from ..core.op import function
from ..core.operand import type_name
from .dims import canonical_dim
from .views import sizes_of, view


def _dim(dim, ndim: int) -> int:
    if isinstance(dim, str):
        raise TypeError(f"unflatten(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
    if ndim == 0:
        raise RuntimeError(f"unflatten got an unexpected error:\nDimension specified as {dim} but tensor has no dimensions")
    return canonical_dim(dim, ndim)


def _filled(sizes: tuple, extent: int, dim: int) -> tuple:
    """The sizes with the one that is -1 inferred."""
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    given = math.prod(n for n in sizes if n != -1)
    if sizes.count(-1) < 2 and (given == extent or (-1 in sizes and given > 0 and extent % given == 0)):
        return infer_shape(sizes, extent)
    reason = None
    if sizes.count(-1) > 1:
        reason = "only one dimension can be inferred"
    elif given == extent == 0:
        reason = (f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension size -1 can be any value and "
                  "is ambiguous")
    raise RuntimeError(f"unflatten got an unexpected error:\n{reason}" if reason else
                       f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({extent}) in the input tensor")


@function(method=True)
def unflatten(input, dim, sizes):
    """Split one dimension into several (torch.unflatten)."""
    if not isinstance(sizes, tuple | list):
        raise TypeError(f"unflatten(): argument 'sizes' (position 2) must be tuple of ints, not {type_name(sizes)}")
    shape, d = input._aval.shape, _dim(dim, input._aval.ndim)
    return view(input, (*shape[:d], *_filled(sizes_of((sizes,)), shape[d], dim), *shape[d + 1 :]))
