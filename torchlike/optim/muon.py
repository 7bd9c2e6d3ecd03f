"""Muon: steps along the nearest orthogonal matrix to the momentum, for the matrices of a network."""

from __future__ import annotations

import math

import jax.numpy as jnp

from ..core.tensor import Tensor
from .adafactor import _check
from .moments import decayed, zeros
from .update import RuleOptimizer


class Muon(RuleOptimizer):
    """Momentum, orthogonalised by a few Newton-Schulz iterations in bfloat16 (torch.optim.Muon; Jordan, 2024). 2-d parameters only.

    `adjust_lr_fn` scales the learning rate with the shape: "original" (the default) or "match_rms_adamw".
    """

    NUMBERS = ("lr", "weight_decay", "momentum")
    FLAGS = ("nesterov", "ns_coefficients", "ns_steps", "eps", "adjust_lr_fn")

    def __init__(self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.775, 2.0315),
                 eps=1e-7, ns_steps=5, adjust_lr_fn=None):  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:  # type: ignore[attr-defined]
            raise ValueError("Tensor lr must be 1-element")
        _check("Learning rate should be >= 0", lr >= 0.0, lr)
        _check("momentum should be >= 0", momentum >= 0.0, momentum)
        _check("weight decay should be >= 0", weight_decay >= 0.0, weight_decay)
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "ns_coefficients": ns_coefficients,
            "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            for param in group["params"]:
                if param.ndim != 2:
                    raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {param.size()}")

    def init_state(self, param, group):
        if param.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        return {"momentum_buffer": zeros(param)}

    @staticmethod
    def rule(param, grad, state, *, lr, weight_decay, momentum, nesterov, ns_coefficients, ns_steps, eps, adjust_lr_fn):
        buffer = decayed(state["momentum_buffer"], grad, momentum)
        update = decayed(buffer, grad, momentum) if nesterov else buffer
        update = _orthogonalised(update, ns_coefficients, ns_steps, eps).astype(param.dtype)
        new_param = param * (1 - lr * weight_decay) - lr * _ratio(adjust_lr_fn, *param.shape) * update
        return new_param, {"momentum_buffer": buffer}


def _ratio(adjust_lr_fn: str | None, rows: int, columns: int) -> float:
    if adjust_lr_fn == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def _orthogonalised(x, coefficients: tuple, steps: int, eps: float):
    """A polynomial of odd degree of `x` that brings its singular values near one."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    x = x.astype(jnp.bfloat16)
    x = x.T if tall else x
    norm = jnp.sqrt((x.astype(jnp.float32) ** 2).sum()).astype(x.dtype)
    x = x / jnp.maximum(norm, eps)
    for _ in range(steps):
        gram = _matmul(x, x.T)
        correction = (b * gram + c * _matmul(gram, gram)).astype(jnp.bfloat16)
        x = (a * x + _matmul(correction, x)).astype(jnp.bfloat16)
    return x.T if tall else x


def _matmul(x, y):
    return jnp.matmul(x, y, preferred_element_type=jnp.float32).astype(jnp.bfloat16)
