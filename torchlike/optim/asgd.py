"""Averaged stochastic gradient descent."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_lr, check_non_negative
from .lists import step_lists
from .moments import zeros
from .update import RuleOptimizer, scalar_state


class ASGD(RuleOptimizer):
    """Gradient descent that also keeps the average of its parameters, in `state["ax"]` (torch.optim.ASGD; Polyak and Juditsky, 1992).

    The learning rate decays with power `alpha`; averaging starts after `t0` steps.
    """

    NUMBERS = ("lr", "lambd", "alpha", "t0", "weight_decay")
    OPTIONAL = ("weight_decay",)

    def __init__(self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False, differentiable=False,
                 capturable=False):  # fmt: skip
        check_lr(lr)
        check_non_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {
            "step": scalar_state(0.0, param), "eta": scalar_state(float(group["lr"]), param), "mu": scalar_state(1.0, param),
            "ax": zeros(param),
        }  # fmt: skip

    @staticmethod
    def rule(param, grad, state, *, lr, lambd, alpha, t0, weight_decay):
        step, eta, mu = state["step"], state["eta"], state["mu"]
        if weight_decay is not None:
            grad = grad + weight_decay * param
        param = param * (1 - lambd * eta) - eta * grad
        average = jnp.where(mu == 1, param, state["ax"] + mu * (param - state["ax"]))
        eta = lr / (1 + lambd * lr * step) ** alpha
        return param, {"eta": eta, "mu": 1 / jnp.maximum(step - t0, 1.0), "ax": average}


def asgd(params, grads, axs, mus, etas, state_steps, foreach=None, maximize=False, differentiable=False, capturable=False, has_complex=False, *,
         lambd, lr, t0, alpha, weight_decay):
    """One step of ASGD on lists of Tensors, in place (torch.optim.asgd.asgd)."""
    states = {"step": state_steps, "eta": etas, "mu": mus, "ax": axs}
    step_lists(ASGD, params, grads, states, lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, maximize=maximize,
               differentiable=differentiable)
