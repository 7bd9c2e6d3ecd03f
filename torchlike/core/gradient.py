"""Forgetting gradients: what `Module.zero_grad` and `Optimizer.zero_grad` do to one parameter."""

from __future__ import annotations

from .tensor import Tensor


def reset_grad(param: Tensor, set_to_none: bool) -> None:
    """Drop the parameter's gradient, or detach it and fill it with zeros."""
    if set_to_none:
        param._grad = None
        return
    grad = param.grad
    if grad is None:
        return
    if grad.grad_fn is not None:
        grad.detach_()
    else:
        grad.requires_grad_(False)
    grad.zero_()  # type: ignore[attr-defined]
