"""Data loading, checkpoints and other helpers around training (torch.utils)."""

from . import data, hooks

__all__ = ["data", "hooks"]
