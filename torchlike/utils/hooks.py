"""Handles of hooks, under the path PyTorch gives them (torch.utils.hooks)."""

from __future__ import annotations

from ..core.node import RemovableHandle
from ..core.pickling import warn_if_has_hooks

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]


def unserializable_hook(f):
    """Mark a hook so that pickling a tensor that has it gives no warning."""
    f.__torch_unserializable__ = True
    return f
