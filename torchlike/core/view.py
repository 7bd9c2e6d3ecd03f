"""Views: a recipe (a chain of view ops) on a storage, read lazily and written through.

A view op declares what its function computes, how it changes (shape, strides, offset) and how a changed result is put back into its
source. A view's value is recomputed when its storage has been written since; its history is renewed when its base's has.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..execution import Lifted, aval_of, executor
from .geometry import contiguous_strides
from .modes import state
from .node import Node, move_retained
from .op import Op, camel
from .operand import index_avals
from .structural import READ
from .tape import NO_EDGE, edge_of, node_class
from .tensor import Tensor, _new
from .view_rules import INFERENCE, MULTI, NORMAL, hidden_creation, refusal

_MAX_PLACEMENTS = 8192


class Recipe:
    """A chain of view ops with their settings, interned so that a recipe hashes by identity. Indices are kept apart, as operands."""

    __slots__ = ("parent", "op", "settings", "_children")

    def __init__(self, parent=None, op=None, settings=()):
        self.parent = parent
        self.op = op
        self.settings = settings
        self._children: dict = {}

    def then(self, op, settings: tuple) -> Recipe:
        """This recipe followed by one more view op."""
        key = (op, settings)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = Recipe(self, op, settings)
        return found


ROOT = Recipe()


class View:
    """What makes a Tensor a view: the recipe from its storage, and the recipe from the base whose history it shares (None: detached)."""

    __slots__ = ("base", "recipe", "index", "base_recipe", "base_index", "strides", "offset", "creation", "seen", "value", "history_version",
                 "hidden")

    def __init__(self, base, recipe, index, base_recipe, base_index, strides, offset, creation, history_version):
        self.base = base
        self.recipe = recipe
        self.index = index
        self.base_recipe = base_recipe
        self.base_index = base_index
        self.strides = strides
        self.offset = offset
        self.creation = creation
        self.seen = -1
        self.value = None
        self.history_version = history_version
        # Made unrecorded from a base that needs a gradient.
        self.hidden = False

    def detached(self) -> View:
        """The same window on the storage, with no base to share history with."""
        twin = View(None, self.recipe, self.index, None, (), self.strides, self.offset, NORMAL, 0)
        twin.seen, twin.value = self.seen, self.value
        return twin


class ViewOp(Op):
    """An op whose result shares its source's storage. `geometry(shape, strides, offset, *index, **settings)` gives the result's;
    `put(source, new, *index, **settings)` is the source with the viewed elements replaced; without it, the view is applied to the numbers of
    the elements to learn where each lives."""

    def __init__(self, fn: Callable, name: str, node_name: str, geometry: Callable, put: Callable | None):
        super().__init__(fn, name, node_name)
        self.saves_values = False
        self.geometry = geometry
        self.dtype_rule: Callable | None = None
        self.placements: dict[tuple, tuple] = {}
        self.put = put


def view_op(geometry: Callable, put: Callable | None = None, node: str | None = None):
    """Declare a view op (private: the public methods in ops/views.py parse arguments and call it as `op(tensor, *index, **settings)`)."""

    def declare(fn):
        name = fn.__name__.strip("_")
        declared = ViewOp(fn, name, node or f"{camel(name)}Backward0", geometry, put)

        def call(tensor, *index, **settings):
            return make_view(declared, tensor, index, tuple(settings[n] for n in declared.setting_names))

        call.op = declared
        return functools.update_wrapper(call, fn)

    return declare


def geometry_of(t: Tensor) -> tuple[tuple, tuple, int]:
    """(shape, strides, offset) of a Tensor in its storage."""
    if t._view is None:
        return t._aval.shape, contiguous_strides(t._aval.shape), 0
    return t._aval.shape, t._view.strides, t._view.offset


def placement(op: ViewOp, t: Tensor, index: tuple, settings: tuple) -> tuple:
    """(aval, strides, offset) of the view, remembered per source signature: the integer arithmetic is done once."""
    source = t._view
    key = (t._aval, settings, index) if source is None else (t._aval, settings, index, source.strides, source.offset)
    found = op.placements.get(key)
    if found is None:
        bound = op.bound(settings)
        shape, strides, offset = op.geometry(*geometry_of(t), *index, **bound)
        dtype = t._aval.dtype if op.dtype_rule is None else op.dtype_rule(t._aval.dtype, **bound)
        found = aval_of(tuple(shape), dtype, t._aval.device), tuple(strides), offset
        if len(op.placements) >= _MAX_PLACEMENTS:
            op.placements.clear()
        op.placements[key] = found
    return found


def window(t: Tensor, op: ViewOp, index: tuple, settings: tuple, creation: str = NORMAL) -> Tensor:
    """The bare view: shares storage and version, no history yet."""
    aval, strides, offset = placement(op, t, index, settings)
    source = t._view
    if source is None:
        base, recipe = t, ROOT.then(op, settings)
        base_recipe, full_index, base_index = recipe, index, index
    else:
        recipe, full_index = source.recipe.then(op, settings), source.index + index
        if source.base is None:
            base, base_recipe, base_index = t, ROOT.then(op, settings), index
        else:
            base, base_recipe, base_index = source.base, source.base_recipe.then(op, settings), source.base_index + index
            if creation is NORMAL or source.creation is INFERENCE:
                creation = source.creation
    result = _new(Tensor)
    counter = t._counter
    if counter is None:
        counter = t._storage
    result._storage, result._counter, result._aval = t._storage, counter, aval
    result._view = View(base, recipe, full_index, base_recipe, base_index, strides, offset, creation, counter.version)
    if t._inference:
        # No view to autograd, only a window on the same memory.
        result._inference = True
        result._view.base = None
    if state.levels and type(t._storage.value) is Lifted:
        # What stands behind it records its own history, under the modes of this moment.
        read_view(result)
    return result


def make_view(op: ViewOp, t: Tensor, index: tuple, settings: tuple) -> Tensor:
    """Apply one view op, recording it when a gradient may be needed."""
    recording = state.grad_enabled
    if t._view is not None and recording:
        refresh_history(t)
    result = window(t, op, index, settings, NORMAL if recording else hidden_creation())
    if not (t._requires_grad and result._aval.inexact):
        return result
    if recording:
        result._node = record_view(op, t, index, settings)
        result._requires_grad = True
    else:
        _hide(result)
    return result


def _hide(view: Tensor) -> None:
    """Made unrecorded, a view needs a gradient as its base does, but none flows through it."""
    if view._view.base is not None:
        view._requires_grad = view._view.hidden = True


def make_views(op: Op, t: Tensor, settings: tuple, parts: list[tuple[ViewOp, tuple, tuple]]) -> tuple[Tensor, ...]:
    """Several views from one op (split, unbind): each part is a single view op; they share one node."""
    requires_grad, creation = t.requires_grad, MULTI if state.grad_enabled else hidden_creation()
    results = tuple(window(t, part, index, part_settings, creation) for part, index, part_settings in parts)
    if requires_grad and t._aval.inexact and not state.grad_enabled:
        for result in results:
            _hide(result)
    elif requires_grad and t._aval.inexact and results:
        node = record_view(op, t, (), settings)
        for nr, result in enumerate(results):
            result._node, result._nr, result._requires_grad = node, nr, True
    return results


def record_view(op: Op, t: Tensor, index: tuple, settings: tuple) -> Node:
    """The node of a view: it needs no values, only its plan."""
    plan = op.plan(settings, 1, (t._aval, *index_avals(index)))
    cls = node_class(op)
    node = cls.__new__(cls)
    Node.__init__(node, (edge_of(t), *(NO_EDGE for _ in index)))
    node.plan = plan
    node.saved = [index[i - 1] for i in plan.saved]
    return node


def read_view(t: Tensor):
    """The value of a view as an operand: its history is renewed first, if it is to be recorded."""
    view = t._view
    if view.base is not None and view.history_version != t._counter.version and state.grad_enabled:
        refresh_history(t)
    return view_value(t)


def view_value(t: Tensor):
    """The current value of a view, replaying its recipe if the storage has been written since it was last read."""
    view, storage = t._view, t._storage
    if view.seen != storage.generation:
        plan = READ.plan((view.recipe,), 0, (storage.aval, *index_avals(view.index)))
        view.value = executor.run(plan, (storage.value, *view.index))
        view.seen = storage.generation
    return view.value


def refresh_history(t: Tensor) -> None:
    """Renew a view's grad_fn when its base was written to since: it is now a view of the base's new history."""
    view = t._view
    base = view.base
    if base is None or view.history_version == t._counter.version:
        return
    if t._node is None and not (base.requires_grad and t._aval.inexact):
        return
    if view.creation is not NORMAL:
        raise RuntimeError(refusal(t, base_moved=True))
    from .relayout import base_recipe

    view.history_version = t._counter.version
    old, nr = t._node, t._nr
    recipe, index = base_recipe(t, base)
    t._node = record_view(READ, base, index, (recipe,))
    t._nr, t._requires_grad = 0, True
    move_retained(old, nr, t._node, 0)
