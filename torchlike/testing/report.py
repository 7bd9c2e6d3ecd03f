"""What a failed comparison says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


class Mismatch(Exception):
    """A difference that was found: the text, and where in nested containers it was."""

    def __init__(self, text: str, path: tuple = (), kind: type[Exception] = AssertionError):
        super().__init__(text)
        self.text, self.path, self.kind = text, path, kind

    def error(self, msg: str | Callable[[str], str] | None) -> Exception:
        """The error for the user; `msg` replaces its text, or makes another of it."""
        if isinstance(msg, str):
            return self.kind(msg)
        text = self.text
        if self.path:
            text += f"\n\nThe failure occurred for item {''.join(f'[{step!r}]' for step in self.path)}"
        return self.kind(msg(text) if callable(msg) else text)


def _allowed(tolerance, exact: bool) -> str:
    return "" if exact else f" (up to {tolerance} allowed)"


def scalars(actual, expected, rtol: float, atol: float) -> str:
    """The text for two numbers."""
    exact = rtol == 0 and atol == 0
    difference = abs(actual - expected)
    relative = float("inf") if expected == 0 else difference / abs(expected)
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {expected} but got {actual}.\n"
        f"Absolute difference: {difference}{_allowed(atol, exact)}\nRelative difference: {relative}{_allowed(rtol, exact)}"
    )


def arrays(actual: np.ndarray, expected: np.ndarray, matches: np.ndarray, rtol: float, atol: float, quotient: np.dtype) -> str:
    """The text for two arrays that agree where `matches` holds; whole numbers are divided in the dtype `quotient`."""
    exact = rtol == 0 and atol == 0
    if actual.dtype.kind in "bui":
        actual, expected = actual.astype(np.int64), expected.astype(np.int64)
    with np.errstate(all="ignore"):
        absolute = np.where(matches, 0, np.abs(actual - expected))
        size = np.abs(expected)
        if size.dtype.kind == "i":
            relative = absolute.astype(quotient) / size.astype(quotient)
        else:
            relative = absolute / size
    relative = np.where(matches, 0, relative)
    count = matches.size - int(matches.sum())

    def greatest(differences: np.ndarray) -> str:
        index = tuple(int(i) for i in np.unravel_index(int(differences.argmax()), differences.shape))
        value = differences[index]
        return f"{value.item() if value.dtype.kind in 'fiu' else float(value)} at index {index}"

    return (
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n\nMismatched elements: {count} / {matches.size} ({count / matches.size:.1%})\n"
        f"Greatest absolute difference: {greatest(absolute)}{_allowed(atol, exact)}\n"
        f"Greatest relative difference: {greatest(relative)}{_allowed(rtol, exact)}"
    )
