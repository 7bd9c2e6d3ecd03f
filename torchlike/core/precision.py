"""How exactly float32 matrix products are computed: true float32 unless the user trades it away."""

from __future__ import annotations

import warnings

import jax

_LEVELS = {"highest": jax.lax.Precision.HIGHEST, "high": jax.lax.Precision.HIGH, "medium": jax.lax.Precision.DEFAULT}
_level = "highest"


def matmul_precision() -> jax.lax.Precision:
    """What dots and convolutions pass to XLA."""
    return _LEVELS[_level]


def get_float32_matmul_precision() -> str:
    """'highest', 'high' or 'medium' (torch.get_float32_matmul_precision)."""
    return _level


def set_float32_matmul_precision(precision: str) -> None:
    """Choose the internal precision of float32 products (torch.set_float32_matmul_precision)."""
    from .op import forget_plans

    global _level
    if precision not in _LEVELS:
        warnings.warn(f"{precision} is not one of 'highest', 'high', or 'medium'; the current setting is kept", stacklevel=2)
        return
    if precision != _level:
        _level = precision
        forget_plans()
