"""Stochastic gradient descent with momentum."""

from __future__ import annotations

import jax

from .checks import check_fused, check_lr, check_non_negative
from .lists import step_lists
from .moments import zeros
from .update import RuleOptimizer


class SGD(RuleOptimizer):
    """Gradient descent, optionally with (Nesterov) momentum (torch.optim.SGD).

    The momentum buffer starts as the first gradient: `buf = momentum * buf + (1 - dampening) * grad`.
    """

    NUMBERS = ("lr", "momentum", "dampening", "weight_decay")
    OPTIONAL = ("momentum", "weight_decay")
    FLAGS = ("nesterov",)

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None,
                 differentiable=False, fused=None):  # fmt: skip
        check_lr(lr)
        check_non_negative("momentum value", momentum)
        check_non_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)

    def init_state(self, param, group):
        # From zeros the rule comes to the first gradient by itself, if nothing dampens it: then the first step is the same program as the others.
        from_zeros = group["momentum"] != 0 and group["dampening"] == 0 and not group.get("differentiable")
        return {"momentum_buffer": zeros(param)} if from_zeros else {}

    @classmethod
    def state_after(cls, names, group):
        return ("momentum_buffer",) if group["momentum"] != 0 else names

    @staticmethod
    def rule(param, grad, state, *, lr, momentum, dampening, weight_decay, nesterov):
        if weight_decay is not None:
            grad = grad + weight_decay * param
        if momentum is not None:
            buffer = state.get("momentum_buffer")
            # The first gradient enters the buffer as a constant, as in PyTorch: it shows when the step itself is differentiated.
            buffer = jax.lax.stop_gradient(grad) if buffer is None else momentum * buffer + (1 - dampening) * grad
            grad = grad + momentum * buffer if nesterov else buffer
            state = {"momentum_buffer": buffer}
        return param - lr * grad, state


def sgd(params, d_p_list, momentum_buffer_list, has_sparse_grad=False, foreach=None, fused=None, grad_scale=None, found_inf=None, *,
        weight_decay, momentum, lr, dampening, nesterov, maximize):
    """One step of SGD on lists of Tensors, in place; buffers that are None begin (torch.optim.sgd.sgd)."""
    states = {"momentum_buffer": momentum_buffer_list} if momentum != 0 else {}
    step_lists(SGD, params, d_p_list, states, fused_only=(grad_scale, found_inf), lr=lr, momentum=momentum, dampening=dampening,
               weight_decay=weight_decay, nesterov=nesterov, maximize=maximize, differentiable=False)
