"""Pooling layers."""

from __future__ import annotations

from .. import functional as F
from ..module import Module


class _MaxPoolNd(Module):
    function = staticmethod(F.max_pool1d)

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False, ceil_mode: bool = False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input):
        return self.function(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)

    def extra_repr(self) -> str:
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
                f"ceil_mode={self.ceil_mode}")


class MaxPool1d(_MaxPoolNd):
    """Largest element of each window of (N, C, L) (torch.nn.MaxPool1d)."""


class MaxPool2d(_MaxPoolNd):
    """Largest element of each window of (N, C, H, W) (torch.nn.MaxPool2d)."""

    function = staticmethod(F.max_pool2d)


class MaxPool3d(_MaxPoolNd):
    """Largest element of each window of (N, C, D, H, W) (torch.nn.MaxPool3d)."""

    function = staticmethod(F.max_pool3d)


class _MaxUnpoolNd(Module):
    rank = 1
    function = staticmethod(F.max_unpool1d)

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = _tuple(kernel_size, self.rank)
        self.stride = _tuple(kernel_size if stride is None else stride, self.rank)
        self.padding = _tuple(padding, self.rank)

    def forward(self, input, indices, output_size=None):
        return self.function(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def _tuple(value, rank: int) -> tuple:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * rank


class MaxUnpool1d(_MaxUnpoolNd):
    """Partial inverse of MaxPool1d (torch.nn.MaxUnpool1d)."""


class MaxUnpool2d(_MaxUnpoolNd):
    """Partial inverse of MaxPool2d (torch.nn.MaxUnpool2d)."""

    rank, function = 2, staticmethod(F.max_unpool2d)


class MaxUnpool3d(_MaxUnpoolNd):
    """Partial inverse of MaxPool3d (torch.nn.MaxUnpool3d)."""

    rank, function = 3, staticmethod(F.max_unpool3d)


class AvgPool1d(Module):
    """Mean of each window of (N, C, L) (torch.nn.AvgPool1d)."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True):
        super().__init__()
        self.kernel_size = _tuple(kernel_size, 1)
        self.stride = _tuple(kernel_size if stride is None else stride, 1)
        self.padding = _tuple(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """Mean of each window of (N, C, H, W) (torch.nn.AvgPool2d)."""

    function = staticmethod(F.avg_pool2d)

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input):
        return self.function(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad,
                             self.divisor_override)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool3d(AvgPool2d):
    """Mean of each window of (N, C, D, H, W) (torch.nn.AvgPool3d)."""

    function = staticmethod(F.avg_pool3d)


class FractionalMaxPool2d(Module):
    """Max pooling of (N, C, H, W) to any smaller size (torch.nn.FractionalMaxPool2d)."""

    function = staticmethod(F.fractional_max_pool2d)
    rank = 2

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None):
        super().__init__()
        if output_size is None and output_ratio is None:
            raise ValueError(f"{self._get_name()} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        self.kernel_size = _tuple(kernel_size, self.rank)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else _tuple(output_size, self.rank)
        self.output_ratio = None if output_ratio is None else _tuple(output_ratio, self.rank)
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input):
        return self.function(input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples)


class FractionalMaxPool3d(FractionalMaxPool2d):
    """Max pooling of (N, C, D, H, W) to any smaller size (torch.nn.FractionalMaxPool3d)."""

    function = staticmethod(F.fractional_max_pool3d)
    rank = 3


class _LPPoolNd(Module):
    function = staticmethod(F.lp_pool1d)

    def __init__(self, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False):
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input):
        return self.function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


class LPPool1d(_LPPoolNd):
    """Power average of each window of (N, C, L) (torch.nn.LPPool1d)."""


class LPPool2d(_LPPoolNd):
    """Power average of each window of (N, C, H, W) (torch.nn.LPPool2d)."""

    function = staticmethod(F.lp_pool2d)


class LPPool3d(_LPPoolNd):
    """Power average of each window of (N, C, D, H, W) (torch.nn.LPPool3d)."""

    function = staticmethod(F.lp_pool3d)


class _AdaptiveAvgPoolNd(Module):
    function = staticmethod(F.adaptive_avg_pool1d)

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return self.function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """(N, C, L) averaged down to a given length (torch.nn.AdaptiveAvgPool1d)."""


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """(N, C, H, W) averaged down to a given size (torch.nn.AdaptiveAvgPool2d)."""

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """(N, C, D, H, W) averaged down to a given size (torch.nn.AdaptiveAvgPool3d)."""

    function = staticmethod(F.adaptive_avg_pool3d)


class _AdaptiveMaxPoolNd(Module):
    function = staticmethod(F.adaptive_max_pool1d)

    def __init__(self, output_size, return_indices: bool = False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input):
        return self.function(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """(N, C, L) reduced by maximum to a given length (torch.nn.AdaptiveMaxPool1d)."""


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """(N, C, H, W) reduced by maximum to a given size (torch.nn.AdaptiveMaxPool2d)."""

    function = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """(N, C, D, H, W) reduced by maximum to a given size (torch.nn.AdaptiveMaxPool3d)."""

    function = staticmethod(F.adaptive_max_pool3d)
