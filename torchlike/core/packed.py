"""Saved values that pass through the user's hooks: `pack` once when saved, `unpack` at each access (torch.autograd.graph).

A pair of hooks comes from the stack of the current thread, or from one saved value's `register_hooks`. Nothing here is entered
unless there is a pair.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from .modes import no_grad
from .node import Node
from .saved import SECOND_BACKWARD, Saved
from .shown import find_saved, index_slots
from .tensor import Tensor, make, value_of


class _Defaults(threading.local):
    stack: tuple = ()
    disabled: str | None = None


defaults = _Defaults()


def push(pack, unpack) -> None:
    """Put a pair of hooks on this thread's stack."""
    _check_callable("_push_saved_tensors_default_hooks", "", (pack, unpack))
    if defaults.disabled is not None:
        raise RuntimeError(defaults.disabled)
    defaults.stack = (*defaults.stack, (pack, unpack))


def pop() -> None:
    """Take the newest pair off again."""
    defaults.stack = defaults.stack[:-1]


def _check_callable(name: str, owner: str, arguments: tuple) -> None:
    hooks = arguments[-2:] if not owner else arguments[1:]
    if len(hooks) != 2 or not all(map(callable, hooks)):
        raise TypeError(
            f"{name}(): incompatible function arguments. The following argument types are supported:\n"
            f"    1. ({owner}arg0: collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
            f"Invoked with: {', '.join(map(repr, arguments))}"
        )


class Packed(Saved):
    """A saved value in the form the user's `pack` gave it; in-place changes of its Tensor are the user's business."""

    __slots__ = ("packed", "unpack")
    packed: Any
    unpack: Any

    def __init__(self, saved: Saved, tensor: Tensor, pack, unpack):
        super().__init__(None, saved.aval, None, saved.edge, False)
        before = (tensor._counter or tensor._storage).version
        with no_grad():
            self.packed = pack(tensor)
        self.unpack = unpack
        if (tensor._counter or tensor._storage).version != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be modified by "
                "in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to perform in-place "
                "operations on the input to a pack hook."
            )

    def _unpacked(self) -> Tensor:
        tensor = self.unpack(self.packed)
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(tensor).__name__}")
        return tensor

    def check(self, owner: Node):
        return value_of(self._unpacked())

    def tensor(self, owner: Node) -> Tensor:
        found = self._unpacked()
        node: Any = owner if self.is_output else self.edge[0]
        if node is None:
            return found
        result = make(value_of(found), found._aval)
        result._requires_grad = True
        if node.is_accumulator:
            result._accumulator = weakref.ref(node)
        else:
            result._node, result._nr = node, self.edge[1]
        return result


class PackedSlots(list):
    """What a node saved through hooks, with the order in which it is unpacked, which is the one in which it was packed."""

    __slots__ = ("order",)
    order: list[int]

    def unpacked(self, unpack: Callable) -> list:
        """The slots with `unpack` called on what was saved, in order."""
        found = list(self)
        for k in self.order:
            if isinstance(found[k], Saved):
                found[k] = unpack(found[k])
        return found


def packed(saved: Saved, tensor: Tensor) -> Saved:
    """`saved`, handed through the newest pair of hooks if there is one."""
    return Packed(saved, tensor, *defaults.stack[-1]) if defaults.stack else saved


def _packing_order(names: tuple, position: int) -> tuple:
    name = names[position] if position < len(names) else ""
    return (not name, "self" if name == "input" else name)


def pack_saved(node, args) -> None:
    """Hand all that an op's node saved through the newest pair of hooks, as PyTorch does in the order of the arguments' names; `args` are
    the Tensors the op was called with."""
    names = node.plan.op.array_names
    order = sorted(enumerate(node.plan.saved), key=lambda slot: _packing_order(names, slot[1]))
    node.saved = slots = PackedSlots(node.saved)
    slots.order = [k for k, _ in order]
    for k, i in order:
        s = node.saved[k]
        if isinstance(s, Saved):
            node.saved[k] = packed(s, s.tensor(node) if s.is_output else args[i])


class SavedTensor:
    """A handle on one saved value (`grad_fn._raw_saved_...`), to give it hooks of its own."""

    __module__ = "torchlike._C._autograd"

    def __init__(self, *place):
        if len(place) != 2:
            raise RuntimeError("Trying to create a SavedTensor object from Python is forbidden.")
        self._node, self._index = place

    @property
    def data(self):
        """What is kept: what the user's pack hook gave, or the Tensor (without its history, when it is a leaf or the node's own output)."""
        saved = self._slot()
        if isinstance(saved, Packed):
            return saved.packed
        tensor = saved.tensor(self._node)
        return tensor.detach() if saved.is_output or tensor.is_leaf else tensor

    def unpack(self):
        """The Tensor, as backward gets it."""
        saved = self._slot()
        return saved.tensor(self._node) if isinstance(saved, Saved) else saved

    @property
    def unpack_hook(self):
        """The user's unpack hook; None without."""
        saved = self._slot()
        return saved.unpack if isinstance(saved, Packed) else None

    def _slot(self):
        slots = self._node.saved_slots()
        if slots is None:
            raise RuntimeError(SECOND_BACKWARD)
        return slots[self._index] if self._index is not None else None

    def register_hooks(self, *hooks) -> None:
        """Given (pack_hook, unpack_hook), pack the value now and unpack it at each access. RuntimeError once freed, when there is none, or
        the second time."""
        _check_callable("register_hooks", "self: torch._C._autograd.SavedTensor, ", (self, *hooks))
        slots = self._node.saved_slots()
        if slots is None:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are freed when you "
                "call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
                "if you need to access saved variables after calling backward."
            )
        saved = slots[self._index] if self._index is not None else None
        if not isinstance(saved, Saved):
            raise RuntimeError("Calling register_hooks on a saved tensor with value None is forbidden")
        if isinstance(saved, Packed):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is allowed at a time."
            )
        slots[self._index] = Packed(saved, saved.tensor(self._node), *hooks)


def raw_saved(node, name: str):
    """`node._raw_saved_<name>`: a handle on the saved value, or a tuple of them on the indices of an index."""
    slots = index_slots(node, name)
    return SavedTensor(node, find_saved(node, name, "_raw_saved_")) if slots is None else tuple(SavedTensor(node, i) for i in slots)
