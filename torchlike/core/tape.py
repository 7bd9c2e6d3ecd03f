"""The tape: nodes, the edges between them, and what they save.

A Node knows how to turn the cotangents of its outputs into those of its inputs. Nodes of ops hold a Plan; the accumulator of a leaf adds
into `.grad`. Sequence numbers grow with time, so newest first is a topological order. No node refers to the Tensors it
produced, so nothing here is a reference cycle.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

from ..execution import aval_of, executor
from .accumulate import accumulate_tensor, accumulate_value
from .dtype import SAME_DTYPE
from .modes import state
from .node import Hooks, Node, anomaly, next_order
from .packed import PackedSlots, defaults, pack_saved, raw_saved
from .saved import OWNER, SECOND_BACKWARD, Saved
from .shown import names, shown
from .storage import Storage
from .structural import CAST, COPY, WRITE
from .tensor import Tensor, from_value, value_of
from .write import set_value

_ACCUMULATE_FIRST = -(1 << 62)
NO_EDGE: tuple[Any, int] = (None, 0)
FREED: Any = object()
# Several threads may run backward into one leaf; nothing of the user's runs under this lock.
_accumulating = threading.RLock()


class OpNode(Node):
    """The node of an op; its behaviour is its Plan's. One subclass per op, so that `type(grad_fn).__name__` reads as in PyTorch."""

    __slots__ = ("plan", "saved")
    plan: Any
    saved: Any

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
            saved = self.saved
            if type(saved) is PackedSlots:
                values = saved.unpacked(lambda s: s.check(self))
            else:
                values = [s.check(self) if isinstance(s, Saved) else s for s in saved]
            values.extend(g for g in grads if g is not None)
            for i, g in zip(chosen, executor.run(plan, values), strict=True):
                result[i] = g
        return result

    def run_recorded(self, grads, wanted):
        from .dispatch import dispatch

        plan, chosen = self._backward_plan(grads, wanted)
        result: list = [None] * len(self.edges)
        if plan is not None:
            saved = self.saved
            if type(saved) is PackedSlots:
                tensors = saved.unpacked(lambda s: s.tensor(self))
            else:
                tensors = [s.tensor(self) if isinstance(s, Saved) else s for s in saved]
            tensors.extend(g for g in grads if g is not None)
            for i, g in zip(chosen, dispatch(plan.op, tensors, plan.settings), strict=True):
                result[i] = g
        return result

    def release(self):
        # A node that saved nothing but indices (add, a view) can run again, as in PyTorch.
        if self.saved and self.plan.op.saves_values:
            self.saved = FREED

    def saved_slots(self) -> list | None:
        return None if self.saved is FREED else self.saved

    def became_inplace(self, counter, result_counter, is_whole: bool) -> None:
        """The result was written into the Tensor watched by `counter`: saved outputs are watched there from now on, and the value it
        had before, kept here, is not invalidated by the op's own write."""
        for s in self.saved:
            if not isinstance(s, Saved):
                continue
            if s.counter is result_counter:
                s.counter, s.version, s.is_whole = counter, counter.version, is_whole
            elif s.counter is counter:
                s.counter, s.is_whole, s.source = None, False, None

    def __getattr__(self, name: str):
        if name.startswith("_saved_"):
            return shown(self, name.removeprefix("_saved_"))
        if name.startswith("_raw_saved_"):
            return raw_saved(self, name.removeprefix("_raw_saved_"))
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __dir__(self):
        return [*super().__dir__(), *names(self)]


class CopySlices(OpNode):
    """The history of a base after a write through one of its views."""

    __slots__ = ()

    def name(self) -> str:
        return "torch::autograd::CopySlices"

    @property
    def next_functions(self):
        """The base's old history and the written value's other sources: PyTorch folds the writing op into this node."""
        writer = self.edges[1][0]
        return (self.edges[0], *(writer.next_functions[1:] if writer is not None else ()))


class CopyBackwards(OpNode):
    """The node of `copy_`, which PyTorch names in full."""

    __slots__ = ()

    def name(self) -> str:
        return "torch::autograd::CopyBackwards"


WRITE._node_class, COPY._node_class = CopySlices, CopyBackwards


def node_class(op) -> type[OpNode]:
    """The OpNode subclass of an op, made on first use."""
    if op._node_class is None:
        op._node_class = type(op.node_name, (OpNode,), {"__slots__": (), "__module__": "torchlike.autograd"})
    return op._node_class


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds what arrives into `variable.grad`. The leaf holds it weakly, the graph strongly."""

    __slots__ = ("variable",)
    is_accumulator = True

    def __init__(self, variable: Tensor):
        super().__init__(())
        self.order += _ACCUMULATE_FIRST
        self.variable = variable
        self.hooks = variable._hooks

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
            with _accumulating:
                accumulate_value(self.variable, grads[0])
        return ()

    def run_recorded(self, grads, wanted):
        if grads[0] is not None:
            with _accumulating:
                if state.grad_enabled:
                    accumulate_tensor(self.variable, grads[0])
                else:
                    accumulate_value(self.variable, value_of(grads[0].detach()))
        return ()


class CastingAccumulateGrad(AccumulateGrad):
    """The accumulator of a leaf whose gradient is to have a dtype of its own (`grad_dtype`), or any it comes in (None)."""

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype of the gradient; None for any."""
        kind = self.variable._grad_dtype
        return kind if kind is None else kind.np

    def output_aval(self, nr):
        aval = self.variable._aval
        return aval if self.dtype is None else aval_of(aval.shape, self.dtype, aval.device)

    def _fitted(self, grad: Tensor) -> Tensor:
        from .dispatch import dispatch

        before = self.variable._grad
        kind = before._aval.dtype if before is not None else self.dtype
        # Compared one by one: NumPy's float64 equals None.
        return grad if kind is None or kind == grad._aval.dtype else dispatch(CAST, (grad,), (kind,))

    def run(self, grads, wanted):
        return self.run_recorded([None if grads[0] is None else from_value(grads[0])], wanted)

    def run_recorded(self, grads, wanted):
        if grads[0] is not None:
            with _accumulating:
                grad = self._fitted(grads[0])
                if self.variable._grad is None:
                    self.variable._grad = grad
                else:
                    set_value(self.variable._grad, value_of(self.variable._grad + grad))  # type: ignore[operator]
        return ()


CastingAccumulateGrad.__name__ = "AccumulateGrad"


def accumulator(variable: Tensor) -> AccumulateGrad:
    """The accumulator of a leaf, one as long as anyone uses it."""
    found = variable._accumulator() if variable._accumulator is not None else None
    if found is None:
        found = (AccumulateGrad if variable._grad_dtype is SAME_DTYPE else CastingAccumulateGrad)(variable)
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
    return (accumulator(tensor), 0) if tensor._requires_grad and (view is None or not view.hidden) else NO_EDGE


def save(tensor: Tensor, value, edge: tuple | None = None) -> Saved:
    """Save an input of an op; `edge` is where its gradient flows to, if that is known already."""
    if tensor._inference:
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked by "
            "autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use "
            "`torch.no_grad()` instead of `torch.inference_mode()`."
        )
    counter = tensor._counter
    if counter is None:
        return Saved(value, tensor._aval, tensor._storage, edge or edge_of(tensor), True, tensor)
    return Saved(value, tensor._aval, counter, edge or edge_of(tensor), False, tensor)


def record(plan, args, values, outputs: tuple, storages: list[Storage | None]) -> OpNode:
    """Make the node of one op call: edges to where the arguments came from, and the values its backward reads."""
    cls = plan.op._node_class or node_class(plan.op)
    node = object.__new__(cls)
    mask, edges = plan.mask, []
    for a in args:
        if not mask & 1:
            edges.append(NO_EDGE)
        elif a._view is not None:
            edges.append(edge_of(a))
        elif a._node is not None:
            edges.append((a._node, a._nr))
        else:
            edges.append((accumulator(a), 0))
        mask >>= 1
    saved, n = [], len(values)
    for i in plan.saved:
        if i >= n:
            nr = i - n
            saved.append(Saved(outputs[nr], plan.out_avals[nr], storages[nr], (OWNER, nr), storages[nr] is not None))
            continue
        a = args[i]
        if not isinstance(a, Tensor):
            saved.append(values[i])
        elif a._counter is None and not a._inference:
            saved.append(Saved(values[i], a._aval, a._storage, edges[i], True, a))
        else:
            saved.append(save(a, values[i], edges[i]))
    # What `Node.__init__` does, without the call: every op comes by here.
    node.edges = tuple(edges)
    node.order = next_order()
    node.hooks = None
    if anomaly.enabled:
        anomaly.remember(node)
    node.plan = plan
    node.saved = saved
    if defaults.stack:
        pack_saved(node, args)
    return node
