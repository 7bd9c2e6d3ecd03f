"""What torchlike does under the hood (torchlike.debug)."""

from .execution_mode import stats

__all__ = ["stats"]
