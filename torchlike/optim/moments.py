"""What the Adam family has in common: running means of the gradient and of its square, and states that start at zero."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.dispatch import run_raw
from ..core.op import Op
from ..core.tensor import Tensor, make, value_of

_ZEROS = Op(lambda x, /: jnp.zeros_like(x), "zeros_like", "ZerosLikeBackward0")
_FULL = Op(lambda x, value, /: jnp.full_like(x, value), "full_like", "FullLikeBackward0")


def zeros(param: Tensor) -> Tensor:
    """A Tensor of zeros shaped like the parameter, on its device."""
    return make(run_raw(_ZEROS, (value_of(param),), (), (param._aval,)), param._aval)


def filled(param: Tensor, value: float) -> Tensor:
    """A Tensor shaped like the parameter filled with `value`, in both parts if it is complex."""
    number = complex(value, value) if param._aval.is_complex else float(value)
    return make(run_raw(_FULL, (value_of(param), number), ()), param._aval)


def decayed(mean, new, beta):
    """The exponential running mean `beta * mean + (1 - beta) * new`, in the form that moves the mean towards the new value."""
    return mean + (1 - beta) * (new - mean)


def moments(grad, state: dict, betas: tuple) -> tuple:
    """The running means of the gradient and of its square, one step on."""
    mean = decayed(state["exp_avg"], grad, betas[0])
    return mean, betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
