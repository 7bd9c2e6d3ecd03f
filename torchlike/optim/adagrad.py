"""Adagrad."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_fused, check_lr, check_non_negative
from .lists import step_lists
from .moments import filled
from .update import RuleOptimizer, scalar_state


class Adagrad(RuleOptimizer):
    """Gradients over the root of the sum of all their squares so far (torch.optim.Adagrad). The state exists from the start."""

    NUMBERS = ("lr", "lr_decay", "eps", "weight_decay")
    OPTIONAL = ("weight_decay",)

    def __init__(self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *,
                 maximize=False, differentiable=False, fused=None):  # fmt: skip
        check_lr(lr)
        check_non_negative("lr_decay value", lr_decay)
        check_non_negative("weight_decay value", weight_decay)
        check_non_negative("initial_accumulator_value value", initial_accumulator_value)
        check_non_negative("epsilon value", eps)
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param].update(self.init_state(param, group))

    def init_state(self, param, group):
        return {"step": scalar_state(0.0, param), "sum": filled(param, self.defaults["initial_accumulator_value"])}

    def share_memory(self) -> None:
        """Put the sums into shared memory."""
        for entry in self.state.values():
            entry["sum"].share_memory_()

    @staticmethod
    def rule(param, grad, state, *, lr, lr_decay, eps, weight_decay):
        if weight_decay is not None:
            grad = grad + weight_decay * param
        total = state["sum"] + grad * grad
        rate = lr / (1 + (state["step"] - 1) * lr_decay)
        return param - rate * grad / (jnp.sqrt(total) + eps), {"sum": total}


def adagrad(params, grads, state_sums, state_steps, fused=None, grad_scale=None, found_inf=None, has_sparse_grad=False, foreach=None,
            differentiable=False, has_complex=False, *, lr, weight_decay, lr_decay, eps, maximize):
    """One step of Adagrad on lists of Tensors, in place (torch.optim.adagrad.adagrad)."""
    states = {"step": state_steps, "sum": state_sums}
    step_lists(Adagrad, params, grads, states, fused_only=(grad_scale, found_inf), lr=lr, weight_decay=weight_decay, lr_decay=lr_decay, eps=eps,
               maximize=maximize, differentiable=differentiable)
