"""Padding layers."""

from __future__ import annotations

from .. import functional as F
from ..module import Module
from .batchnorm import check_dims


class _Pad(Module):
    """Padding of the last `rank` dimensions; the amounts are (left, right, top, bottom, ...)."""

    rank = 1
    mode = "constant"

    def __init__(self, padding):
        super().__init__()
        self.padding = tuple(padding) if isinstance(padding, list | tuple) else (padding,) * (2 * self.rank)

    def forward(self, input):
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """Pad (N, C, L) by a constant (torch.nn.ConstantPad1d)."""

    def __init__(self, padding, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """Pad (N, C, H, W) by a constant (torch.nn.ConstantPad2d)."""

    rank = 2


class ConstantPad3d(ConstantPad1d):
    """Pad (N, C, D, H, W) by a constant (torch.nn.ConstantPad3d)."""

    rank = 3


class ZeroPad1d(ConstantPad1d):
    """Pad (N, C, L) by zeros (torch.nn.ZeroPad1d)."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ZeroPad1d):
    """Pad (N, C, H, W) by zeros (torch.nn.ZeroPad2d)."""

    rank = 2


class ZeroPad3d(ZeroPad1d):
    """Pad (N, C, D, H, W) by zeros (torch.nn.ZeroPad3d)."""

    rank = 3


class ReflectionPad1d(_Pad):
    """Pad (N, C, L) by reflection at the border (torch.nn.ReflectionPad1d)."""

    mode = "reflect"


class ReflectionPad2d(ReflectionPad1d):
    """Pad (N, C, H, W) by reflection at the border (torch.nn.ReflectionPad2d)."""

    rank = 2


class ReflectionPad3d(ReflectionPad1d):
    """Pad (N, C, D, H, W) by reflection at the border (torch.nn.ReflectionPad3d)."""

    rank = 3


class ReplicationPad1d(_Pad):
    """Pad (N, C, L) by the border's value (torch.nn.ReplicationPad1d)."""

    mode = "replicate"


class ReplicationPad2d(ReplicationPad1d):
    """Pad (N, C, H, W) by the border's value (torch.nn.ReplicationPad2d)."""

    rank = 2


class ReplicationPad3d(ReplicationPad1d):
    """Pad (N, C, D, H, W) by the border's value (torch.nn.ReplicationPad3d)."""

    rank = 3


class CircularPad1d(_Pad):
    """Pad (N, C, L) from the other side (torch.nn.CircularPad1d)."""

    mode = "circular"

    def forward(self, input):
        check_dims(input, self.rank + 1, self.rank + 2)
        return super().forward(input)


class CircularPad2d(CircularPad1d):
    """Pad (N, C, H, W) from the other side (torch.nn.CircularPad2d)."""

    rank = 2


class CircularPad3d(CircularPad1d):
    """Pad (N, C, D, H, W) from the other side (torch.nn.CircularPad3d)."""

    rank = 3
