"""Rows of a Tensor by index, with a fill for missing ones: how sequences are packed, padded and reordered."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.op import op


@op(name="take_rows", public=False, node="IndexSelectBackward0")
def take_rows(input, indices, /, fill=0.0):
    """input[indices] along the first dimension, `fill` where an index is negative; (*indices.shape, *input.shape[1:])."""
    rows = jnp.take(input, jnp.maximum(indices, 0), axis=0, mode="clip")
    missing = (indices < 0).reshape(indices.shape + (1,) * (input.ndim - 1))
    return jnp.where(missing, jnp.asarray(fill, input.dtype), rows)


def lengths_of(batch_sizes) -> np.ndarray:
    """The length of each sequence, longest first, from how many reach each time."""
    sizes = batch_sizes.numpy()
    return (sizes[:, None] > np.arange(sizes[0] if sizes.size else 0)).sum(0)


def batch_sizes_of(lengths: np.ndarray) -> np.ndarray:
    """How many sequences reach each time."""
    return (np.arange(lengths.max(initial=0))[:, None] < lengths).sum(1)


def packed_positions(lengths: np.ndarray) -> np.ndarray:
    """(T, B): where each element of the padded layout lies in the packed one, -1 for padding."""
    sizes = batch_sizes_of(lengths)
    starts = np.cumsum(sizes) - sizes
    columns = np.arange(lengths.size)
    return np.where(columns < sizes[:, None], starts[:, None] + columns, -1)


def padded_from_packed(data, lengths: np.ndarray, padding_value: float = 0.0):
    """(T, B, *) from packed data; `lengths` are in descending order."""
    return take_rows(data, packed_positions(lengths), float(padding_value))


def packed_from_padded(padded, lengths: np.ndarray):
    """Packed data from (T, B, *); `lengths` are in descending order."""
    times, columns = np.nonzero(packed_positions(lengths) >= 0)
    return take_rows(padded.reshape(-1, *padded.shape[2:]), times * padded.size(1) + columns)
