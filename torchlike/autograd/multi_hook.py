"""One hook on the gradients of several Tensors (torch.autograd.graph.register_multi_grad_hook)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..core.engine import current
from ..core.node import RemovableHandle
from ..core.tape import edge_of
from ..core.tensor import Tensor


class MultiHandle(RemovableHandle):
    """Removes the hook from all its Tensors."""

    def __init__(self, handles: tuple):
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable, *, mode: str = "all") -> RemovableHandle:
    """Call `fn` once per backward pass over `tensors`.

    With `mode` "all": after the last of their gradients, with the list of them (None for those the pass does not compute). With "any":
    at the first of them, with it alone.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of {('all', 'any')} but got {mode}")
    if mode == "any":
        hook = _First(fn)
        return MultiHandle(tuple(t.register_hook(hook) for t in tensors if t.requires_grad))
    group = _All(fn, [_node(t) for t in tensors])
    return MultiHandle(tuple(t.register_hook(group.hook(i)) for i, t in enumerate(tensors)))


def _node(tensor: Tensor):
    if not tensor.requires_grad:
        raise AssertionError("Expected gradient function to be set")
    return edge_of(tensor)[0]


def _running():
    if current.running is None:
        raise AssertionError("expected this hook to be called inside a backward call")
    return current.running


class _First:
    """Remembers the passes it has seen."""

    def __init__(self, fn: Callable):
        self.fn = fn
        self.seen: set[int] = set()
        self.lock = threading.Lock()

    def __call__(self, grad):
        number = _running().id
        with self.lock:
            if number in self.seen:
                return
            self.seen.add(number)
        self.fn(grad)


class _All:
    """Collects the gradients of each pass until all that it computes are there."""

    def __init__(self, fn: Callable, nodes: list):
        self.fn = fn
        self.nodes = nodes
        self.passes: dict[int, list] = {}
        self.lock = threading.Lock()

    def hook(self, index: int):
        def collect(grad):
            running = _running()
            with self.lock:
                state = self.passes.get(running.id)
                if state is None:
                    expected = sum(map(running.will_run, self.nodes))
                    state = self.passes[running.id] = [expected, [None] * len(self.nodes)]
                state[0] -= 1
                state[1][index] = grad
                if state[0]:
                    return
                del self.passes[running.id]
            self.fn(state[1])

        return collect
