"""Rows of a Tensor by index, with a fill for missing ones: how sequences are packed, padded and reordered."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.op import op


@op(name="take_rows", public=False, node="IndexSelectBackward0")
def take_rows(input, indices, /, fill=0.0):
    """input[indices] along the first dimension, `fill` where an index is negative; (*indices.shape, *input.shape[1:])."""
    rows = jnp.take(input, jnp.maximum(indices, 0), axis=0, mode="clip")
    missing = (indices < 0).reshape(indices.shape + (1,) * (input.ndim - 1))
    return jnp.where(missing, jnp.asarray(fill, input.dtype), rows)
