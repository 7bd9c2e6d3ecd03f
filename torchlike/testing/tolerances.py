"""How far apart two numbers of a dtype may be by default: (relative, absolute)."""

from __future__ import annotations

from ..core import dtype as _d

DEFAULTS = {
    _d.float16: (1e-3, 1e-5),
    _d.bfloat16: (1.6e-2, 1e-5),
    _d.float32: (1.3e-6, 1e-5),
    _d.float64: (1e-7, 1e-7),
    _d.complex64: (1.3e-6, 1e-5),
    _d.complex128: (1e-7, 1e-7),
}
LEGACY_DEFAULTS = {_d.float16: (1e-3, 1e-3), _d.float32: (1e-4, 1e-5), _d.float64: (1e-5, 1e-8)}


def widest(dtypes, table) -> tuple[float, float]:
    """The largest tolerances that a table has for some dtypes; zero for those it lacks."""
    found = [table.get(d, (0.0, 0.0)) for d in dtypes]
    return max(rtol for rtol, _ in found), max(atol for _, atol in found)


def resolve(dtypes, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """What was asked for, or the defaults; ValueError when only one of the two was given."""
    if (rtol is None) != (atol is None):
        lacking = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {lacking}.")
    return widest(dtypes, DEFAULTS) if rtol is None or atol is None else (rtol, atol)
