"""SparseAdam: Adam for sparse gradients, which do not exist here."""

from __future__ import annotations

from collections.abc import Callable

from ..core.modes import enable_grad
from .checks import check_betas, check_lr
from .optimizer import Optimizer


class SparseAdam(Optimizer):
    """Adam that updates only the rows a sparse gradient names (torch.optim.SparseAdam).

    Gradients are always dense here, and `step` refuses those with PyTorch's RuntimeError.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, maximize=False):
        check_lr(lr)
        for what, value in (("learning rate", lr), ("epsilon value", eps)):
            if not value > 0.0:
                raise ValueError(f"Invalid {what}: {value}")
        check_betas(betas)
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        found = [[i, k] for i, group in enumerate(self.param_groups) for k, p in enumerate(group["params"]) if p.is_complex()]
        if found:
            raise ValueError(f"Complex params at indices {found}: SparseAdam does not support complex parameters")

    def step(self, closure: Callable | None = None):
        """RuntimeError if there is a gradient, which is dense; with none, only the closure runs, whose loss is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if any(param.grad is not None for group in self.param_groups for param in group["params"]):
            raise RuntimeError("SparseAdam does not support dense gradients, please consider Adam instead")
        return loss
