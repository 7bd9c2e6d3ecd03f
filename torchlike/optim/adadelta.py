"""Adadelta."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_lr, check_non_negative
from .lists import step_lists
from .moments import zeros
from .update import RuleOptimizer, scalar_state


class Adadelta(RuleOptimizer):
    """Steps as large as the running size of past steps, over that of gradients (torch.optim.Adadelta; Zeiler, 2012)."""

    NUMBERS = ("lr", "rho", "eps", "weight_decay")
    OPTIONAL = ("weight_decay",)

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, maximize=False,
                 differentiable=False):  # fmt: skip
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_non_negative("epsilon value", eps)
        check_non_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
            "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {"step": scalar_state(0.0, param), "square_avg": zeros(param), "acc_delta": zeros(param)}

    @staticmethod
    def rule(param, grad, state, *, lr, rho, eps, weight_decay):
        if weight_decay is not None:
            grad = grad + weight_decay * param
        square = rho * state["square_avg"] + (1 - rho) * grad * grad
        delta = jnp.sqrt(state["acc_delta"] + eps) / jnp.sqrt(square + eps) * grad
        past = rho * state["acc_delta"] + (1 - rho) * delta * delta
        return param - lr * delta, {"square_avg": square, "acc_delta": past}


def adadelta(params, grads, square_avgs, acc_deltas, state_steps, capturable=False, foreach=None, differentiable=False, has_complex=False, *, lr,
             rho, eps, weight_decay, maximize):
    """One step of Adadelta on lists of Tensors, in place (torch.optim.adadelta.adadelta)."""
    states = {"step": state_steps, "square_avg": square_avgs, "acc_delta": acc_deltas}
    step_lists(Adadelta, params, grads, states, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize,
               differentiable=differentiable)
