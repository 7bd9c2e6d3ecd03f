"""What the Adam family has in common: running means of the gradient and of its square, and states that start at zero."""

from __future__ import annotations

import numpy as np

from ..core.device import to_jax_device
from ..core.structural import FULL
from ..core.tensor import Tensor, make
from ..execution import SCALAR_AVALS, aval_of, executor, placed


def zeros(param: Tensor, shape: tuple[int, ...] | None = None) -> Tensor:
    """A Tensor of zeros of the parameter's dtype (and shape, unless another is given), on its device."""
    return filled(param, 0.0, shape)


def filled(param: Tensor, value: float, shape: tuple[int, ...] | None = None) -> Tensor:
    """A Tensor shaped like the parameter, unless told otherwise, filled with `value`, in both parts if it is complex."""
    aval = param._aval if shape is None else aval_of(shape, param._aval.dtype, param._aval.device)
    number = complex(value, value) if aval.is_complex else float(value)
    device = aval.device or to_jax_device()
    # At once, whatever the mode: so the first step of a training loop is the same program as the second.
    if device.platform == "cpu":
        return make(placed(np.full(aval.shape, number, aval.dtype), device), aval)  # without a kernel per shape
    plan = FULL.plan((aval.shape, aval.dtype, device), 0, (SCALAR_AVALS[type(number)],))
    return make(executor.immediate.run(plan, (number,)), aval)


def decayed(mean, new, beta):
    """The exponential running mean `beta * mean + (1 - beta) * new`, in the form that moves the mean towards the new value."""
    return mean + (1 - beta) * (new - mean)


def moments(grad, state: dict, betas: tuple) -> tuple:
    """The running means of the gradient and of its square, one step on."""
    mean = decayed(state["exp_avg"], grad, betas[0])
    return mean, betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
