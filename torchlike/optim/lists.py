"""Rules applied to lists of Tensors instead of an optimiser's groups: what `torch.optim.adam.adam` and its relatives are made of."""

from __future__ import annotations

from typing import Any

from ..core.inplace import check_writable
from ..core.modes import is_grad_enabled
from ..core.tensor import Tensor
from .update import RuleOptimizer, by_device


def step_lists(rule: type[RuleOptimizer], params: list, grads: list, states: dict[str, list], *, fused_only: tuple = (), **group: Any) -> None:
    """Update parameters and states, lists as long as `params` (or empty: there is no such state), in place.

    A state that is None is one that has yet to begin; it is put into its list. `fused_only` are arguments that must be None.
    """
    if any(x is not None for x in fused_only):
        raise AssertionError("Expected grad_scale and found_inf to be None")
    if not all(isinstance(step, Tensor) for step in states.get("step", ())):
        raise RuntimeError("API has changed, `state_steps` argument must contain a list of singleton tensors")
    if is_grad_enabled() and not group["differentiable"]:
        for param in params:
            check_writable(param)
    rows: list[dict] = [{} for _ in params]
    for name, entries in states.items():
        for row, entry in zip(rows, entries, strict=False):
            if entry is not None:
                row[name] = entry
    for found in by_device(zip(params, grads, rows, strict=True), lambda each: each[0]):
        rule.apply(group, *map(list, zip(*found, strict=True)))
    for name, entries in states.items():
        entries[:] = [row.get(name) for row in rows][: len(entries)]
