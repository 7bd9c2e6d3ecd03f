"""The standard basis of the space that a list of Tensors spans, and columns cut back into their parts."""

from __future__ import annotations

from ..core.tensor import Tensor
from ..ops.create import eye


def bases(tensors: list, chunk_size: int | None = None):
    """The unit vectors over the elements of all Tensors, `chunk_size` at a time: per chunk one Tensor per given one, with the vectors
    along a new first dimension."""
    total = sum(t._aval.size for t in tensors)
    step = total if chunk_size is None else chunk_size
    for start in range(0, max(total, 1), max(step, 1)):
        count = min(step, total - start)
        yield [_part(t, offset, start, count) for t, offset in zip(tensors, _offsets(tensors), strict=True)]


def basis_of(tensors: list) -> list:
    """All unit vectors over the elements of all Tensors: one Tensor per given one."""
    return next(bases(tensors))


def _offsets(tensors: list) -> list:
    offsets, at = [], 0
    for t in tensors:
        offsets.append(at)
        at += t._aval.size
    return offsets


def _part(t: Tensor, offset: int, start: int, count: int) -> Tensor:
    size = t._aval.size
    rows = eye(max(start + count, offset + size), dtype=t.dtype, device=t.device)
    return rows[start : start + count, offset : offset + size].reshape(count, *t.shape)


def split_columns(rows: Tensor, tensors: list) -> tuple:
    """The first dimension, over the elements of all Tensors, cut into one part per Tensor."""
    return rows.split([t._aval.size for t in tensors], 0)  # type: ignore[attr-defined]


def column_blocks(columns: Tensor, tensors: list) -> list:
    """The derivatives of one output along `basis_of(tensors)`, stacked in front, as blocks of shape output.shape + tensor.shape."""
    parts = split_columns(columns, tensors)
    return [part.movedim(0, -1).reshape((*part.shape[1:], *t.shape)) for part, t in zip(parts, tensors, strict=True)]
