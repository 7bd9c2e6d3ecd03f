"""Resilient backpropagation."""

from __future__ import annotations

import jax.numpy as jnp

from .checks import check_lr
from .lists import step_lists
from .moments import filled, zeros
from .update import RuleOptimizer, scalar_state


class Rprop(RuleOptimizer):
    """Steps by the sign of the gradient alone, whose size grows while the sign stays (torch.optim.Rprop; Riedmiller and Braun, 1993)."""

    NUMBERS = ("etas", "step_sizes")

    def __init__(self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None, maximize=False,
                 differentiable=False):  # fmt: skip
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def init_state(self, param, group):
        return {"step": scalar_state(0.0, param), "prev": zeros(param), "step_size": filled(param, float(group["lr"]))}

    @staticmethod
    def rule(param, grad, state, *, etas, step_sizes):
        agreement = jnp.sign(grad * state["prev"])
        shrink, grow = etas
        factor = jnp.where(agreement > 0, grow, jnp.where(agreement < 0, shrink, 1.0))
        size = jnp.clip(state["step_size"] * factor, *step_sizes)
        grad = jnp.where(agreement < 0, 0.0, grad)  # after a change of sign, forget the gradient: the last step was too long
        return param - size * jnp.sign(grad), {"prev": grad, "step_size": size}


def rprop(params, grads, prevs, step_sizes, state_steps, foreach=None, capturable=False, maximize=False, differentiable=False,
          has_complex=False, *, step_size_min, step_size_max, etaminus, etaplus):
    """One step of Rprop on lists of Tensors, in place (torch.optim.rprop.rprop)."""
    states = {"step": state_steps, "prev": prevs, "step_size": step_sizes}
    step_lists(Rprop, params, grads, states, etas=(etaminus, etaplus), step_sizes=(step_size_min, step_size_max), maximize=maximize,
               differentiable=differentiable)
