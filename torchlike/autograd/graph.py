"""The graph's public names (torch.autograd.graph)."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

from ..core import node
from ..core.node import RemovableHandle
from ..core.tape import edge_of
from ..core.tensor import Tensor
from .multi_hook import register_multi_grad_hook
from .saved_hooks import allow_mutation_on_saved_tensors, disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks


class Node(abc.ABC):
    """What every `grad_fn` is an instance of. It says what they offer; they do not inherit from it."""

    @abc.abstractmethod
    def name(self) -> str:
        """The node's name, such as 'MulBackward0'."""

    @property
    @abc.abstractmethod
    def next_functions(self) -> tuple:
        """Per argument, the pair (node, output number) its gradient goes to."""

    @abc.abstractmethod
    def metadata(self) -> dict:
        """A dictionary for the user's notes."""

    @abc.abstractmethod
    def _sequence_nr(self) -> int: ...

    @property
    @abc.abstractmethod
    def _input_metadata(self) -> list: ...

    @abc.abstractmethod
    def _register_hook_dict(self, tensor: Tensor) -> None: ...

    @abc.abstractmethod
    def register_hook(self, fn) -> RemovableHandle:
        """Call fn(grad_inputs, grad_outputs) after the node ran."""

    @abc.abstractmethod
    def register_prehook(self, fn) -> RemovableHandle:
        """Call fn(grad_outputs) before the node runs."""

    @classmethod
    def __subclasshook__(cls, subclass: type):
        return True if cls is Node and issubclass(subclass, node.Node) else NotImplemented


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
    """Tell autograd that a Tensor (or each of several) was changed behind its back. Inference tensors count nothing."""
    try:
        tensors = (tensor,) if isinstance(tensor, Tensor) else tuple(tensor)
    except TypeError:
        tensors = (None,)
    if not all(isinstance(t, Tensor) for t in tensors):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for t in tensors:
        if not t._inference:
            (t._counter or t._storage).version += 1


def region_activation_memory_budget(budget: float):
    """A setting of PyTorch's compiler, which torchlike does not have: RuntimeError, as outside of a compiled region there."""
    name = "torch.autograd.graph.region_activation_memory_budget"
    if isinstance(budget, bool) or not isinstance(budget, int | float):
        raise TypeError(f"{name}: expects a float, got {type(budget).__name__}")
    if not 0.0 <= budget <= 1.0:
        raise ValueError(f"{name}: must be in [0, 1], got {budget}")
    raise RuntimeError(f"{name} can only be used inside a torch.compile region; it has no effect in eager mode.")


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """Accepted for PyTorch's sake: JAX has no streams to mismatch."""


def set_override_stale_capture_stream(enabled: bool) -> None:
    """Accepted for PyTorch's sake: JAX captures no graphs of streams."""


__all__ = [
    "GradientEdge", "Node", "RemovableHandle", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge",
    "increment_version", "region_activation_memory_budget", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
    "set_override_stale_capture_stream", "set_warn_on_accumulate_grad_stream_mismatch",
]  # fmt: skip
