"""NAdam."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_betas, check_lr, check_non_negative
from .lists import step_lists
from .moments import moments, zeros
from .update import RuleOptimizer, scalar_state


class NAdam(RuleOptimizer):
    """Adam with Nesterov momentum, whose coefficient grows with the steps (torch.optim.NAdam; Dozat, 2016)."""

    NUMBERS = ("lr", "betas", "eps", "weight_decay", "momentum_decay")
    OPTIONAL = ("weight_decay",)
    FLAGS = ("decoupled_weight_decay",)

    def __init__(self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=False, *,
                 foreach=None, maximize=False, capturable=False, differentiable=False):  # fmt: skip
        check_lr(lr)
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        check_non_negative("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {
            "step": scalar_state(0.0, param), "mu_product": scalar_state(1.0, param), "exp_avg": zeros(param), "exp_avg_sq": zeros(param),
        }  # fmt: skip

    @staticmethod
    def rule(param, grad, state, *, lr, betas, eps, weight_decay, momentum_decay, decoupled_weight_decay):
        step = state["step"]
        if weight_decay is not None:
            if decoupled_weight_decay:
                param = param * (1 - lr * weight_decay)
            else:
                grad = grad + weight_decay * param
        mu, mu_next = (betas[0] * (1.0 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
        product = state["mu_product"] * mu
        mean, square = moments(grad, state, betas)
        denominator = jnp.sqrt(square / (1 - betas[1] ** step)) + eps
        param = param - (lr * (1.0 - mu) / (1.0 - product)) * grad / denominator
        param = param - (lr * mu_next / (1.0 - product * mu_next)) * mean / denominator
        return param, {"mu_product": product, "exp_avg": mean, "exp_avg_sq": square}


def nadam(params, grads, exp_avgs, exp_avg_sqs, mu_products, state_steps, decoupled_weight_decay=False, foreach=None, capturable=False,
          differentiable=False, has_complex=False, maximize=False, *, beta1, beta2, lr, weight_decay, momentum_decay, eps):
    """One step of NAdam on lists of Tensors, in place (torch.optim.nadam.nadam)."""
    states = {"step": state_steps, "mu_product": mu_products, "exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}
    step_lists(NAdam, params, grads, states, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
               decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, differentiable=differentiable)
