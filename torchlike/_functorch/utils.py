"""Switches of function transforms (torch._functorch.utils)."""

from __future__ import annotations

import contextlib

from ..autograd.function_levels import single_level


@contextlib.contextmanager
def enable_single_level_autograd_function():
    """Within the block, Functions whose forward takes ctx may be used inside function transforms, as if these were not there."""
    before, single_level.allowed = single_level.allowed, True
    try:
        yield
    finally:
        single_level.allowed = before
