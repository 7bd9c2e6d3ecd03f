"""Looking at index values before a kernel runs: a kernel cannot raise, so PyTorch's out-of-range errors are raised here.

As in PyTorch the check belongs to CPU tensors only (an accelerator would have to wait for it), and traced values cannot be looked at. An index
that is still to be computed is checked when values are next looked at: to look now would cut the program in two.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np

from ..core.levels import examined
from ..core.tensor import value_of
from ..execution import executor


def refuse_outside(index, low: int, high: int, complain: Callable[[int, int], Exception], ignored: int | None = None) -> None:
    """Raise `complain(position, value)` for the first element (by flat position) of an integer Tensor that is outside [low, high)."""

    def check(host: np.ndarray) -> None:
        found = _first_outside(host, low, high, ignored)
        if found is not None:
            raise complain(*found)

    device = index._aval.device
    if device is None or device.platform != "cpu" or executor.postponed(value_of(index), check):
        return
    value = examined(index)
    if value is None:
        return
    least, greatest = _extremes(value)
    if least < low or greatest >= high:
        check(np.asarray(value))


def refuse_improbable(t, message: str) -> None:
    """RuntimeError if an element of a floating point Tensor is outside [0, 1]."""

    def check(host: np.ndarray) -> None:
        if not ((host >= 0) & (host <= 1)).all():
            raise RuntimeError(message)

    look_at(t, check)


def look_at(t, check: Callable[[np.ndarray], None]) -> None:
    """Call `check` with the elements of a Tensor, now or when they are next looked at."""
    device = t._aval.device
    if device is None or device.platform != "cpu" or executor.postponed(value_of(t), check):
        return
    value = examined(t)
    if value is not None:
        check(np.asarray(value))


_known: dict[int, tuple] = {}


def _extremes(value) -> tuple[int, int]:
    """The least and the greatest element, remembered as long as the array lives: the same indices are used again and again."""
    found = _known.get(id(value))
    if found is None:
        host = np.asarray(value)
        if not host.size:
            return 0, -1
        key = id(value)
        _known[key] = found = (int(host.min()), int(host.max()), weakref.ref(value, lambda _: _known.pop(key, None)))
    return found[:2]


def _first_outside(host: np.ndarray, low: int, high: int, ignored: int | None) -> tuple[int, int] | None:
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
    refuse_outside(
        index, -size if wraps else 0, size, lambda _, i: error(message or f"index {i} is out of bounds for dimension {dim} with size {size}")
    )
