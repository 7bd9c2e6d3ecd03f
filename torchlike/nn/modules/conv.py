"""Convolution layers, direct and transposed, of one to three dimensions."""

from __future__ import annotations

import math

from ...ops.create import empty
from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


def _tuple(value, rank: int) -> tuple:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * rank


class _ConvNd(Module):
    """What all convolutions share: settings, parameters, their initial distribution and the repr."""

    rank = 0
    transposed = False

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode,
                 device, dtype):
        super().__init__()
        _check(type(self).__name__, in_channels, out_channels, groups, padding, stride, padding_mode, self.transposed)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = _tuple(kernel_size, self.rank)
        self.stride = _tuple(stride, self.rank)
        self.padding = padding if isinstance(padding, str) else _tuple(padding, self.rank)
        self.dilation = _tuple(dilation, self.rank)
        self.output_padding = _tuple(output_padding, self.rank)
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._amounts_for_pad()
        shape = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*shape, *self.kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _amounts_for_pad(self) -> list:
        """The padding as F.pad wants it: (low, high) from the last dimension on."""
        if not isinstance(self.padding, str):
            return [p for p in reversed(self.padding) for _ in range(2)]
        if self.padding == "valid":
            return [0, 0] * self.rank
        totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=False)]
        return [side for total in reversed(totals) for side in (total // 2, total - total // 2)]

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(fan_in) for both."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [str(self.in_channels), str(self.out_channels), f"kernel_size={self.kernel_size}", f"stride={self.stride}"]
        if self.padding != (0,) * self.rank:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * self.rank:
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * self.rank:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


def _check(name: str, in_channels, out_channels, groups, padding, stride, padding_mode, transposed) -> None:
    if transposed and padding_mode != "zeros":
        raise ValueError(f'Only "zeros" padding mode is supported for {name}')
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups:
        raise ValueError("out_channels must be divisible by groups")
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'valid', 'same'}}")
        if padding == "same" and any(s != 1 for s in _tuple(stride, 1)):
            raise ValueError("padding='same' is not supported for strided convolutions")
    modes = ("zeros", "reflect", "replicate", "circular")
    if padding_mode not in modes:
        raise ValueError(f"padding_mode must be one of {set(modes)}, but got padding_mode='{padding_mode}'")


class _Conv(_ConvNd):
    """A direct convolution."""

    function = staticmethod(F.conv1d)

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1, groups: int = 1,
                 bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device, dtype)

    def forward(self, input):
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input, weight, bias):
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = 0
        return self.function(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution over (N, C, L) or (C, L) (torch.nn.Conv1d)."""

    rank, function = 1, staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Convolution over (N, C, H, W) or (C, H, W) (torch.nn.Conv2d)."""

    rank, function = 2, staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Convolution over (N, C, D, H, W) or (C, D, H, W) (torch.nn.Conv3d)."""

    rank, function = 3, staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution."""

    transposed = True
    function = staticmethod(F.conv_transpose1d)

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, output_padding=0, groups: int = 1,
                 bias: bool = True, dilation=1, padding_mode: str = "zeros", device=None, dtype=None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode,
                         device, dtype)

    def forward(self, input, output_size=None):
        extra = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return self.function(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _output_padding(self, input, output_size) -> tuple:
        """The extra rows and columns that give the wanted size."""
        wanted = list(output_size)[-self.rank:] if len(output_size) == input.ndim else list(output_size)
        if len(wanted) != self.rank:
            raise ValueError(f"ConvTranspose{self.rank}D: for {input.ndim}D input, output_size must have {self.rank} or {input.ndim} "
                             f"elements (got {len(output_size)})")
        settings = zip(tuple(input.shape)[-self.rank:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in settings]
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if any(not lo <= n <= hi for n, lo, hi in zip(wanted, least, most, strict=True)):
            raise ValueError(f"requested an output size of {tuple(output_size)}, but valid sizes range from {least} to {most} "
                             f"(for an input of {input.shape[2:]})")
        return tuple(n - lo for n, lo in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution over (N, C, L) or (C, L) (torch.nn.ConvTranspose1d)."""

    rank, function = 1, staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution over (N, C, H, W) or (C, H, W) (torch.nn.ConvTranspose2d)."""

    rank, function = 2, staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution over (N, C, D, H, W) or (C, D, H, W) (torch.nn.ConvTranspose3d)."""

    rank, function = 3, staticmethod(F.conv_transpose3d)
