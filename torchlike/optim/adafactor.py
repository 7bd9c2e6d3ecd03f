"""Adafactor: second moments of matrices kept as one row and one column."""

from __future__ import annotations

import math

import jax.numpy as jnp

from ..core.tensor import Tensor
from .moments import decayed, zeros
from .update import RuleOptimizer, scalar_state


def _check(what: str, fine: bool, value) -> None:
    if not fine:
        raise ValueError(f"{what} but is: {value}")


class Adafactor(RuleOptimizer):
    """Steps relative to the size of the parameter, with factored second moments (torch.optim.Adafactor; Shazeer and Stern, 2018)."""

    NUMBERS = ("lr", "beta2_decay", "d", "weight_decay")
    OPTIONAL = ("weight_decay",)

    def __init__(self, params, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, *, foreach=None, maximize=False):
        if isinstance(lr, Tensor) and lr.numel() != 1:  # type: ignore[attr-defined]
            raise ValueError("Tensor lr must be 1-element")
        _check("Learning rate should be >= 0", lr >= 0.0, lr)
        _check("beta2_decay should be <= 0", beta2_decay <= 0.0, beta2_decay)
        _check("epsilon1 should be >= 0", eps[0] is None or eps[0] >= 0.0, eps[0])
        _check("epsilon2 should be >= 0", eps[1] >= 0.0, eps[1])
        _check("Clipping threshold d should be >= 1", d >= 1.0, d)
        _check("weight_decay should be >= 0", weight_decay >= 0.0, weight_decay)
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        step = {"step": scalar_state(0.0, param)}
        if param.ndim <= 1:
            return step | {"variance": zeros(param)}
        *batch, rows, columns = param.shape
        return step | {"row_var": zeros(param, (*batch, rows, 1)), "col_var": zeros(param, (*batch, 1, columns))}

    @classmethod
    def _settings(cls, group, param):
        numbers, operands, flags = super()._settings(group, param)
        first, second = group["eps"]
        first = jnp.finfo(param._aval.dtype).eps if first is None else first
        return numbers, operands, (*flags, ("eps", (float(first), float(second))))

    @staticmethod
    def rule(param, grad, state, *, lr, beta2_decay, d, weight_decay, eps):
        weight = state["step"] ** beta2_decay
        size = jnp.maximum(eps[1], _rms(param)) * jnp.minimum(lr, 1 / jnp.sqrt(state["step"]))
        if weight_decay is not None:
            param = param * (1 - lr * weight_decay)
        if grad.ndim > 1:
            row = decayed(state["row_var"], (grad * grad).mean(-1, keepdims=True), 1 - weight)
            column = decayed(state["col_var"], (grad * grad).mean(-2, keepdims=True), 1 - weight)
            variance = row @ column / jnp.maximum(row.mean(-2, keepdims=True), eps[0])
            new_state = {"row_var": row, "col_var": column}
        else:
            variance = decayed(state["variance"], grad * grad, 1 - weight)
            new_state = {"variance": variance}
        update = grad / jnp.sqrt(jnp.maximum(variance, eps[0] * eps[0]))
        return param - size / jnp.maximum(1.0, _rms(update) / d) * update, new_state


def _rms(x):
    """The root of the mean square."""
    return jnp.sqrt((x * x).sum()) / math.sqrt(x.size)
