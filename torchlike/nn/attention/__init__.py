"""Attention beyond one call (torch.nn.attention): choice of kernels, causal biases, and attention with functions of scores and positions."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ...backends.cuda import attention_switches
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


_SWITCHES = {SDPBackend.FLASH_ATTENTION: "flash", SDPBackend.EFFICIENT_ATTENTION: "mem_efficient", SDPBackend.MATH: "math",
             SDPBackend.CUDNN_ATTENTION: "cudnn"}


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[SDPBackend]:
    """The kernels allowed at the moment."""
    return [backend for backend, name in _SWITCHES.items() if attention_switches[name]]


@contextmanager
def sdpa_kernel(backends: SDPBackend | Iterable[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """Within the block allow only these kernels (torch.nn.attention.sdpa_kernel). There is one kernel here, whatever is allowed.

    AssertionError unless it is a backend or a list of them.
    """
    if not isinstance(backends, list | SDPBackend):
        raise AssertionError(
            f"Backend must be an instance of SDPBackend or a list of SDPBackend instances, got {type(backends).__name__}"
        )
    wanted = [backends] if isinstance(backends, SDPBackend) else backends
    before = dict(attention_switches)
    attention_switches.update({name: backend in wanted for backend, name in _SWITCHES.items()})
    try:
        yield
    finally:
        attention_switches.update(before)


__getattr__ = _missing(__name__, on_demand=("bias", "flex_attention"))
