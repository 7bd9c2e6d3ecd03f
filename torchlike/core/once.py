"""Warnings that come once in a process, unless `torch.set_warn_always` asked for more."""

from __future__ import annotations

import warnings

always = {"on": False}
_given: set[str] = set()


def warn_once(key: str, message: str, category: type[Warning] = UserWarning, stacklevel: int = 2) -> None:
    """Warn, if nothing was said under this key before."""
    if always["on"] or key not in _given:
        _given.add(key)
        warnings.warn(message, category, stacklevel=stacklevel + 1)
