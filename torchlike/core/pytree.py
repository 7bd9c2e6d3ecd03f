"""Nested containers as flat lists of leaves (torch.utils._pytree): what the function transforms take and return.

Tuples, lists, dictionaries, named tuples, deques and registered classes are nodes; everything else, None included, is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple


class _Kind(NamedTuple):
    """How to take a container apart into (children, context) and put it together again."""

    flatten_fn: Callable
    unflatten_fn: Callable


def _sequence(cls) -> _Kind:
    return _Kind(lambda t: (list(t), None), lambda children, _: cls(children))


_KINDS: dict[type, _Kind] = {
    tuple: _sequence(tuple),
    list: _sequence(list),
    dict: _Kind(lambda d: (list(d.values()), list(d)), lambda children, keys: dict(zip(keys, children, strict=True))),
    OrderedDict: _Kind(lambda d: (list(d.values()), list(d)), lambda children, keys: OrderedDict(zip(keys, children, strict=True))),
    defaultdict: _Kind(
        lambda d: (list(d.values()), [d.default_factory, list(d)]),
        lambda children, context: defaultdict(context[0], zip(context[1], children, strict=True)),
    ),
    deque: _Kind(lambda d: (list(d), d.maxlen), lambda children, maxlen: deque(children, maxlen)),
}
_NAMED_TUPLE = _KINDS[namedtuple] = _Kind(lambda t: (list(t), type(t)), lambda children, cls: cls(*children))  # type: ignore[index]


# How to take registered classes apart into (key, child) pairs, where that was said.
KEYED: dict[type, Callable] = {}
# What registered classes and their contexts are called in text.
NAMES: dict[type, dict] = {}


def register_pytree_node(cls: type, flatten_fn: Callable, unflatten_fn: Callable, *, flatten_with_keys_fn: Callable | None = None,
                         **names) -> None:
    """Make instances of `cls` nodes: `flatten_fn(x)` gives (children, context), `unflatten_fn(children, context)` the instance."""
    if cls in _KINDS:
        raise ValueError(f"{cls} is already registered as pytree node.")
    if (names.get("to_dumpable_context") is None) != (names.get("from_dumpable_context") is None):
        raise ValueError(f"Both to_dumpable_context and from_dumpable_context for {cls} must be None or registered.")
    if flatten_with_keys_fn is not None:
        KEYED[cls] = flatten_with_keys_fn
    _KINDS[cls] = _Kind(flatten_fn, unflatten_fn)
    NAMES[cls] = names


def node_type(x) -> Any:
    """The key of `x` in the table of nodes, if it is one: its class, or `namedtuple` for any named tuple."""
    cls = type(x)
    return namedtuple if cls not in _KINDS and isinstance(x, tuple) and hasattr(x, "_fields") else cls


def _kind_of(x) -> tuple[type | None, _Kind | None]:
    kind = _KINDS.get(node_type(x))
    return (None, None) if kind is None else (type(x), kind)


class TreeSpec:
    """The structure of a tree: the class of its root, that class's context and the structures of the children."""

    __slots__ = ("type", "context", "children_specs", "num_leaves")

    def __init__(self, type: Any, context: Any, children_specs: list):
        self.type = type
        self.context = context
        self.children_specs = children_specs
        self.num_leaves = 1 if type is None else sum(c.num_leaves for c in children_specs)

    @property
    def num_nodes(self) -> int:
        """The number of nodes, leaves included."""
        return 1 + sum(c.num_nodes for c in self.children_specs)

    @property
    def num_children(self) -> int:
        """The number of children of the root."""
        return len(self.children_specs)

    def is_leaf(self) -> bool:
        """Whether the tree is a single leaf."""
        return self.type is None

    def unflatten(self, leaves) -> Any:
        """The tree of this structure with these leaves."""
        return tree_unflatten(leaves, self)

    def __eq__(self, other):
        if not isinstance(other, TreeSpec):
            return NotImplemented
        return (self.type, self.context, self.children_specs) == (other.type, other.context, other.children_specs)

    def __hash__(self):
        return hash((self.type, repr(self.context), tuple(self.children_specs)))

    def __repr__(self):
        if self.type is None:
            return "*"
        inner = ",\n".join(repr(c) for c in self.children_specs).replace("\n", "\n  ")
        named = _kind_of_type(self.type) is _NAMED_TUPLE
        return f"TreeSpec({'namedtuple' if named else self.type.__name__}, {self.context}, [{inner}])"


LEAF = TreeSpec(None, None, [])


def _kind_of_type(cls) -> _Kind:
    return _KINDS.get(cls, _NAMED_TUPLE)


def tree_flatten(tree, is_leaf: Callable | None = None) -> tuple[list, TreeSpec]:
    """The leaves of a tree, and its structure."""
    leaves: list = []
    return leaves, _flatten_into(tree, leaves, is_leaf)


def _flatten_into(tree, leaves: list, is_leaf) -> TreeSpec:
    cls, kind = _kind_of(tree)
    if kind is None or is_leaf is not None and is_leaf(tree):
        leaves.append(tree)
        return LEAF
    children, context = kind.flatten_fn(tree)
    return TreeSpec(cls, context, [_flatten_into(c, leaves, is_leaf) for c in children])


def tree_unflatten(leaves, treespec: TreeSpec) -> Any:
    """The tree of a structure with the given leaves; ValueError when their number does not fit."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec refers to a pytree that holds "
            f"{treespec.num_leaves} items ({treespec})."
        )
    return _unflatten(iter(leaves), treespec)


def _unflatten(leaves, spec: TreeSpec) -> Any:
    if spec.type is None:
        return next(leaves)
    return _kind_of_type(spec.type).unflatten_fn([_unflatten(leaves, c) for c in spec.children_specs], spec.context)


def tree_leaves(tree, is_leaf: Callable | None = None) -> list:
    """The leaves of a tree."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree, is_leaf: Callable | None = None) -> TreeSpec:
    """The structure of a tree."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable, tree, *rests, is_leaf: Callable | None = None) -> Any:
    """The tree with `func` applied to its leaves, together with the corresponding parts of `rests`."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [_up_to(spec, rest) for rest in rests]
    return tree_unflatten([func(*xs) for xs in zip(leaves, *others, strict=True)], spec)


def _up_to(spec: TreeSpec, tree) -> list:
    """The subtrees of `tree` at the leaves of `spec`."""
    if spec.type is None:
        return [tree]
    cls, kind = _kind_of(tree)
    children = kind.flatten_fn(tree)[0] if kind is not None else []
    if cls is not spec.type or len(children) != len(spec.children_specs):
        raise ValueError(f"Node type mismatch; expected {spec.type!r}, got {type(tree)!r}.")
    return [leaf for c, s in zip(children, spec.children_specs, strict=True) for leaf in _up_to(s, c)]


def tree_map_(func: Callable, tree, *rests, is_leaf: Callable | None = None) -> Any:
    """Apply `func` to each leaf for its effect; returns the tree itself."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_all(pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether the predicate holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether the predicate holds for some leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def treespec_pprint(treespec: TreeSpec) -> str:
    """A structure in the form of its containers, leaves as `*`."""

    class Star:
        def __repr__(self):
            return "*"

    return repr(tree_unflatten([Star()] * treespec.num_leaves, treespec))


def _broadcast_to_and_flatten(tree, treespec: TreeSpec, is_leaf: Callable | None = None) -> list | None:
    """The leaves of `tree` repeated so that there is one per leaf of `treespec`, of which it must be a prefix; None when it is not."""
    cls, kind = _kind_of(tree)
    if kind is None or is_leaf is not None and is_leaf(tree):
        return [tree] * treespec.num_leaves
    if treespec.type is None or cls is not treespec.type:
        return None
    children, context = kind.flatten_fn(tree)
    if len(children) != len(treespec.children_specs) or context != treespec.context:
        return None
    result: list = []
    for child, spec in zip(children, treespec.children_specs, strict=True):
        part = _broadcast_to_and_flatten(child, spec, is_leaf)
        if part is None:
            return None
        result += part
    return result
