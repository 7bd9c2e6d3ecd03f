"""Helpers that programs import from where PyTorch keeps its own (torch._utils)."""

from __future__ import annotations

from collections.abc import Iterator

from .core.tensor import Tensor
from .ops.joining import cat

__all__ = ["_flatten_dense_tensors", "_take_tensors", "_unflatten_dense_tensors"]


def _flatten_dense_tensors(tensors) -> Tensor:
    """All elements of several Tensors of one dtype, one Tensor after the other, as one of one dimension."""
    return cat([t.reshape(-1) for t in tensors])


def _unflatten_dense_tensors(flat: Tensor, tensors) -> tuple:
    """What `_flatten_dense_tensors` has put together, in the shapes of `tensors`."""
    return tuple(part.view_as(t) for part, t in zip(flat.split([t.numel() for t in tensors]), tensors, strict=True))


def _take_tensors(tensors, size_limit: int) -> Iterator[list]:
    """The Tensors in groups of one dtype, each of at most `size_limit` bytes unless one Tensor alone is larger."""
    groups: dict[str, tuple[list, int]] = {}
    for t in tensors:
        size = t.numel() * t.element_size()
        group, filled = groups.get(t.type(), ([], 0))
        if group and filled + size > size_limit:
            yield group
            group, filled = [], 0
        groups[t.type()] = ([*group, t], filled + size)
    yield from (group for group, _ in groups.values() if group)
