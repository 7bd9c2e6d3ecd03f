"""The Tensors that leave a recording, with the graph behind them, as a template from which each later call makes its own.

Values are positions among a replay's results. A node of the template becomes a node of the tape, so hooks, double backward and `retain_graph`
know no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.node import Node
from ..core.saved import OWNER, Saved
from ..core.storage import Storage
from ..core.tape import FREED, NO_EDGE, OpNode, edge_of
from ..core.tensor import Tensor, _new
from ..core.view import View
from ..execution import SCALAR_AVALS


class Refused(Exception):
    """This recording cannot be repeated; the message says why."""


def _finished(_):
    raise AssertionError("this template has been read already")


class Template:
    """What is built anew in each call. `outside` says how to find again a Tensor that was there before: a function of the call's arguments."""

    def __init__(self, ref: Callable, outside: Callable, began: int):
        self._ref = ref
        self._outside = outside
        self._began = began
        self._freed = False
        self._storages: dict[int, int] = {}
        self._tensors: dict[int, Any] = {}
        self._nodes: dict[int, int] = {}
        self._found: list[OpNode] = []
        self._kept: list = []
        # Values that only version counters of saved views hold: in this run, not in those made from the template.
        self.only_here: list = []
        self.storages: list[tuple] = []
        self.tensors: list[tuple] = []
        self.nodes: list[tuple] = []

    # Reading a recording

    def add_graph(self, roots: list[Tensor]) -> None:
        """Note all nodes behind these Tensors; the oldest come first."""
        stack = [t._node for t in roots if t._node is not None]
        seen: set[int] = set()
        while stack:
            node = stack.pop()
            if id(node) in seen or self._is_old(node):
                continue
            seen.add(id(node))
            if not isinstance(node, OpNode) or node.hooks is not None:
                raise Refused(f"its result has {node.name()} in its history, which cannot be made again")
            self._found.append(node)
            self._freed = self._freed or node.saved is FREED
            stack.extend(source for source, _ in node.edges if source is not None)
        if self._freed:
            # Nothing flows through what a backward pass has freed: the ends are enough to say so.
            ends = {id(t._node) for t in roots}
            self._found = [n for n in self._found if id(n) in ends]
        self._found.sort(key=lambda n: n.order, reverse=True)
        self._nodes = {id(node): k for k, node in enumerate(self._found)}

    def _is_old(self, node: Node) -> bool:
        return node.is_accumulator or node.order >= self._began

    def finish(self) -> None:
        """Describe the nodes, once all Tensors that leave are known."""
        for node in self._found:
            edges = () if self._freed else tuple(self._edge(e) for e in node.edges)
            saved = None if self._freed else tuple(self._saved(s) for s in node.saved)
            self.nodes.append((type(node), node.plan, edges, saved))
        # The recording goes, and the values of that run with it.
        self._storages, self._tensors, self._nodes, self._found, self._kept = {}, {}, {}, [], []
        self._ref = self._outside = _finished

    def tensor(self, t: Tensor):
        """How to make, or find, a Tensor: a position, or a function of the call's arguments."""
        found = self._tensors.get(id(t))
        if found is not None:
            return found
        outside = self._outside(t)
        if outside is not None:
            return outside
        if t._hooks is not None or t._grad is not None or type(t) is not Tensor:
            raise Refused("a Tensor that leaves it is of a special kind")
        self._kept.append(t)
        view = None
        if t._view is not None:
            base = None if t._view.base is None else self.tensor(t._view.base)
            view = (t._view, base)
        storage = self._storage(t)
        node = None
        if t._node is not None:
            node = self._nodes.get(id(t._node))
            if node is None:
                raise Refused("a Tensor that leaves it has a history from elsewhere")
        found = self._tensors[id(t)] = len(self.tensors)
        self.tensors.append((storage, t._aval, view, node, t._nr, t._requires_grad, t._inference))
        return found

    def _storage(self, t: Tensor):
        storage = t._storage
        found = self._storages.get(id(storage))
        if found is None:
            if t._counter is not None and t._counter is not storage:
                raise Refused("a Tensor that leaves it counts its versions apart")
            owner = self._outside(storage)
            if owner is not None:
                return owner
            found = self._storages[id(storage)] = len(self.storages)
            self._kept.append(storage)
            self.storages.append((self._ref(storage.value), storage.aval, storage.version, storage.generation))
        return found

    def _edge(self, edge: tuple):
        node, nr = edge
        if node is None or node is OWNER:
            return edge
        known = self._nodes.get(id(node))
        if known is not None:
            return known, nr
        owner = self._outside(node)
        if owner is None:
            raise Refused("its result has a history from elsewhere")
        return owner, nr

    def _saved(self, s):
        if s.__class__ in SCALAR_AVALS or s is None:
            return s
        if s.__class__ is not Saved:
            raise Refused("a value is saved by hooks")
        value = self._ref(s.counter.value if s.is_whole else s.value)
        counter = version = None
        if s.counter is not None:
            counter = self._storages.get(id(s.counter))
            if counter is None:
                counter = self._outside(s.counter)
            if counter is not None:
                # As a distance from what it is when the call ends.
                version = s.version - s.counter.version
            elif isinstance(s.counter, Storage):
                self.only_here.append(s.counter.value)
        source = None if s.source is None else self._outside(s.source)
        return _SavedSpec(value, s.aval, counter, version, self._edge(s.edge), s.is_whole and counter is not None, source)

    # Making it again

    def instantiate(self, results: list, call) -> list[Tensor]:
        """The Tensors of one call from the results of its replay."""
        storages = []
        for ref, aval, version, generation in self.storages:
            storage = Storage(results[ref], aval)
            if version or generation:
                storage.version, storage.generation = version, generation
            storages.append(storage)
        nodes: list = []
        for cls, plan, edges, saved in self.nodes:
            node = cls.__new__(cls)
            Node.__init__(node, tuple([_edge_now(e, nodes, call) for e in edges]))
            node.plan = plan
            if saved is None:
                node.saved = FREED
            else:
                node.saved = [s.make(results, storages, nodes, call) if s.__class__ is _SavedSpec else s for s in saved]
            nodes.append(node)
        tensors: list = []
        for storage, aval, view, node, nr, requires_grad, inference in self.tensors:
            t = _new(Tensor)
            t._storage = storages[storage] if storage.__class__ is int else storage(call)
            t._aval = aval
            if view is not None:
                original, base = view
                t._view = _view_now(t, original, base, tensors, call)
                t._counter = t._storage
            if node is not None:
                t._node, t._nr = nodes[node], nr
            if requires_grad:
                t._requires_grad = True
            if inference:
                t._inference = True
            tensors.append(t)
        return tensors


class _SavedSpec:
    """How to make one saved value."""

    __slots__ = ("ref", "aval", "counter", "version", "edge", "is_whole", "source")

    def __init__(self, ref, aval, counter, version, edge, is_whole, source):
        self.ref, self.aval, self.counter, self.version = ref, aval, counter, version
        self.edge, self.is_whole, self.source = edge, is_whole, source

    def make(self, results: list, storages: list, nodes: list, call) -> Saved:
        counter = self.counter
        if counter is not None:
            counter = storages[counter] if counter.__class__ is int else counter(call)
        source = None if self.source is None else self.source(call)
        saved = Saved(results[self.ref], self.aval, counter, _edge_now(self.edge, nodes, call), self.is_whole, source)
        if self.version:
            saved.version += self.version
        return saved


def _edge_now(edge: tuple, nodes: list, call) -> tuple:
    place, nr = edge
    if place.__class__ is int:
        return nodes[place], nr
    if place is None:
        return NO_EDGE
    return edge if place is OWNER else edge_of(place(call))


def _view_now(t: Tensor, view: View, base, tensors: list, call) -> View:
    if base is not None:
        base = tensors[base] if base.__class__ is int else base(call)
    return View(base, view.recipe, view.index, view.base_recipe, view.base_index, view.strides, view.offset, view.creation, t._storage.version)
