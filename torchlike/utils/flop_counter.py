"""Counting arithmetic (torch.utils.flop_counter): left to XLA, which knows what it compiled."""

from __future__ import annotations


class FlopCounterMode:
    """Can be made, as tools do that may never use it; NotImplementedError when it is to count (torch.utils.flop_counter.FlopCounterMode)."""

    def __init__(self, mods=None, depth: int = 2, display: bool = True, custom_mapping=None):
        self.depth, self.display = depth, display

    def __enter__(self):
        raise NotImplementedError(
            "torchlike counts no operations; jax.jit(torchlike.to_jax(module)).lower(...).compile().cost_analysis() tells XLA's count")

    def __exit__(self, *error):
        pass

    def get_flop_counts(self) -> dict:
        """What has been counted: nothing."""
        return {}

    def get_total_flops(self) -> int:
        """0: nothing has been counted."""
        return 0
