"""Adamax."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_betas, check_lr, check_non_negative
from .lists import step_lists
from .moments import decayed, zeros
from .update import RuleOptimizer, scalar_state


class Adamax(RuleOptimizer):
    """Adam with the decayed maximum of the gradients' sizes in place of their root mean square (torch.optim.Adamax)."""

    NUMBERS = ("lr", "betas", "eps", "weight_decay")
    OPTIONAL = ("weight_decay",)

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False,
                 differentiable=False, capturable=False):  # fmt: skip
        check_lr(lr)
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {"step": scalar_state(0.0, param), "exp_avg": zeros(param), "exp_inf": zeros(param)}

    @staticmethod
    def rule(param, grad, state, *, lr, betas, eps, weight_decay):
        if weight_decay is not None:
            grad = grad + weight_decay * param
        mean = decayed(state["exp_avg"], grad, betas[0])
        largest = jnp.maximum(betas[1] * state["exp_inf"], jnp.abs(grad) + eps)
        rate = lr / (1 - betas[0] ** state["step"])
        return param - rate * mean / largest, {"exp_avg": mean, "exp_inf": largest}


def adamax(params, grads, exp_avgs, exp_infs, state_steps, foreach=None, maximize=False, differentiable=False, capturable=False,
           has_complex=False, *, eps, beta1, beta2, lr, weight_decay):
    """One step of Adamax on lists of Tensors, in place (torch.optim.adamax.adamax)."""
    states = {"step": state_steps, "exp_avg": exp_avgs, "exp_inf": exp_infs}
    step_lists(Adamax, params, grads, states, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, maximize=maximize,
               differentiable=differentiable)
