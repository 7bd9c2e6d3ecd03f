"""The graph's public names (torch.autograd.graph)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..core.node import Node, RemovableHandle
from ..core.tape import edge_of
from ..core.tensor import Tensor
from .multi_hook import register_multi_grad_hook
from .saved_hooks import allow_mutation_on_saved_tensors, disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks


class GradientEdge(NamedTuple):
    """A place in the graph: output `output_nr` of `node`."""

    node: Node
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge that a Tensor's gradient flows to; RuntimeError when it needs none."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*edge_of(tensor))


def increment_version(tensor) -> None:
    """Tell autograd that a Tensor (or each of several) was changed behind its back."""
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        (t._counter or t._storage).version += 1


__all__ = [
    "GradientEdge", "Node", "RemovableHandle", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks",
    "get_gradient_edge", "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip
