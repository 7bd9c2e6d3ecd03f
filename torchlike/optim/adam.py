"""Adam, and its building block: the bias-corrected step both Adam and AdamW take."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.tensor import Tensor
from .checks import check_betas, check_fused, check_lr, check_non_negative
from .lists import step_lists
from .moments import moments, zeros
from .update import RuleOptimizer, scalar_state


class Adam(RuleOptimizer):
    """Adam (torch.optim.Adam): steps of the running mean of gradients over the root of the running mean of their squares.

    `amsgrad` uses the maximum of the second moment so far; `decoupled_weight_decay` makes it AdamW.
    """

    NUMBERS = ("lr", "betas", "eps", "weight_decay")
    OPTIONAL = ("weight_decay",)
    FLAGS = ("amsgrad", "decoupled_weight_decay")

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, maximize=False,
                 capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False):  # fmt: skip
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check_lr(lr)
        check_non_negative("epsilon value", eps)
        check_betas(betas)
        check_non_negative("weight_decay value", weight_decay)
        _check_kind_of_betas(betas, foreach and not capturable)
        defaults = {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)

    def init_state(self, param, group):
        state = {"step": scalar_state(0.0, param), "exp_avg": zeros(param), "exp_avg_sq": zeros(param)}
        return state | {"max_exp_avg_sq": zeros(param)} if group["amsgrad"] else state

    @staticmethod
    def rule(param, grad, state, *, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay):
        if weight_decay is not None:
            if decoupled_weight_decay:
                param = param * (1 - lr * weight_decay)
            else:
                grad = grad + weight_decay * param
        mean, square = moments(grad, state, betas)
        largest = {"max_exp_avg_sq": jnp.maximum(state["max_exp_avg_sq"], square)} if amsgrad else {}
        correction, square_correction = (1 - beta ** state["step"] for beta in betas)
        denominator = jnp.sqrt(largest.get("max_exp_avg_sq", square)) / jnp.sqrt(square_correction) + eps
        return param - (lr / correction) * mean / denominator, {"exp_avg": mean, "exp_avg_sq": square, **largest}


def adam(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, foreach=None, capturable=False, differentiable=False, fused=None,
         grad_scale=None, found_inf=None, has_complex=False, decoupled_weight_decay=False, *, amsgrad, beta1, beta2, lr, weight_decay, eps,
         maximize):
    """One step of Adam on lists of Tensors, in place (torch.optim.adam.adam)."""
    states = {"step": state_steps, "exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}
    states |= {"max_exp_avg_sq": max_exp_avg_sqs} if amsgrad else {}
    step_lists(Adam, params, grads, states, fused_only=(grad_scale, found_inf), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay,
               amsgrad=amsgrad, decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, differentiable=differentiable)


def _check_kind_of_betas(betas: tuple, plain_only: bool | None) -> None:
    """ValueError unless both are floats or both one-element Tensors, which is not allowed if `plain_only`."""
    if not all(isinstance(b, float) for b in betas) and not all(isinstance(b, Tensor) for b in betas):
        raise ValueError("betas must be either both floats or both Tensors")
    for i, beta in enumerate(betas):
        if isinstance(beta, Tensor):
            if plain_only:
                raise ValueError(f"betas[{i}] as a Tensor is not supported for capturable=False and foreach=True")
            if beta.numel() != 1:  # type: ignore[attr-defined]
                raise ValueError(f"Tensor betas[{i}] must be 1-element")
