"""L-BFGS: a quasi-Newton method whose steps depend on values, so it runs on Tensors op by op instead of as one rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.modes import enable_grad, no_grad
from ..core.tensor import Tensor
from ..ops.joining import cat
from ..ops.views import view_as_real
from .checks import check_lr
from .line_search import strong_wolfe
from .optimizer import Optimizer


class LBFGS(Optimizer):
    """Limited-memory BFGS (torch.optim.LBFGS). `step` needs a closure that clears the gradients, computes the loss and returns it.

    `history_size` pairs of differences approximate the inverse Hessian. `line_search_fn` is None (fixed steps of `lr`) or
    "strong_wolfe". One parameter group only.
    """

    def __init__(self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9, history_size=100,
                 line_search_fn=None):  # fmt: skip
        check_lr(lr)
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params: list[Tensor] = self.param_groups[0]["params"]

    @staticmethod
    def _flat(tensor: Tensor) -> Any:
        found: Any = tensor
        return (view_as_real(found) if found.is_complex() else found).reshape(-1)

    def _flat_grad(self) -> Any:
        return cat([self._flat(p.grad if p.grad is not None else p.detach() * 0) for p in self._params])  # type: ignore[operator]

    def _move(self, direction, length: float) -> None:
        """Add `length * direction` to the parameters."""
        start = 0
        for param in self._params:
            flat: Any = param
            real = view_as_real(flat) if flat.is_complex() else flat
            end = start + real.numel()
            real.add_(direction[start:end].view_as(real), alpha=length)
            start = end

    @no_grad()
    def step(self, closure: Callable) -> Any:  # type: ignore[override]
        """Iterate until convergence or `max_iter`; returns the loss before the first iteration."""
        group, state = self.param_groups[0], self.state[self._params[0]]
        evaluate = enable_grad()(closure)
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = evaluate()
        loss = float(first_loss)
        evaluations = 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        if _size(grad) <= group["tolerance_grad"]:
            return first_loss
        lr = float(group["lr"])
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            self._new_direction(state, grad, group["history_size"])
            direction = state["d"]
            previous_loss = state["prev_loss"] = loss
            state["prev_flat_grad"] = grad.clone()
            state["t"] = lr * min(1.0, 1.0 / float(grad.abs().sum())) if state["n_iter"] == 1 else lr
            slope = float(grad.dot(direction))
            if slope > -group["tolerance_change"]:
                break
            used = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                attempt = self._attempt(evaluate, direction)
                loss, grad, state["t"], used = strong_wolfe(
                    attempt, state["t"], _size(direction), loss, grad, slope, lambda g, d=direction: float(g.dot(d)),
                    max_evaluations=group["max_eval"] - evaluations,
                )  # fmt: skip
                self._move(direction, state["t"])
            else:
                self._move(direction, state["t"])
                if iteration != group["max_iter"]:
                    loss = float(evaluate())
                    grad = self._flat_grad()
                    used = 1
            evaluations += used
            state["func_evals"] += used
            if self._finished(group, state, grad, loss - previous_loss, evaluations):
                break
        return first_loss

    @staticmethod
    def _finished(group, state, grad, change: float, evaluations: int) -> bool:
        return (
            evaluations >= group["max_eval"]
            or _size(grad) <= group["tolerance_grad"]
            or _size(state["d"]) * abs(state["t"]) <= group["tolerance_change"]
            or abs(change) < group["tolerance_change"]
        )

    def _attempt(self, evaluate: Callable, direction) -> Callable:
        """A function of the step length: loss and gradient there, with the parameters put back afterwards."""
        kept = [p.clone() for p in self._params]  # type: ignore[attr-defined]

        def at(length: float):
            self._move(direction, length)
            loss = float(evaluate())
            grad = self._flat_grad()
            for param, old in zip(self._params, kept, strict=True):
                param.copy_(old)  # type: ignore[attr-defined]
            return loss, grad

        return at

    @staticmethod
    def _new_direction(state: dict, grad, history_size: int) -> None:
        """Put the descent direction into `state["d"]`: the two-loop recursion over the remembered differences."""
        if state["n_iter"] == 1:
            state.update(d=-grad, old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        y = grad - state["prev_flat_grad"]
        s = state["d"] * state["t"]
        curvature = float(y.dot(s))
        history = (state["old_dirs"], state["old_stps"], state["ro"])
        if curvature > 1e-10:
            if len(state["old_dirs"]) == history_size:
                for part in history:
                    part.pop(0)
            for part, new in zip(history, (y, s, 1.0 / curvature), strict=True):
                part.append(new)
            state["H_diag"] = curvature / float(y.dot(y))
        direction = -grad
        weights = []
        for y, s, ro in reversed(list(zip(*history, strict=True))):
            weights.append(float(s.dot(direction)) * ro)
            direction = direction - weights[-1] * y
        direction = direction * state["H_diag"]
        for y, s, ro in zip(*history, strict=True):
            direction = direction + (weights.pop() - float(y.dot(direction)) * ro) * s
        state["d"] = direction


def _size(vector) -> float:
    """The largest absolute value."""
    return float(vector.abs().max())
