"""RAdam."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_betas, check_lr, check_non_negative
from .lists import step_lists
from .moments import moments, zeros
from .update import RuleOptimizer, scalar_state


class RAdam(RuleOptimizer):
    """Adam that waits with its adaptive steps until their variance is bounded (torch.optim.RAdam; Liu et al., 2019)."""

    NUMBERS = ("lr", "betas", "eps", "weight_decay")
    OPTIONAL = ("weight_decay",)
    FLAGS = ("decoupled_weight_decay",)

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, foreach=None,
                 maximize=False, capturable=False, differentiable=False):  # fmt: skip
        check_lr(lr)
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {"step": scalar_state(0.0, param), "exp_avg": zeros(param), "exp_avg_sq": zeros(param)}

    @staticmethod
    def rule(param, grad, state, *, lr, betas, eps, weight_decay, decoupled_weight_decay):
        step = state["step"]
        if weight_decay is not None:
            if decoupled_weight_decay:
                param = param * (1 - lr * weight_decay)
            else:
                grad = grad + weight_decay * param
        mean, square = moments(grad, state, betas)
        correction, square_correction = (1 - beta**step for beta in betas)
        # rho: the length of the simple moving average that the exponential one approximates, in the limit and now.
        rho_limit = 2 / (1 - betas[1]) - 1
        rho = rho_limit - 2 * step * betas[1] ** step / square_correction
        rectification = ((rho - 4) * (rho - 2) * rho_limit / ((rho_limit - 4) * (rho_limit - 2) * rho)) ** 0.5
        adaptive = jnp.sqrt(square_correction) / (jnp.sqrt(square) + eps) * rectification
        update = mean / correction * lr * jnp.where(rho > 5.0, adaptive, 1.0)
        return param - update, {"exp_avg": mean, "exp_avg_sq": square}


def radam(params, grads, exp_avgs, exp_avg_sqs, state_steps, decoupled_weight_decay=False, foreach=None, differentiable=False, capturable=False,
          has_complex=False, maximize=False, *, beta1, beta2, lr, weight_decay, eps):
    """One step of RAdam on lists of Tensors, in place (torch.optim.radam.radam)."""
    states = {"step": state_steps, "exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}
    step_lists(RAdam, params, grads, states, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay,
               decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, differentiable=differentiable)
