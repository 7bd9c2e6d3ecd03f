"""Joining Tensors along an old or a new dimension."""

from __future__ import annotations

from collections.abc import Iterable

import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import alias, function, op
from ..core.operand import type_name
from ..core.tensor import Tensor
from .dims import canonical_dim
from .promotion import promote
from .views import reshape


@op(public=False, node="CatBackward0")
def _cat(*tensors, dim):
    tensors = promote(*tensors) if len(tensors) > 1 else tensors
    real = [x for x in tensors if x.shape != (0,)] or [tensors[0]]
    first = real[0]
    for i, x in enumerate(real):
        if x.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}")
        for d in range(x.ndim):
            if d != dim and x.shape[d] != first.shape[d]:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {first.shape[d]} but got size {x.shape[d]} for "
                    f"tensor number {i} in the list."
                )
    return jnp.concatenate(real, dim)


def _sequence(name: str, tensors) -> tuple:
    if isinstance(tensors, Tensor):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    if type(tensors) is not list and not isinstance(tensors, Iterable):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    tensors = tuple(tensors)
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    return tensors


@function(out=True)
def cat(tensors, dim=0, *, axis=None):
    """The tensors joined along an existing dimension (torch.cat); dtypes are promoted, legacy empty vectors skipped."""
    tensors = _sequence("cat", tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    rank = 1
    for i, t in enumerate(tensors):
        n = t._aval.ndim
        if n == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
        rank = max(rank, n)
    return dispatch(_cat.op, tensors, (canonical_dim(dim if axis is None else axis, rank),))


alias("concat", of="cat")
alias("concatenate", of="cat")


@op(public=False, node="StackBackward0")
def _stack(*tensors, dim):
    return jnp.stack(promote(*tensors) if len(tensors) > 1 else tensors, dim)


@function(out=True)
def stack(tensors, dim=0):
    """The tensors joined along a new dimension (torch.stack)."""
    tensors = _sequence("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for i, t in enumerate(tensors):
        if t._aval.shape != tensors[0]._aval.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(tensors[0]._aval.shape)} at entry 0 and {list(t._aval.shape)} at "
                f"entry {i}"
            )
    return dispatch(_stack.op, tensors, (canonical_dim(dim, tensors[0]._aval.ndim + 1),))


@function
def atleast_1d(*tensors):
    """0-d tensors become 1-d (torch.atleast_1d)."""
    return _each(tensors, lambda t: t if t._aval.ndim else reshape(t, (1,)))


@function
def atleast_2d(*tensors):
    """Leading dimensions added up to two (torch.atleast_2d)."""
    return _each(tensors, lambda t: t if t._aval.ndim >= 2 else reshape(t, (1, 1)) if not t._aval.ndim else t.unsqueeze(0))


@function
def atleast_3d(*tensors):
    """Dimensions added up to three, as NumPy adds them (torch.atleast_3d)."""
    def widen(t):
        n = t._aval.ndim
        return t if n >= 3 else reshape(t, (1, 1, 1)) if n == 0 else t.unsqueeze(0).unsqueeze(-1) if n == 1 else t.unsqueeze(-1)

    return _each(tensors, widen)


def _each(tensors: tuple, widen):
    if len(tensors) == 1:
        return widen(tensors[0]) if isinstance(tensors[0], Tensor) else tuple(map(widen, tensors[0]))
    return tuple(map(widen, tensors))


@function(out=True)
def hstack(tensors):
    """Joined along the second dimension, or the first for vectors (torch.hstack)."""
    if not tensors:
        raise RuntimeError("hstack expects a non-empty TensorList")
    parts = atleast_1d(list(tensors))
    return cat(parts, 0 if parts[0]._aval.ndim == 1 else 1)


@function(out=True)
def vstack(tensors):
    """Joined as rows (torch.vstack)."""
    if not tensors:
        raise RuntimeError("vstack expects a non-empty TensorList")
    return cat(atleast_2d(list(tensors)), 0)


alias("row_stack", of="vstack")


@function(out=True)
def dstack(tensors):
    """Joined along the third dimension (torch.dstack)."""
    if not tensors:
        raise RuntimeError("dstack expects a non-empty TensorList")
    return cat(atleast_3d(list(tensors)), 2)


@function(out=True)
def column_stack(tensors):
    """Joined as columns (torch.column_stack)."""
    tensors = _sequence("column_stack", tensors)
    return hstack([reshape(t, (t._aval.size, 1)) if t._aval.ndim <= 1 else t for t in tensors])
