"""Results of a mapped function that are views of its arguments: they are views of the caller's Tensors too."""

from __future__ import annotations

import numpy as np

from ..core.geometry import contiguous_strides
from ..core.tensor import Tensor
from ..core.view import geometry_of

_MAX_ELEMENTS = 1 << 20


def window_on(argument: Tensor, given: Tensor, result: Tensor) -> Tensor | None:
    """What `result`, a view of `given`, shows of `argument`, whose first dimension is the mapped one; None when no strides say that, or when
    the result has a history of its own."""
    if result is given:
        return argument
    if result.requires_grad or result._aval.dtype != given._aval.dtype or result._aval.is_complex or not result._aval.size:
        return None
    shape, strides, offset = geometry_of(result)
    _, outer, start = geometry_of(argument)
    if outer[1:] != contiguous_strides(given._aval.shape):
        if given._aval.size > _MAX_ELEMENTS:
            return None
        places = _places(given._aval.shape, outer[1:], 0).ravel()[_places(shape, strides, offset)]
        offset, strides = _affine(places)
        if strides is None:
            return None
    return argument.as_strided((argument._aval.shape[0], *shape), (outer[0], *strides), start + offset)  # type: ignore[attr-defined]


def _places(shape: tuple, strides: tuple, offset: int) -> np.ndarray:
    """Where in memory each element lies."""
    places = np.full(shape, offset)
    for axis, (n, stride) in enumerate(zip(shape, strides, strict=True)):
        places = places + (np.arange(n) * stride).reshape(-1, *(1,) * (len(shape) - axis - 1))
    return places


def _affine(places: np.ndarray) -> tuple:
    """(offset, strides) that give these places; strides are None when none do."""
    offset = int(places.flat[0])
    strides = tuple(int(places.take(1, axis).flat[0]) - offset if n > 1 else 0 for axis, n in enumerate(places.shape))
    return offset, strides if (_places(places.shape, strides, offset) == places).all() else None
