"""What may be asked while a backward pass runs (torch._C._current_autograd_node and its like)."""

from __future__ import annotations

from ..core.engine import Pass, current
from ..core.node import Node
from .grad_mode import is_multithreading_enabled


def current_node() -> Node | None:
    """The node being run on this thread; None outside of a backward pass."""
    return None if current.running is None else current.running.node


def task_id() -> int:
    """The number of the running pass; -1 outside of one."""
    return -1 if current.running is None else current.running.id


def _running(name: str) -> Pass:
    if current.running is None:
        raise RuntimeError(f"{name} should only be called during the backward pass")
    return current.running


def execution_order() -> list[Node]:
    """The nodes of the running pass in the order in which it comes to them. RuntimeError unless `set_multithreading_enabled(False)`."""
    running = _running("_current_graph_task_execution_order")
    if is_multithreading_enabled():
        raise RuntimeError(
            "get_current_graph_task_execution_order expects the current backward to be executed with multithreading disabled, e.g. by "
            "running:\n\n>>> with torch.autograd.set_multithreading_enabled(False):\n...     torch.autograd.grad(...)\n"
        )
    return running.order()


def will_execute(node: Node) -> bool:
    """Whether the running pass runs the node. RuntimeError for an accumulator while `autograd.grad` runs."""
    if not isinstance(node, Node):
        raise RuntimeError(f"_will_engine_execute_node expects an grad_fn, but got {type(node).__name__}")
    return _running("_get_should_execute_nodes").will_run(node)
