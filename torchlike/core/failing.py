"""Nodes that stand where no derivative exists: running one raises."""

from __future__ import annotations

from .node import Node, renamed


class Error(Node):
    """Raises `error(message)` when run. Made by `failing`, which names it."""

    __slots__ = ("error", "message", "avals")

    def __init__(self, edges: tuple, avals: list, error: type, message: str):
        super().__init__(edges)
        self.avals, self.error, self.message = avals, error, message

    def name(self) -> str:
        kind = type(self).__name__
        return f"torch::autograd::{kind}" if kind == "Error" else kind

    def num_outputs(self) -> int:
        return len(self.avals)

    def output_aval(self, nr: int):
        return self.avals[nr]

    def run(self, grads, wanted):
        raise self.error(self.message)

    run_recorded = run


def failing(edges: tuple, avals: list, message: str, name: str = "Error", error: type = RuntimeError) -> Node:
    """A node with these edges and outputs that raises `error(message)` instead of running."""
    return renamed(Error, name)(edges, avals, error, message)


def refuse_backward(message: str, *results, name: str | None = None) -> None:
    """Let the derivative of all results of one op be RuntimeError(message), if a derivative is recorded; their node keeps its name unless told."""
    node = results[0]._node
    if node is not None:
        refusing = failing(node.edges, [r._aval for r in results], message, name or node.name())
        for r in results:
            r._node = refusing
