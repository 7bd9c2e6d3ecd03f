"""Dimensions reordered, split and merged by a pattern (torch.func.rearrange, after einops.rearrange)."""

from __future__ import annotations

import math
import re

from ..core.tensor import Tensor
from ..ops.joining import stack

_ELLIPSIS = "..."
# The ellipsis outside of parentheses: as many dimensions as it takes.
_ANY = [_ELLIPSIS]
_TOKEN = re.compile(r"\.\.\.|[()]|[^\s()]+")


def _checked_axis(token: str) -> str:
    if token == "1":
        return token
    if token.isdigit():
        raise ValueError("rearrange only supports unnamed axes of size 1")
    if "." in token:
        raise ValueError("Expression may contain dots only inside ellipsis (...)")
    if not token.isidentifier() or token.startswith("_") or token.endswith("_"):
        raise ValueError(f"Invalid axis identifier: {token}\naxis name should should not start or end with underscore")
    return token


def _parsed(side: str) -> list[list[str]]:
    """One list of axes per dimension; an axis of size 1 is no axis at all."""
    groups: list[list[str]] = []
    within: list[str] | None = None
    seen: set[str] = set()
    for token in _TOKEN.findall(side.replace(_ELLIPSIS, f" {_ELLIPSIS} ")):
        if token == "(":
            if within is not None:
                raise ValueError("Axis composition is one-level (brackets inside brackets not allowed)")
            within = []
        elif token == ")":
            if within is None:
                raise ValueError("Brackets are not balanced")
            groups.append(within)
            within = None
        else:
            axis = token if token == _ELLIPSIS else _checked_axis(token)
            if axis in seen:
                raise ValueError(f"Indexing expression contains duplicate dimension '{axis}'")
            axes = [] if axis == "1" else [axis]
            seen.update(axes)
            if within is None:
                groups.append(_ANY if axis == _ELLIPSIS else axes)
            else:
                within += axes
    if within is not None:
        raise ValueError(f"Imbalanced parentheses in expression: '{side}'")
    return groups


def _axes(groups: list[list[str]]) -> list[str]:
    return [axis for group in groups for axis in group]


def _spelled_out(groups: list[list[str]], extra: list[str]) -> list[list[str]]:
    """The ellipsis replaced by the axes it stands for."""
    found: list[list[str]] = []
    for group in groups:
        if group is _ANY:
            found += [[axis] for axis in extra]
        else:
            found.append([a for axis in group for a in (extra if axis == _ELLIPSIS else [axis])])
    return found


def _check(left: list[list[str]], right: list[list[str]], lengths: dict[str, int], pattern: str) -> None:
    if any(_ELLIPSIS in group and group is not _ANY for group in left):
        raise ValueError(f"Ellipsis is parenthesis in the left side is not allowed: {pattern}")
    one_sided = set(_axes(left)) ^ set(_axes(right))
    if _ELLIPSIS in one_sided:
        raise ValueError(f"Ellipsis found in {'right' if _ELLIPSIS in _axes(right) else 'left'} side, but not the other side of a pattern {pattern}")
    if one_sided:
        raise ValueError(f"Identifiers only on one side of rearrange expression (should be on both): {one_sided}")
    unknown = set(lengths) - set(_axes(left))
    if unknown:
        raise ValueError(f"Identifiers not found in rearrange expression: {unknown}")


def _measured(group: list[str], size: int, lengths: dict[str, int]) -> None:
    """Note the sizes of the axes that a dimension is made of; one of them may be unknown."""
    unknown = [axis for axis in group if axis not in lengths]
    known = math.prod(lengths[axis] for axis in group if axis in lengths)
    if len(unknown) > 1:
        raise ValueError(f"cannot infer the sizes of {len(unknown)} dimensions at once: {', '.join(unknown)}")
    if unknown:
        if not known or size % known:
            raise ValueError(f"inferred dimension does not evenly fit into larger dimension: {size} in {known}")
        lengths[unknown[0]] = size // known
    elif known != size:
        raise ValueError(f"dimensions of size {known} do not make up one of size {size}: ({' '.join(group)})")


def rearrange(tensor, pattern: str, **axes_lengths: int) -> Tensor:
    """`tensor`, or several of one shape stacked along a new first dimension, with its dimensions reordered, split and merged.

    "b (h k) w -> b h (k w)" names the axes of each dimension before and after; parentheses join axes of one dimension, of which all but one
    must be known from `axes_lengths`; `...` stands for any number of dimensions, 1 for one of size 1. ValueError for a pattern that does not fit.
    """
    sides = pattern.split("->")
    if len(sides) != 2:
        raise ValueError("Pattern must contain a single '->' separator")
    left, right = map(_parsed, sides)
    _check(left, right, axes_lengths, pattern)
    x = tensor if isinstance(tensor, Tensor) else stack(tuple(tensor))
    named = sum(group is not _ANY for group in left)
    if x.ndim < named or (x.ndim != named and named == len(left)):
        fit = "equal" if named == len(left) else "less than or equal"
        raise ValueError(f"Number of dimensions in pattern ({named}) must be {fit} to the number of dimensions in the tensor ({x.ndim})")
    extra = [f"...{i}" for i in range(x.ndim - named)]
    left, right = _spelled_out(left, extra), _spelled_out(right, extra)
    lengths = dict(axes_lengths)
    for group, size in zip(left, x.shape, strict=True):
        _measured(group, size, lengths)
    before, after = _axes(left), _axes(right)
    split = x.reshape([lengths[axis] for axis in before])
    return split.permute([before.index(axis) for axis in after]).reshape([math.prod(lengths[axis] for axis in group) for group in right])


rearrange.__module__ = "torch.func"
