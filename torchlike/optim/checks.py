"""The checks the constructors of several optimisers share, in PyTorch's words."""

from __future__ import annotations

from ..core.tensor import Tensor


def check_lr(lr) -> None:
    """ValueError unless the learning rate is a non-negative number or one-element Tensor."""
    if isinstance(lr, Tensor) and lr.numel() != 1:  # type: ignore[attr-defined]
        raise ValueError("Tensor lr must be 1-element")
    check_non_negative("learning rate", lr)


def check_non_negative(what: str, value) -> None:
    """ValueError `Invalid {what}: {value}` unless value >= 0 (NaN fails too)."""
    if not value >= 0.0:
        raise ValueError(f"Invalid {what}: {value}")


def check_betas(betas) -> None:
    """ValueError unless both decay rates are in [0, 1)."""
    for i in range(2):
        if not 0.0 <= betas[i] < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {betas[i]}")


def check_fused(fused, foreach, differentiable) -> None:
    """RuntimeError for combinations PyTorch refuses. There is one implementation here; the flags are accepted and change nothing."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
