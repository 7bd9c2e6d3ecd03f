"""What cannot be mapped by vmap: ops whose result's shape or Python value depends on the numbers, and some random ones."""

from __future__ import annotations

from .levels import VmapLevel, is_shared
from .modes import state
from .tensor import Tensor

_SAME = "Vmap does not currently support same randomness with a batched tensor input. Please file an issue with functorch"


def refuse_mapped(message: str, *tensors: Tensor) -> None:
    """RuntimeError for Tensors of which each example of a vmap has its own."""
    if state.levels and not all(map(is_shared, tensors)):
        raise RuntimeError(message)


def refuse_dynamic(name: str, *tensors: Tensor) -> None:
    """`refuse_mapped` for the op `name`, whose result's shape depends on the numbers."""
    refuse_mapped(
        f"vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over aten::{name}. Please file an issue at "
        "https://github.com/pytorch/pytorch/issues if you need this feature.",
        *tensors,
    )


def refuse_same_draws(parameters: Tensor) -> None:
    """RuntimeError for a random op whose parameters differ between examples that are to have the same numbers."""
    if any(isinstance(level, VmapLevel) and level.randomness == "same" for level in state.levels):
        refuse_mapped(_SAME, parameters)
