"""Looking at index values before a kernel runs: a kernel cannot raise, so PyTorch's out-of-range errors are raised here.

As in PyTorch the check belongs to CPU tensors only (an accelerator would have to wait for it), and traced values cannot be looked at.
"""

from __future__ import annotations

import numpy as np

from ..core.levels import examined


def first_outside(index, low: int, high: int, ignored: int | None = None):
    """(flat position, value) of the first element of an integer Tensor outside [low, high), or None."""
    value = examined(index)
    if value is None or next(iter(value.devices())).platform != "cpu":
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


def check_bounds(index, size: int, dim: int, message: str | None = None, error: type[Exception] = IndexError, wraps: bool = False) -> None:
    """Raise `error` if an index tensor reaches outside [0, size), or [-size, size) where negatives count from the end."""
    outside = first_outside(index, -size if wraps else 0, size)
    if outside is not None:
        raise error(message or f"index {outside[1]} is out of bounds for dimension {dim} with size {size}")
