"""The few ops the tape itself needs: reading and writing views, casting, filling, and adding cotangents."""

from __future__ import annotations

import jax.numpy as jnp

from .op import Op


def _replay(base, index: tuple, recipe):
    if recipe.parent is None:
        return base
    k = recipe.op.arity - 1
    split = len(index) - k
    source = _replay(base, index[:split], recipe.parent)
    return recipe.op.fn(source, *index[split:], **recipe.op.bound(recipe.settings))


def _put(base, new, index: tuple, recipe):
    if recipe.parent is None:
        return new
    k = recipe.op.arity - 1
    split = len(index) - k
    source = _replay(base, index[:split], recipe.parent)
    updated = recipe.op.put(source, new, *index[split:], **recipe.op.bound(recipe.settings))
    return _put(base, updated, index[:split], recipe.parent)


def _read(*arrays, recipe):
    return _replay(arrays[0], arrays[1:], recipe)


def _write(*arrays, recipe):
    base, new = arrays[:2]
    return _put(base, new.astype(_replay(base, arrays[2:], recipe).dtype), arrays[2:], recipe)


def _cast(input, /, *, dtype):
    return _converted(input, dtype)


def _converted(x, dtype):
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    return (x != 0) if dtype.kind == "b" else x.astype(dtype)


def _overwrite(input, source, /):
    return jnp.broadcast_to(_converted(source, input.dtype), input.shape)


READ = Op(_read, "view_read", "AsStridedBackward0")
WRITE = Op(_write, "view_write", "CopySlices")
CAST = Op(_cast, "to_copy", "ToCopyBackward0")
COPY = Op(_overwrite, "copy_", "CopyBackwards")
READ.saves_values = WRITE.saves_values = False
ACCUMULATE = Op(lambda a, b, /: a + b, "accumulate", "AddBackward0")
FULL = Op(lambda value, /, *, shape, dtype, device: jnp.full(shape, value, dtype), "full", "FullBackward0", creates=True)
