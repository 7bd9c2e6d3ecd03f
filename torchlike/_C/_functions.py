"""Nodes that one puts into a graph by hand (torch._C._functions): to raise during backward, or to let a gradient be undefined."""

from __future__ import annotations

from ..core.failing import Error, failing
from ..core.node import Node
from ..core.op import all_ops
from ..core.tape import AccumulateGrad, edge_of, node_class
from ..core.tensor import Tensor, make_alias


def _put_between(node: Node, tensors: tuple):
    """The same Tensors with `node` as their history."""
    results = tuple(make_alias(t) for t in tensors)
    for nr, (alias, tensor) in enumerate(zip(results, tensors, strict=True)):
        if tensor.requires_grad:
            alias._node, alias._nr, alias._requires_grad = node, nr, True
    return results[0] if len(results) == 1 else results


class DelayedError(Node):
    """`DelayedError(message, n)` called on n Tensors gives them back; RuntimeError(message) once a gradient is to pass."""

    __slots__ = ("message", "count")

    def __init__(self, message: str, count: int):
        super().__init__(())
        self.message, self.count = message, count

    def num_outputs(self) -> int:
        return self.count

    def __call__(self, *tensors: Tensor):
        if len(tensors) != self.count:
            raise TypeError(f"expected {self.count} arguments, got {len(tensors)} instead")
        return _put_between(failing(tuple(map(edge_of, tensors)), [t._aval for t in tensors], self.message), tensors)


class UndefinedGrad(Node):
    """Called on Tensors it gives them back; no gradient passes there: what is below sees an undefined one."""

    __slots__ = ()

    def __init__(self):
        super().__init__(())

    def __call__(self, *tensors: Tensor):
        return _put_between(UndefinedGradBackward(tuple(map(edge_of, tensors)), [t._aval for t in tensors]), tensors)


class UndefinedGradBackward(Node):
    """The node that an UndefinedGrad leaves in the graph."""

    __slots__ = ("avals",)

    def __init__(self, edges: tuple, avals: list):
        super().__init__(edges)
        self.avals = avals

    def num_outputs(self) -> int:
        return len(self.avals)

    def output_aval(self, nr: int):
        return self.avals[nr]

    def run(self, grads, wanted):
        return [None] * len(self.edges)

    run_recorded = run


def __getattr__(name: str) -> type[Node]:
    """The class of an op's nodes, by the name its grad_fn has, such as MulBackward0."""
    for op in all_ops():
        if op.node_name == name:
            return node_class(op)
    raise AttributeError(f"module 'torch._C._functions' has no attribute '{name}'")


__all__ = ["AccumulateGrad", "DelayedError", "Error", "UndefinedGrad", "UndefinedGradBackward"]
