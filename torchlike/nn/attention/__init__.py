"""Attention beyond one call (torch.nn.attention): choice of kernels, causal biases, and attention with functions of scores and positions."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ...core.missing import missing as _missing

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(enum.Enum):
    """The kernels PyTorch has for scaled_dot_product_attention (torch.nn.attention.SDPBackend)."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


_allowed: list[list[SDPBackend]] = [[backend for backend in SDPBackend if backend is not SDPBackend.ERROR]]


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    """The kernels allowed at the moment."""
    return list(_allowed[-1])


@contextmanager
def sdpa_kernel(backends: SDPBackend | Iterable[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Within the block allow only these kernels (torch.nn.attention.sdpa_kernel). There is one kernel here, whatever is allowed.

    AssertionError unless it is a backend or a list of them.
    """
    if not isinstance(backends, list | SDPBackend):
        raise AssertionError(
            f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}"
        )
    _allowed.append(list(dict.fromkeys([backends] if isinstance(backends, SDPBackend) else backends)))
    try:
        yield
    finally:
        _allowed.pop()


__getattr__ = _missing(__name__, on_demand=("bias", "flex_attention"))
