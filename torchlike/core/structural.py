"""The few ops the tape itself needs: reading and writing views, casting, filling, and adding cotangents."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from .op import Op


def _steps(recipe, index: tuple) -> list[tuple]:
    """(op, its indices, its settings) of each view op of a recipe, the first one first."""
    steps: list[tuple] = []
    while recipe.parent is not None:
        split = len(index) - (recipe.op.arity - 1)
        steps.append((recipe.op, index[split:], recipe.op.bound(recipe.settings)))
        recipe, index = recipe.parent, index[:split]
    return steps[::-1]


def _follow(source, steps: list[tuple]):
    for op, index, settings in steps:
        source = op.fn(source, *index, **settings)
    return source


def _put(source, new, steps: list[tuple]):
    """The source with what it shows after these steps replaced by `new`."""
    if not steps:
        return new
    op, index, settings = steps[0]
    if op.put is not None:
        return op.put(source, _put(op.fn(source, *index, **settings), new, steps[1:]), *index, **settings)
    # Elements may show several times, and the next steps may choose among them: the numbers of those that are left tell what to replace.
    end = next((i for i, (each, _, _) in enumerate(steps) if each.dtype_rule is not None), len(steps))
    flat = source.reshape(-1)
    where = _follow(jnp.arange(source.size).reshape(source.shape), steps[:end])
    replaced = _put(flat[where], new, steps[end:])
    return flat.at[where.reshape(-1)].set(replaced.reshape(-1)).reshape(source.shape)


def _read(*arrays, recipe):
    return _follow(arrays[0], _steps(recipe, arrays[1:]))


def _write(*arrays, recipe):
    base, new, steps = arrays[0], arrays[1], _steps(recipe, arrays[2:])
    return _put(base, new.astype(_follow(base, steps).dtype), steps)


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


def _last_changed(old, new, /, *, dims):
    """For each place of an expanded array, the last of the elements lying there (along `dims`, flattened) that a write changes."""
    differ = _gathered(new, dims) != _gathered(old, dims)
    return jnp.where(differ, jnp.arange(differ.shape[-1]), 0).max(-1, keepdims=True)


def _repeated(new, last, /, *, dims):
    """`new` with the element at `last` in every position along `dims`."""
    one = jnp.take_along_axis(_gathered(new, dims), last, -1)
    return jnp.broadcast_to(one.reshape(tuple(1 if d in dims else n for d, n in enumerate(new.shape))), new.shape)


def _gathered(x, dims):
    kept = tuple(d for d in range(x.ndim) if d not in dims)
    return x.transpose(*kept, *dims).reshape(*(x.shape[d] for d in kept), -1)


READ = Op(_read, "view_read", "AsStridedBackward0")
WRITE = Op(_write, "view_write", "CopySlices")
CAST = Op(_cast, "to_copy", "ToCopyBackward0")
COPY = Op(_overwrite, "copy_", "CopyBackwards")
LAST_CHANGED = Op(_last_changed, "last_changed", "NotDifferentiable", differentiable=False)
REPEATED = Op(_repeated, "repeated", "RepeatedBackward0")
READ.saves_values = WRITE.saves_values = False
ACCUMULATE = Op(lambda a, b, /: a + b, "accumulate", "AddBackward0")
FULL = Op(lambda value, /, *, shape, dtype, device: jnp.full(shape, value, dtype), "full", "FullBackward0", creates=True)
