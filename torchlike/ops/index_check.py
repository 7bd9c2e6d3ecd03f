"""Looking at index values before a kernel runs: a kernel cannot raise, so PyTorch's out-of-range errors are raised here.

As in PyTorch the check belongs to CPU tensors only (an accelerator would have to wait for it), and traced values cannot be looked at.
"""

from __future__ import annotations

import jax
import numpy as np

from ..core.tensor import value_of


def first_outside(index, low: int, high: int, ignored: int | None = None):
    """(flat position, value) of the first element of an integer Tensor outside [low, high), or None."""
    value = value_of(index)
    if isinstance(value, jax.core.Tracer) or next(iter(value.devices())).platform != "cpu":
        return None
    host = np.asarray(value)
    if not host.size or (host.min() >= low and host.max() < high):
        return None
    bad = (host < low) | (host >= high)
    if ignored is not None:
        bad &= host != ignored
    if not bad.any():
        return None
    position = int(bad.argmax())
    return position, int(host.flat[position])
