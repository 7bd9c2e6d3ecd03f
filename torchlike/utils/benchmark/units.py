"""Units of time and rounding for tables."""

from __future__ import annotations

import math
from collections.abc import Iterable

_UNITS = {"ns": ("nanosecond", 1e-9), "us": ("microsecond", 1e-6), "ms": ("millisecond", 1e-3), "s": ("second", 1.0)}


def select_unit(t: float) -> tuple[str, float]:
    """The unit in which a time has one to three digits before the point, and its length in seconds."""
    for name, (_, scale) in reversed(_UNITS.items()):
        if t >= scale:
            return name, scale
    return "ns", 1e-9


def unit_to_english(u: str) -> str:
    """The name of a unit: `microsecond` for `us`."""
    return _UNITS[u][0]


def trim_sigfig(x: float, n: int) -> float:
    """`x` rounded to `n` significant figures."""
    if x == 0:
        return 0.0
    return float(round(x, n - 1 - math.floor(math.log10(abs(x)))))


def ordered_unique(elements: Iterable) -> list:
    """The different elements, in the order in which they come first."""
    return list(dict.fromkeys(elements))
