"""The engine: walk the graph newest node first, and let each node turn its outputs' cotangents into its inputs'.

Cotangents are raw values; under `create_graph`, or inside a function transform, they are Tensors and go through `dispatch`.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable

from ..execution import executor
from .accumulate import add_values
from .anomaly import watch_pass
from .backward_key import BackwardKey, backward_key
from .dispatch import dispatch
from .hooks import run_after, run_before, run_tensor_hooks
from .modes import state
from .node import Node, anomaly
from .packed import defaults
from .structural import ACCUMULATE


class _Current(threading.local):
    running: Pass | None = None
    # How deep the pass was nested that this thread was started for.
    floor = 0


current = _Current()
# So many passes may run within each other on one thread's stack, of which Python limits the depth.
_NESTED = 20


class Pass:
    """One run of the engine: recording is on or off in it, and those inside may ask which pass it is and what it will run."""

    __slots__ = ("id", "roots", "waiting", "needed", "record", "callbacks", "outer", "watch", "node", "depth")
    _ids = itertools.count().__next__

    def __init__(self, roots: list, waiting: dict, needed: dict | None, record: bool):
        self.id = self._ids()
        self.roots, self.waiting, self.needed, self.record = roots, waiting, needed, record
        self.node: Node | None = None
        self.depth = nesting()
        self.callbacks: list = []
        self.watch = watch_pass()

    def will_run(self, node: Node) -> bool:
        """Whether this pass reaches the node."""
        if node.is_accumulator and self.needed is not None and self.needed.get(node) is False:
            raise RuntimeError(
                "A leaf node was passed to _will_engine_execute_node but we are currently running autograd.grad(). "
                "This is currently not supported."
            )
        return node in (self.waiting if self.needed is None else self.needed)

    def order(self) -> list[Node]:
        """The nodes this pass runs or hands gradients to, in order."""
        waiting = survey(self.roots, None, False)[0]
        ready = [(node.order, node) for node in dict.fromkeys(self.roots) if not waiting[node]]
        heapq.heapify(ready)
        found = []
        while ready:
            _, node = heapq.heappop(ready)
            found.append(node)
            for source, _ in node.edges:
                if source is None or (self.needed is not None and source not in self.needed):
                    continue
                waiting[source] -= 1
                if not waiting[source]:
                    heapq.heappush(ready, (source.order, source))
        return found

    def __enter__(self):
        self.outer = current.running, state.grad_enabled, defaults.stack
        current.running, state.grad_enabled = self, self.record
        return self.watch

    def __exit__(self, kind, error, trace):
        current.running, state.grad_enabled, defaults.stack = self.outer
        if self.watch is not None:
            self.watch.end(error)
        if kind is None and self.callbacks:
            self._call_back()

    def _call_back(self) -> None:
        # The pass still counts as running: a callback may queue another one.
        outer, current.running = current.running, self
        try:
            for callback in self.callbacks:
                callback()
        finally:
            current.running = outer


def nesting() -> int:
    """How many passes are being run around the next one."""
    return 0 if current.running is None else current.running.depth + 1


def _on_new_stack(walk: Callable[[], list]) -> list:
    """What `walk` gives, run by a thread that goes on where this one is."""
    found: list = []
    here = dict(vars(state)), dict(vars(defaults)), current.running

    def work() -> None:
        vars(state).update(here[0])
        vars(defaults).update(here[1])
        current.running = here[2]
        current.floor = nesting()
        try:
            found.append((walk(), None))
        except BaseException as error:
            found.append((None, error))
        executor.flush("a nested backward pass")

    executor.flush("a nested backward pass")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    results, error = found[0]
    if error is not None:
        raise error
    return results


def on_tensors(create_graph: bool) -> bool:
    """Whether a pass works on Tensors rather than on raw values."""
    return create_graph or bool(state.levels)


def run(roots: list, retain_graph: bool, create_graph: bool, targets: list | None = None, accumulate: bool = False) -> list:
    """Run backward from `roots`, a list of ((node, output number), cotangent).

    Without `targets` every reachable leaf accumulates into `.grad`. With `targets`, a list of edges, only the way to them is
    walked and their cotangents are returned (None for one that was not reached); with `accumulate`, the leaves among them
    accumulate as well.
    """
    if nesting() - current.floor >= _NESTED:
        return _on_new_stack(lambda: run(roots, retain_graph, create_graph, targets, accumulate))
    if executor.repeats and not accumulate and not on_tensors(create_graph) and not anomaly.enabled:
        key = backward_key(roots, targets)
        if key is not None:
            return _repeated(key, roots, retain_graph, targets)
    return _walk(roots, retain_graph, create_graph, targets, accumulate)


def _repeated(key: BackwardKey, roots: list, retain_graph: bool, targets: list | None) -> list:
    """A pass over a graph of a shape that may have been walked before: then only what leaves it, leaves' gradients or targets', is new."""
    edges = [(leaf, 0) for leaf in key.leaves] if targets is None else targets
    nodes = key.nodes

    def compute():
        trail: list[Node] = []
        results = _walk(roots, True, False, edges, trail=trail)
        index = {node: i for i, node in enumerate(nodes)}
        return results, [index[node] for node in trail]

    results, ran = executor.repeat(key.key, key.values, key.numbers_of, compute)
    if not retain_graph:
        for i in ran:
            nodes[i].release()
    if targets is not None:
        return results
    for leaf, grad in zip(key.leaves, results, strict=True):
        leaf.run((grad,), None)
    return []


def _walk(roots: list, retain_graph: bool, create_graph: bool, targets: list | None = None, accumulate: bool = False,
          trail: list | None = None) -> list:
    tensors = on_tensors(create_graph)
    starts = [edge[0] for edge, _ in roots]
    waiting, needed = survey(starts, targets, accumulate)
    wanted_edges = frozenset(targets or ())
    captured: dict = {}
    cotangents: dict[Node, list] = {}
    for (node, nr), grad in roots:
        _add(cotangents, node, nr, grad, tensors)
    ready = [(node.order, node) for node in dict.fromkeys(starts) if not waiting[node]]
    heapq.heapify(ready)
    running = Pass(starts, waiting, needed, create_graph)
    with running as watch:
        while ready:
            _, node = heapq.heappop(ready)
            running.node = node
            if watch is not None:
                watch.start(node)
            grads = cotangents.pop(node, None) or [None] * node.num_outputs()
            if node.hooks is not None:
                grads = run_tensor_hooks(node, grads, tensors)
            if needed is not None:
                captured.update(((node, nr), grad) for nr, grad in enumerate(grads) if (node, nr) in wanted_edges)
                if not needed.get(node):
                    continue
            if node.hooks is not None:
                grads = run_before(node, grads, tensors)
            posted = node.hooks is not None and bool(node.hooks.post)
            wanted = None if needed is None else {i for i, (n, _) in enumerate(node.edges) if n in needed}
            results = (node.run_recorded if tensors else node.run)(grads, wanted)
            if node.hooks is not None:
                results = run_after(node, results, grads, tensors, posted)
            if watch is not None:
                watch.check(node, results)
            if trail is not None:
                trail.append(node)
            if not retain_graph:
                node.release()
            for (source, nr), grad in zip(node.edges, results, strict=False):
                if source is None or (needed is not None and source not in needed):
                    continue
                if grad is not None:
                    _add(cotangents, source, nr, grad, tensors)
                waiting[source] -= 1
                if not waiting[source]:
                    heapq.heappush(ready, (source.order, source))
    return [captured.get(edge) for edge in targets or ()]


def survey(roots: list, targets: list | None, accumulate: bool) -> tuple[dict, dict | None]:
    """How many edges lead into each reachable node, and, given targets, which nodes must run (True) or only receive (False)."""
    waiting: dict[Node, int] = dict.fromkeys(roots, 0)
    stack = list(waiting)
    while stack:
        for source, _ in stack.pop().edges:
            if source is None:
                continue
            if source not in waiting:
                waiting[source] = 0
                stack.append(source)
            waiting[source] += 1
    if targets is None:
        return waiting, None
    ends = {node for node, _ in targets}
    leads: dict[Node, bool] = {}
    for node in sorted(waiting, key=lambda n: (not n.edges, n.order), reverse=True):
        below = any(source in leads for source, _ in node.edges if source is not None)
        if below or node in ends:
            leads[node] = below or accumulate
    return waiting, leads


def _add(cotangents: dict, node: Node, nr: int, grad, tensors: bool) -> None:
    slots = cotangents.get(node)
    if slots is None:
        slots = cotangents[node] = [None] * node.num_outputs()
    before = slots[nr]
    if before is None:
        slots[nr] = grad
    elif tensors:
        slots[nr] = dispatch(ACCUMULATE, (before, grad), ())
    else:
        slots[nr] = add_values(before, grad, node.output_aval(nr))
