"""Pooling under the names of PyTorch's C++, and its backward kernels."""

from __future__ import annotations

from collections.abc import Callable

from ..nn import functional as F
from .pullback import pulled


def _average(rank: int) -> Callable:
    pool = getattr(F, f"avg_pool{rank}d")

    def backward(grad_output, self, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        settings = (kernel_size, stride or kernel_size, padding, ceil_mode, count_include_pad, divisor_override)
        return pulled(lambda x: pool(x, *settings), grad_output, self)[0]

    return backward


def _adaptive_average(rank: int) -> Callable:
    pool = getattr(F, f"adaptive_avg_pool{rank}d")
    return lambda grad_output, self: pulled(lambda x: pool(x, tuple(grad_output.shape[-rank:])), grad_output, self)[0]


def _spread(rank: int) -> Callable:
    """The backward kernel of a pooling by maxima, whose last argument says where they were in each flattened plane."""
    def backward(grad_output, self, *settings, indices=None):
        places = settings[-1] if indices is None else indices
        planes = tuple(self.shape[:-rank])
        flat = self.new_zeros(self.shape).reshape(*planes, -1)
        return flat.scatter_add(-1, places.reshape(*planes, -1), grad_output.reshape(*planes, -1)).reshape(self.shape)

    return backward


KERNELS: dict[str, Callable] = {}
for _rank in (2, 3):
    KERNELS[f"_adaptive_avg_pool{_rank}d"] = getattr(F, f"adaptive_avg_pool{_rank}d")
    KERNELS[f"_adaptive_avg_pool{_rank}d_backward"] = _adaptive_average(_rank)
    KERNELS[f"avg_pool{_rank}d_backward"] = _average(_rank)
    KERNELS[f"adaptive_max_pool{_rank}d"] = getattr(F, f"adaptive_max_pool{_rank}d_with_indices")
    for _name in (f"adaptive_max_pool{_rank}d", f"max_pool{_rank}d_with_indices", f"fractional_max_pool{_rank}d"):
        KERNELS[f"{_name}_backward"] = _spread(_rank)
