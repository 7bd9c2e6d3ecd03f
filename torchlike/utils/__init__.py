"""Data loading, checkpoints and other helpers around training (torch.utils)."""

from . import checkpoint, data, hooks, viz

__all__ = ["checkpoint", "data", "hooks", "viz"]
