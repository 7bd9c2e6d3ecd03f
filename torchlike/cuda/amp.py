"""The older names of torch.amp for GPUs (torch.cuda.amp), which warn of the newer ones."""

from __future__ import annotations

import functools
import warnings

from .. import amp
from ..core.dtype import float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def deprecated(name: str, kind: str) -> None:
    """Warn the caller's caller of an older name."""
    warnings.warn(f"`torch.{kind}.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('{kind}', args...)` instead.",
                  FutureWarning, stacklevel=3)


class autocast(amp.autocast):
    """`torch.amp.autocast("cuda", ...)`."""

    def __init__(self, enabled: bool = True, dtype=float16, cache_enabled: bool = True):
        deprecated("autocast", "cuda")
        super().__init__("cuda", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """`torch.amp.GradScaler("cuda", ...)`."""

    def __init__(self, init_scale: float = 65536.0, growth_factor: float = 2.0, backoff_factor: float = 0.5, growth_interval: int = 2000,
                 enabled: bool = True):
        deprecated("GradScaler", "cuda")
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def custom_fwd(fwd=None, *, cast_inputs=None):
    """`torch.amp.custom_fwd(..., device_type="cuda")`."""
    deprecated("custom_fwd", "cuda")
    return functools.partial(amp.custom_fwd, device_type="cuda")(fwd, cast_inputs=cast_inputs)


def custom_bwd(bwd=None):
    """`torch.amp.custom_bwd(..., device_type="cuda")`."""
    deprecated("custom_bwd", "cuda")
    return amp.custom_bwd(bwd, device_type="cuda")
