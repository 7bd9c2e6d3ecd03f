"""The layer that interleaves groups of channels."""

from __future__ import annotations

from .. import functional as F
from ..module import Module


class ChannelShuffle(Module):
    """Interleave `groups` groups of channels (torch.nn.ChannelShuffle)."""

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input):
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
