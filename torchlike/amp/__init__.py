"""Automatic mixed precision (torch.amp): `autocast` regions, and `GradScaler` for gradients that float16 would lose."""

from . import policies as _policies
from .autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from .grad_scaler import GradScaler

_policies.install()

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available", "GradScaler"]
