"""A Node of the graph and the hooks on it: what the engine walks, whatever the node computes."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from typing import Any, NamedTuple

next_order = itertools.count(0, -1).__next__


def next_sequence_nr() -> int:
    """The `_sequence_nr` of the node made next on this thread; asking spends a number."""
    return 1 - next_order()


class Anomaly:
    """The switch of anomaly mode, one for all threads; `core.anomaly` provides `remember`."""

    __slots__ = ("enabled", "check_nan", "remember")

    def __init__(self):
        self.enabled = False
        self.check_nan = True
        self.remember = None


anomaly = Anomaly()


class Hooks:
    """The hooks on one node, by the moment at which the engine runs them."""

    __slots__ = ("tensor", "pre", "retain", "accumulated", "post")

    def __init__(self):
        self.tensor: dict[int, OrderedDict] = {}
        self.pre: OrderedDict = OrderedDict()
        self.retain: dict[int, weakref.ref] = {}
        self.accumulated: OrderedDict = OrderedDict()
        self.post: OrderedDict = OrderedDict()


class RemovableHandle:
    """Removes one hook: `handle.remove()`, or at the end of a `with` block."""

    _ids = itertools.count()

    def __init__(self, hooks: OrderedDict):
        self.hooks_dict_ref = weakref.ref(hooks)
        self.id = next(self._ids)

    def remove(self) -> None:
        """Take the hook away; doing it twice is harmless."""
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.remove()

    def __getstate__(self):
        return self.hooks_dict_ref(), self.id

    def __setstate__(self, state):
        hooks, self.id = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        # Handles made from now on must differ from this one, which another process may have numbered.
        RemovableHandle._ids = itertools.count(max(next(self._ids), self.id + 1))


def add_hook(hooks: OrderedDict, hook) -> RemovableHandle:
    """Append a hook and return the handle that removes it."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def move_retained(old: Node | None, nr: int, new: Node | None, new_nr: int) -> None:
    """A Tensor that retains its grad got a new history: its retain_grad goes along. Other hooks stay where they were registered."""
    if old is not None and old.hooks is not None and new is not None:
        kept = old.hooks.retain.pop(nr, None)
        if kept is not None:
            new.ensure_hooks().retain[new_nr] = kept


_renamed: dict[tuple[type, str], type] = {}


def renamed(cls: type, name: str) -> type:
    """The same class of nodes under another name: PyTorch names some nodes after the overload that was called."""
    if cls.__name__ == name:
        return cls
    if (cls, name) not in _renamed:
        _renamed[cls, name] = type(name, (cls,), {"__slots__": (), "__module__": cls.__module__})
    return _renamed[cls, name]


class InputMetadata(NamedTuple):
    """What a node expects of one cotangent."""

    shape: list
    dtype: Any
    device: Any
    is_nested_tensor: bool = False
    is_cpp_nested_tensor: bool = False


class Node:
    """One step of the graph (torch.autograd.graph.Node). `edges` says, per argument, which node's which output it came from."""

    __slots__ = ("edges", "order", "hooks", "_metadata", "__weakref__")
    is_accumulator = False
    is_stand_in = False

    def __init__(self, edges: tuple):
        self.edges = edges
        self.order = next_order()
        self.hooks: Hooks | None = None
        if anomaly.enabled:
            anomaly.remember(self)

    def name(self) -> str:
        """The node's name, such as 'MulBackward0'."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple:
        """Per argument, the pair (node, output number) it came from; (None, 0) for one that needs no gradient."""
        return self.edges

    @property
    def metadata(self) -> dict:
        """A dictionary for the user's notes."""
        try:
            return self._metadata
        except AttributeError:
            self._metadata: dict = {}
            return self._metadata

    def _sequence_nr(self) -> int:
        return -self.order

    def _set_sequence_nr(self, number: int) -> None:
        self.order = -number

    @property
    def requires_grad(self) -> bool:
        """A node is made only where a gradient is needed."""
        return True

    def _register_hook_dict(self, tensor) -> None:
        self.ensure_hooks().tensor[tensor._nr] = tensor._backward_hooks

    @property
    def _input_metadata(self) -> tuple:
        """What the cotangent of each output looks like: `shape`, `dtype`, `device`."""
        from .device import from_jax_device
        from .dtype import FROM_NUMPY

        avals = [self.output_aval(nr) for nr in range(self.num_outputs())]
        return tuple(InputMetadata(list(a.shape), FROM_NUMPY[a.dtype], from_jax_device(a.device)) for a in avals if a is not None)

    def __call__(self, *grads):
        """The node's backward on Tensors, without its hooks: a Tensor, or a tuple with one entry per argument."""
        if len(grads) != self.num_outputs():
            raise TypeError(f"expected {self.num_outputs()} arguments, got {len(grads)} instead")
        for i, grad in enumerate(grads):
            if grad is not None and not hasattr(grad, "_storage"):
                raise TypeError(f"argument {i} is not a Variable")
        results = tuple(self.run_recorded(list(grads), None)) or (None,)
        return results[0] if len(results) == 1 else results

    def saved_slots(self) -> list | None:
        """The list of what the node saved; None once freed."""
        return []

    def ensure_hooks(self) -> Hooks:
        """The node's hooks, made on first use: a node without any pays nothing."""
        if self.hooks is None:
            self.hooks = Hooks()
        return self.hooks

    def register_hook(self, fn) -> RemovableHandle:
        """Call fn(grad_inputs, grad_outputs) after the node ran; a returned tuple replaces grad_inputs."""
        return add_hook(self.ensure_hooks().post, fn)

    def register_prehook(self, fn) -> RemovableHandle:
        """Call fn(grad_outputs) before the node runs; a returned tuple replaces them."""
        return add_hook(self.ensure_hooks().pre, fn)

    def num_outputs(self) -> int:
        """How many cotangents the node takes."""
        return 1

    def output_aval(self, nr: int):
        """What the cotangent of output `nr` must look like; None when anything goes."""
        return None

    def run(self, grads: list, wanted: set | None):
        """Cotangents of the arguments from raw cotangents of the outputs (None: undefined). `wanted` limits which arguments matter."""
        raise NotImplementedError

    def run_recorded(self, grads: list, wanted: set | None):
        """The same on Tensors, recording a graph of its own."""
        raise NotImplementedError

    def release(self) -> None:
        """Free what was saved."""

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


class Identity(Node):
    """Hands its cotangent on to one edge, or to nobody: the place in the graph of a Tensor that stands for another one."""

    __slots__ = ("aval",)

    def __init__(self, edge: tuple, aval):
        super().__init__(() if edge[0] is None else (edge,))
        self.aval = aval

    def output_aval(self, nr: int):
        return self.aval

    def run(self, grads: list, wanted: set | None):
        return grads[: len(self.edges)]

    run_recorded = run


class StandIn(Identity):
    """The place of a function transform's argument: a leaf to the function, with a history outside of it."""

    __slots__ = ("transform",)
    is_stand_in = True

    def __init__(self, edge: tuple, aval, transform):
        super().__init__(edge, aval)
        self.transform = transform
