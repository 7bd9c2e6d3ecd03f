"""The tape: nodes, the edges between them, and what they save.

A Node knows how to turn the cotangents of its outputs into those of its inputs. Nodes of ops hold a Plan; the accumulator of a leaf adds
into `.grad`. Sequence numbers grow with time, so newest first is a topological order. No node refers to the Tensors it
produced, so nothing here is a reference cycle.
"""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from typing import Any

from ..execution import executor
from .accumulate import accumulate_tensor, accumulate_value
from .dtype import scalar_type_name
from .storage import Storage
from .structural import WRITE
from .tensor import Tensor, make

_sequence = itertools.count().__next__
_ACCUMULATE_FIRST = -(1 << 62)
NO_EDGE: tuple[Any, int] = (None, 0)
FREED: Any = object()

SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
    "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need "
    "to backward through the graph a second time or if you need to access saved tensors after calling backward."
)


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


def add_hook(hooks: OrderedDict, hook) -> RemovableHandle:
    """Append a hook and return the handle that removes it."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


class Node:
    """One step of the graph (torch.autograd.graph.Node). `edges` says, per argument, which node's which output it came from."""

    __slots__ = ("edges", "order", "hooks", "_metadata", "__weakref__")

    def __init__(self, edges: tuple):
        self.edges = edges
        self.order = -_sequence()
        self.hooks: Hooks | None = None

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

    @property
    def _sequence_nr(self) -> int:
        return -self.order

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


class Saved:
    """One saved value: the immutable array, where it came from, and the version its Tensor had, to catch in-place changes since."""

    __slots__ = ("value", "aval", "counter", "version", "node", "output_nr", "is_output")

    def __init__(self, value, aval, counter, node, output_nr: int, is_output: bool):
        self.value = value
        self.aval = aval
        self.counter = counter
        self.version = counter.version if counter is not None else 0
        self.node = node
        self.output_nr = output_nr
        self.is_output = is_output

    def check(self, owner: Node):
        """The raw value; RuntimeError when the Tensor was modified in place since."""
        if self.counter is not None and self.counter.version != self.version:
            raise RuntimeError(self._modified(owner))
        if type(self.counter) is Storage and self.counter.aval is self.aval:
            # A write through `.data` goes unseen by the version and, as in PyTorch, changes what backward reads.
            return self.counter.value
        return self.value

    def _modified(self, owner: Node) -> str:
        maker = self._maker(owner)
        made_by = f", which is output {self.output_nr} of {maker}," if maker else ""
        kind = ("" if self.aval.device is None or self.aval.device.platform == "cpu" else "cuda.") + scalar_type_name(self.aval.dtype)
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[torch.{kind}Tensor {list(self.aval.shape)}]{made_by} is at version {self.counter.version}; expected version {self.version} "
            "instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True, check_nan=False)."
        )

    def _maker(self, owner: Node) -> str:
        """Who made the Tensor as it is now: the last in-place op on it, else its own node."""
        node = self.node
        if self.is_output:
            return short_name(owner.name())
        if node is None or isinstance(node, AccumulateGrad):
            return ""
        if isinstance(self.counter, Storage):
            if self.counter.aval is not self.aval:
                return "AsStrided"
            if self.counter.writer is not None:
                return short_name(self.counter.writer)
        return short_name(node.name())

    def tensor(self, owner: Node) -> Tensor:
        """The saved Tensor, connected to the graph it belongs to."""
        value = self.check(owner)
        node = owner if self.is_output else self.node
        if isinstance(node, AccumulateGrad):
            return node.variable
        result = make(value, self.aval)
        if node is not None:
            result._node, result._nr, result._requires_grad = node, self.output_nr, True
        return result


def short_name(name: str) -> str:
    """MulBackward0 -> Mul, as PyTorch's messages have it."""
    return name.rstrip("0123456789").removesuffix("Backward")


class OpNode(Node):
    """The node of an op; its behaviour is its Plan's. One subclass per op, so that `type(grad_fn).__name__` reads as in PyTorch."""

    __slots__ = ("plan", "saved")

    @property
    def next_functions(self):
        # The integer operands of a view are no inputs in PyTorch's eyes.
        return self.edges if self.plan.op.saves_values else self.edges[:1]

    def num_outputs(self) -> int:
        return len(self.plan.out_avals)

    def output_aval(self, nr: int):
        return self.plan.out_avals[nr]

    def _backward_plan(self, grads: list, wanted: set | None):
        plan = self.plan
        if self.saved is FREED:
            raise RuntimeError(SECOND_BACKWARD)
        chosen = plan.wanted if wanted is None else tuple(i for i in plan.wanted if i in wanted)
        defined = tuple(i for i, g in enumerate(grads) if g is not None)
        return (plan.vjp_plan(chosen, defined), chosen) if chosen and defined else (None, ())

    def run(self, grads, wanted):
        plan, chosen = self._backward_plan(grads, wanted)
        result: list = [None] * len(self.edges)
        if plan is not None:
            values = [s.check(self) if type(s) is Saved else s for s in self.saved]
            values.extend(g for g in grads if g is not None)
            for i, g in zip(chosen, executor.run(plan, values), strict=True):
                result[i] = g
        return result

    def run_recorded(self, grads, wanted):
        from .dispatch import dispatch

        plan, chosen = self._backward_plan(grads, wanted)
        result: list = [None] * len(self.edges)
        if plan is not None:
            tensors = [s.tensor(self) if type(s) is Saved else s for s in self.saved]
            tensors.extend(g for g in grads if g is not None)
            for i, g in zip(chosen, dispatch(plan.op, tensors, plan.settings), strict=True):
                result[i] = g
        return result

    def release(self):
        # A node that saved nothing but indices (add, a view) can run again, as in PyTorch.
        if self.saved and self.plan.op.saves_values:
            self.saved = FREED

    def became_inplace(self, counter, result_counter) -> None:
        """The result was written into the Tensor watched by `counter`: saved outputs are watched there from now on, and the value it
        had before, kept here, is not invalidated by the op's own write."""
        for s in self.saved:
            if type(s) is not Saved:
                continue
            if s.counter is result_counter:
                s.counter, s.version = counter, counter.version
            elif s.counter is counter:
                s.counter = None

    def __getattr__(self, name: str):
        if not name.startswith("_saved_"):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return self._saved_attribute(name.removeprefix("_saved_"))

    def _saved_attribute(self, name: str):
        op = self.plan.op
        if name in op.setting_names:
            return op.bound(self.plan.settings)[name]
        if self.saved is FREED:
            raise RuntimeError(SECOND_BACKWARD)
        names = {"self": 0, "result": len(self.plan.in_avals), **{n: i for i, n in enumerate(op.array_names)}}
        names.setdefault("out", len(self.plan.in_avals))
        for i, s in zip(self.plan.saved, self.saved, strict=True):
            if names.get(name) == i:
                return s.tensor(self) if type(s) is Saved else s
        if names.get(name) in self.plan.would_save():
            return None
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '_saved_{name}'")


class CopySlices(OpNode):
    """The history of a base after a write through one of its views."""

    __slots__ = ()

    @property
    def next_functions(self):
        """The base's old history and the written value's other sources: PyTorch folds the writing op into this node."""
        writer = self.edges[1][0]
        return (self.edges[0], *(writer.next_functions[1:] if writer is not None else ()))


WRITE._node_class = CopySlices


def node_class(op) -> type[OpNode]:
    """The OpNode subclass of an op, made on first use."""
    if op._node_class is None:
        op._node_class = type(op.node_name, (OpNode,), {"__slots__": (), "__module__": "torchlike.autograd"})
    return op._node_class


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds what arrives into `variable.grad`. The leaf holds it weakly, the graph strongly."""

    __slots__ = ("variable",)

    def __init__(self, variable: Tensor):
        super().__init__(())
        self.order += _ACCUMULATE_FIRST
        self.variable = variable
        self.hooks = variable._hooks

    @property
    def _sequence_nr(self) -> int:
        return (1 << 64) - 1

    def ensure_hooks(self) -> Hooks:
        if self.variable._hooks is None:
            self.variable._hooks = Hooks()
        self.hooks = self.variable._hooks
        return self.hooks

    def name(self) -> str:
        return "torch::autograd::AccumulateGrad"

    def output_aval(self, nr):
        return self.variable._aval

    def run(self, grads, wanted):
        if grads[0] is not None:
            accumulate_value(self.variable, grads[0])
        return ()

    def run_recorded(self, grads, wanted):
        if grads[0] is not None:
            accumulate_tensor(self.variable, grads[0])
        return ()


def accumulator(variable: Tensor) -> AccumulateGrad:
    """The accumulator of a leaf, one as long as anyone uses it."""
    found = variable._accumulator() if variable._accumulator is not None else None
    if found is None:
        found = AccumulateGrad(variable)
        variable._accumulator = weakref.ref(found)
    return found


def edge_of(tensor: Tensor) -> tuple[Any, int]:
    """The (node, output number) a Tensor's gradient flows to; NO_EDGE when it needs none."""
    view = tensor._view
    if view is not None and view.base is not None and view.history_version != tensor._counter.version:
        from .view import refresh_history

        refresh_history(tensor)
    if tensor._node is not None:
        return tensor._node, tensor._nr
    return (accumulator(tensor), 0) if tensor._requires_grad else NO_EDGE


def save(tensor: Tensor, value) -> Saved:
    """Save an input of an op."""
    if tensor._inference:
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
            "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use "
            "`torch.no_grad()` instead of `torch.inference_mode()`."
        )
    node, nr = edge_of(tensor)
    return Saved(value, tensor._aval, tensor._counter or tensor._storage, node, nr, False)


def record(plan, args, values, outputs: tuple, storages: list[Storage | None]) -> OpNode:
    """Make the node of one op call: edges to where the arguments came from, and the values its backward reads."""
    op = plan.op
    node = node_class(op).__new__(op._node_class)
    edges, saved = [], []
    mask = plan.mask
    for i, a in enumerate(args):
        edges.append(edge_of(a) if mask >> i & 1 else NO_EDGE)
    n = len(values)
    for i in plan.saved:
        if i >= n:
            saved.append(Saved(outputs[i - n], plan.out_avals[i - n], storages[i - n], None, i - n, True))
        elif isinstance(args[i], Tensor):
            saved.append(save(args[i], values[i]))
        else:
            saved.append(values[i])
    Node.__init__(node, tuple(edges))
    node.plan = plan
    node.saved = saved
    return node
