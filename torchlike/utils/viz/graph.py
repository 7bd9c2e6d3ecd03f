"""What there is to draw: boxes for results, nodes, leaves and saved values, and arrows between them, read off the tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...core.node import Node
from ...core.saved import Saved
from ...core.tape import AccumulateGrad, OpNode
from ...core.tensor import Tensor


@dataclass
class Box:
    """One thing on the picture: its kind ("result", "node", "leaf", "saved") and its lines of text."""

    kind: str
    lines: list[str]


@dataclass
class Graph:
    """Boxes, numbered from the results up, and arrows (from, to) in the direction of the data with how often each counts."""

    boxes: list[Box] = field(default_factory=list)
    arrows: Counter = field(default_factory=Counter)

    def add(self, kind: str, *lines: str) -> int:
        """Add a box; returns its number."""
        self.boxes.append(Box(kind, [line for line in lines if line]))
        return len(self.boxes) - 1


def read_graph(result, names: Mapping, show_saved: bool = False) -> Graph:
    """The graph behind every Tensor in `result`; `names` maps names to Tensors."""
    results = list(_tensors(result))  # with the keys of dictionaries as their names
    if not results:
        raise TypeError(f"draw() needs a Tensor, or a nesting of Tensors, but got {type(result).__name__}")
    known = {id(t): name for name, t in names.items() if isinstance(t, Tensor)}
    made = {(t.grad_fn, t.output_nr): name for name, t in names.items() if isinstance(t, Tensor) and t.grad_fn is not None}
    for tensor, _ in results:
        made.pop((tensor.grad_fn, tensor.output_nr), None)
    graph = Graph()
    numbers: dict[Node, int] = {}
    waiting: list[Node] = []

    def number_of(node: Node) -> int:
        if node not in numbers:
            numbers[node] = _add_node(graph, node, known, made)
            waiting.append(node)
        return numbers[node]

    for tensor, name in results:
        node = tensor.grad_fn
        box = graph.add("leaf" if node is None else "result", known.get(id(tensor), name), _shape(tensor._aval))
        if node is None:
            continue
        graph.arrows[number_of(node), box] += 1
    while waiting:
        node = waiting.pop()
        for source, _ in node.next_functions:
            if source is not None:
                graph.arrows[number_of(source), numbers[node]] += 1
        if show_saved:
            for name, aval in _saved(node):
                graph.arrows[graph.add("saved", f"saved {name}", _shape(aval)), numbers[node]] += 1
    return graph


def _tensors(result) -> Iterator[tuple[Tensor, str]]:
    stack = [(result, "result")]
    while stack:
        item, name = stack.pop()
        if isinstance(item, Tensor):
            yield item, name
        elif isinstance(item, Mapping):
            stack.extend((value, str(key)) for key, value in reversed(list(item.items())))
        elif isinstance(item, list | tuple):
            stack.extend((value, name) for value in reversed(item))


def _add_node(graph: Graph, node: Node, known: Mapping, made: Mapping) -> int:
    if isinstance(node, AccumulateGrad):
        return graph.add("leaf", known.get(id(node.variable), "leaf"), _shape(node.variable._aval))
    avals = [node.output_aval(nr) for nr in range(node.num_outputs())]
    given = [made[node, nr] for nr in range(len(avals)) if (node, nr) in made]
    shown = [_shape(a) for a in avals[:3] if a is not None]
    return graph.add("node", node.name(), ", ".join(given), *shown, f"and {len(avals) - 3} more" if len(avals) > 3 else "")


def _saved(node: Node) -> Iterator[tuple[str, object]]:
    """What a node saved, with PyTorch's names where there are any; nothing once it has been freed."""
    slots = node.saved_slots() or []
    places = node.plan.saved if isinstance(node, OpNode) else range(len(slots))
    for place, saved in zip(places, slots, strict=False):
        if isinstance(saved, Saved):
            yield _place_name(node, place), saved.aval


def _place_name(node: Node, place: int) -> str:
    if not isinstance(node, OpNode):
        return str(place)
    inputs, names = len(node.plan.in_avals), node.plan.op.array_names
    if place >= inputs:
        return "result" if len(node.plan.out_avals) == 1 else f"result {place - inputs}"
    name = names[place] if place < len(names) else f"argument {place}"
    return "self" if name == "input" else name


def _shape(aval) -> str:
    extents = ", ".join(map(str, aval.shape)) + ("," if aval.ndim == 1 else "")
    return f"({extents}) {aval.dtype}"
