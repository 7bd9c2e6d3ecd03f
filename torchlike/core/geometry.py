"""Strides: which shapes a strided window can be viewed as, without moving an element. Pure integer arithmetic."""

from __future__ import annotations

import math


def contiguous_strides(shape: tuple) -> tuple:
    """Row-major strides, in elements."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def is_contiguous(shape: tuple, strides: tuple) -> bool:
    """Whether the window lists its elements in row-major order without gaps."""
    if 0 in shape:
        return True
    expected = contiguous_strides(shape)
    return all(n == 1 or s == e for n, s, e in zip(shape, strides, expected, strict=True))


def _blocks(shape: tuple, strides: tuple) -> list[tuple[int, int]]:
    """Runs of dimensions that together walk memory in equal steps, as (number of elements, step), last run first."""
    blocks: list[tuple[int, int]] = []
    count, step = 1, 1
    for n, s in zip(reversed(shape), reversed(strides), strict=True):
        if n == 1:
            continue
        if count > 1 and s != count * step:
            blocks.append((count, step))
            count = 1
        if count == 1:
            step = s
        count *= n
    blocks.append((count, step))
    return blocks


def view_strides(shape: tuple, strides: tuple, new_shape: tuple) -> tuple | None:
    """Strides under which the window reads as `new_shape`, or None when no strides can."""
    if 0 in shape:
        return strides if tuple(shape) == tuple(new_shape) else contiguous_strides(new_shape)
    result = []
    dims = list(new_shape)
    for count, step in _blocks(shape, strides):
        taken = 1
        while dims and (taken < count or dims[-1] == 1):
            n = dims.pop()
            result.append(taken * step)
            taken *= n
        if taken != count:
            return None
    return tuple(reversed(result)) if not dims else None


def infer_shape(sizes: tuple, numel: int) -> tuple:
    """Fill in the one -1 of a requested shape; PyTorch's errors when it does not fit."""
    unknown = [i for i, n in enumerate(sizes) if n == -1]
    for n in sizes:
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {sizes.index(n)} of shape {list(sizes)}")
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    known = math.prod(n for n in sizes if n != -1)
    if unknown:
        if known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the unspecified dimension size -1 can be any "
                "value and is ambiguous"
            ) if numel == 0 else RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")
        if numel % known == 0:
            i = unknown[0]
            return (*sizes[:i], numel // known, *sizes[i + 1 :])
    elif known == numel:
        return tuple(sizes)
    raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")
