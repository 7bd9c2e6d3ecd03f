"""The few ops the tape itself needs: reading and writing views, casting, filling, and adding cotangents."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

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
    if dtype.kind == "b":
        return x != 0
    return _truncated(x, dtype) if x.dtype.kind in "fV" and dtype.kind in "iu" else x.astype(dtype)


def _truncated(x, dtype):
    """A float as an integer, as the machines that PyTorch runs on have it: what does not fit becomes the least number of the integer that they
    convert to, and narrower integers keep the low bits (-1.0 is 255 as uint8)."""
    wide = np.dtype(np.int64 if dtype.itemsize == 8 or dtype == np.uint32 else np.int32)
    bound = float(2 ** (8 * wide.itemsize - 1))
    x = x.astype(jnp.promote_types(x.dtype, np.float32))
    fits = (x < bound) & (x >= -bound)
    return jnp.where(fits, x.astype(wide), np.iinfo(wide).min).astype(dtype)


def _overwrite(input, source, /):
    return jnp.broadcast_to(_converted(source, input.dtype), input.shape)


READ = Op(_read, "view_read", "AsStridedBackward0")
WRITE = Op(_write, "view_write", "CopySlices")
CAST = Op(_cast, "to_copy", "ToCopyBackward0")
COPY = Op(_overwrite, "copy_", "CopyBackwards")
READ.saves_values = WRITE.saves_values = False
ACCUMULATE = Op(lambda a, b, /: a + b, "accumulate", "AddBackward0")
FULL = Op(lambda value, /, *, shape, dtype, device: jnp.full(shape, value, dtype), "full", "FullBackward0", creates=True)
