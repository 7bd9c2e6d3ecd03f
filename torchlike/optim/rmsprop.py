"""RMSprop."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_lr, check_non_negative
from .lists import step_lists
from .moments import decayed, zeros
from .update import RuleOptimizer, scalar_state


class RMSprop(RuleOptimizer):
    """Gradients over the root of the running mean of their squares (torch.optim.RMSprop).

    `centered` subtracts the square of the running mean of the gradients, which leaves an estimate of their variance.
    """

    NUMBERS = ("lr", "alpha", "eps", "weight_decay", "momentum")
    OPTIONAL = ("weight_decay", "momentum")
    FLAGS = ("centered",)

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False, foreach=None,
                 maximize=False, differentiable=False):  # fmt: skip
        check_lr(lr)
        check_non_negative("epsilon value", eps)
        check_non_negative("momentum value", momentum)
        check_non_negative("weight_decay value", weight_decay)
        check_non_negative("alpha value", alpha)
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        state = {"step": scalar_state(0.0, param), "square_avg": zeros(param)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros(param)
        if group["centered"]:
            state["grad_avg"] = zeros(param)
        return state

    @staticmethod
    def rule(param, grad, state, *, lr, alpha, eps, weight_decay, momentum, centered):
        new = dict(state)
        if weight_decay is not None:
            grad = grad + weight_decay * param
        spread = new["square_avg"] = alpha * state["square_avg"] + (1 - alpha) * grad * grad
        if centered:
            mean = new["grad_avg"] = decayed(state["grad_avg"], grad, alpha)
            spread = spread - mean * mean
        update = grad / (jnp.sqrt(spread) + eps)
        if momentum is not None:
            update = new["momentum_buffer"] = momentum * state["momentum_buffer"] + update
        return param - lr * update, new


def rmsprop(params, grads, square_avgs, grad_avgs, momentum_buffer_list, state_steps, foreach=None, maximize=False, differentiable=False,
            capturable=False, has_complex=False, *, lr, alpha, eps, weight_decay, momentum, centered):
    """One step of RMSprop on lists of Tensors, in place (torch.optim.rmsprop.rmsprop)."""
    states = {"step": state_steps, "square_avg": square_avgs}
    states |= {"momentum_buffer": momentum_buffer_list} if momentum > 0 else {}
    states |= {"grad_avg": grad_avgs} if centered else {}
    step_lists(RMSprop, params, grads, states, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered,
               maximize=maximize, differentiable=differentiable)
