"""What a backward pass depends on, as a key: a graph of the same shape over values in the same places needs no second walk node by node.

Only graphs of ops without hooks qualify; whatever may run the user's code during the pass is walked.
"""

from __future__ import annotations

from ..execution import SCALAR_AVALS
from .node import Node
from .saved import Saved
from .tape import FREED, AccumulateGrad, OpNode


class BackwardKey:
    """A graph seen from its roots: `key` for its shape, the `values` its backward reads, its `nodes`, the `leaves` among them."""

    __slots__ = ("key", "values", "nodes", "leaves")

    def __init__(self, key: tuple, values: list, nodes: list, leaves: list):
        self.key = key
        self.values = values
        self.nodes = nodes
        self.leaves = leaves

    def numbers_of(self, ran: list) -> list:
        """The Python numbers that the backward reads when these nodes run in this order."""
        return [s for i in ran for s in self.nodes[i].saved if s.__class__ in SCALAR_AVALS]


def backward_key(roots: list, targets: list | None) -> BackwardKey | None:
    """The key of a pass from `roots`, a list of ((node, output number), raw cotangent); None when it has to be walked."""
    index: dict[Node, int] = {}
    nodes: list = []
    key: list = []
    values: list = []
    leaves: list = []
    for (node, nr), cotangent in roots:
        if node not in index:
            index[node] = len(nodes)
            nodes.append(node)
        key.append((index[node], nr))
        values.append(cotangent)
    for node in nodes:
        if node.hooks is not None:
            return None
        if node.__class__ is AccumulateGrad:
            leaves.append(node)
            key.append(node.variable._aval)
            continue
        if not isinstance(node, OpNode) or node.saved is FREED or not _add_saved(node, key, values):
            return None
        for source, nr in node.edges:
            if source is None:
                key.append(None)
                continue
            place = index.get(source)
            if place is None:
                place = index[source] = len(nodes)
                nodes.append(source)
            key.append(place)
            if nr:
                key.append((nr,))
    if targets is not None:
        key.append(tuple([(index.get(node, -1), nr) for node, nr in targets]))
    return BackwardKey(tuple(key), values, nodes, leaves)


def _add_saved(node: OpNode, key: list, values: list) -> bool:
    """Add what a node saved; False when the engine has something to say about it."""
    key.append(node.plan)
    for s in node.saved:
        if s.__class__ is Saved:
            counter = s.counter
            if counter is not None and counter.version != s.version:
                return False
            source = s.source
            if source is not None and source._node is None and s.edge[0] is not None and not s.edge[0].is_accumulator:
                return False
            values.append(counter.value if s.is_whole else s.value)
        elif s.__class__ in SCALAR_AVALS:
            key.append(s.__class__)
        else:
            return False
    return True
