"""Dropout layers."""

from __future__ import annotations

from .. import functional as F
from ..module import Module


class _DropoutNd(Module):
    """A probability and whether to write in place; active in training only."""

    function = staticmethod(F.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input):
        return self.function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Zero elements with probability p in training (torch.nn.Dropout)."""


class Dropout1d(_DropoutNd):
    """Zero whole channels of (N, C, L) or (C, L) (torch.nn.Dropout1d)."""

    function = staticmethod(F.dropout1d)


class Dropout2d(_DropoutNd):
    """Zero whole channels of (N, C, H, W) (torch.nn.Dropout2d)."""

    function = staticmethod(F.dropout2d)


class Dropout3d(_DropoutNd):
    """Zero whole channels of (N, C, D, H, W) (torch.nn.Dropout3d)."""

    function = staticmethod(F.dropout3d)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps the mean and variance of selu's output (torch.nn.AlphaDropout)."""

    def forward(self, input):
        return F.alpha_dropout(input, self.p, self.training)  # never in place, as in PyTorch


class FeatureAlphaDropout(_DropoutNd):
    """AlphaDropout of whole channels (torch.nn.FeatureAlphaDropout)."""

    def forward(self, input):
        return F.feature_alpha_dropout(input, self.p, self.training)
