"""Branches and loops that PyTorch's exporter would keep as such (torch.cond, torch.while_loop): here they run as the Python they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .core.tensor import Tensor


def cond(pred, true_fn: Callable, false_fn: Callable, operands: tuple | list = ()) -> Any:
    """true_fn(*operands) if `pred`, a bool or a Tensor of one, else false_fn(*operands) (torch.cond)."""
    if isinstance(pred, Tensor) and pred.numel() != 1:  # type: ignore[attr-defined]
        raise RuntimeError(f"Expected pred to be bool or single-element tensor, but got {pred}.")
    return (true_fn if pred else false_fn)(*operands)


def while_loop(cond_fn: Callable, body_fn: Callable, carried_inputs: tuple | list) -> tuple:
    """`carried_inputs`, replaced by body_fn(*carried_inputs) as long as cond_fn(*carried_inputs) holds (torch.while_loop)."""
    carried = tuple(carried_inputs)
    while cond_fn(*carried):
        result = body_fn(*carried)
        carried = tuple(result) if isinstance(result, tuple | list) else (result,)
    return carried
