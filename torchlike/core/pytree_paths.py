"""Where in a tree each leaf is: paths of keys (torch.utils._pytree's tree_flatten_with_path and kin)."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .pytree import KEYED, _kind_of, tree_flatten, tree_unflatten


@dataclass(frozen=True)
class MappingKey:
    """The entry of a mapping."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"

    def get(self, mapping):
        """That entry."""
        return mapping[self.key]


@dataclass(frozen=True)
class SequenceKey:
    """The item of a sequence."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"

    def get(self, sequence):
        """That item."""
        return sequence[self.idx]


@dataclass(frozen=True)
class GetAttrKey:
    """An attribute."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"

    def get(self, obj):
        """That attribute."""
        return getattr(obj, self.name)


def keystr(kp) -> str:
    """A path as Python code: "['a'][0].b"."""
    return "".join(str(k) for k in kp)


def key_get(obj, kp):
    """What is at a path."""
    for k in kp:
        obj = k.get(obj)
    return obj


def mapping_with_keys(d) -> list[tuple]:
    """(key, value) of each entry."""
    return [(MappingKey(k), v) for k, v in d.items()]


def sequence_with_keys(items) -> list[tuple]:
    """(key, item) of each item."""
    return [(SequenceKey(i), item) for i, item in enumerate(items)]


def _children_with_keys(tree) -> list[tuple] | None:
    """(key, child) of each child; None for a leaf."""
    cls, kind = _kind_of(tree)
    if kind is None:
        return None
    if cls in KEYED:
        return list(KEYED[cls](tree)[0])
    if cls in (dict, OrderedDict, defaultdict):
        return mapping_with_keys(tree)
    children, _ = kind.flatten_fn(tree)
    if hasattr(tree, "_fields"):
        return [(GetAttrKey(name), child) for name, child in zip(tree._fields, children, strict=True)]
    return sequence_with_keys(children)


def _walk(tree, path: tuple, is_leaf: Callable | None) -> Iterator[tuple[tuple, Any]]:
    children = None if is_leaf is not None and is_leaf(tree) else _children_with_keys(tree)
    if children is None:
        yield path, tree
        return
    for key, child in children:
        yield from _walk(child, (*path, key), is_leaf)


def tree_flatten_with_path(tree, is_leaf: Callable | None = None) -> tuple[list, Any]:
    """[(path, leaf), ...] and the structure."""
    return tree_leaves_with_path(tree, is_leaf), tree_flatten(tree, is_leaf)[1]


def tree_leaves_with_path(tree, is_leaf: Callable | None = None) -> list:
    """[(path, leaf), ...]."""
    return list(_walk(tree, (), is_leaf))


def tree_map_with_path(func: Callable, tree, *rests, is_leaf: Callable | None = None):
    """The tree of func(path, leaf, *leaves of the others)."""
    found, spec = tree_flatten_with_path(tree, is_leaf)
    others = [tree_flatten(rest, is_leaf)[0] for rest in rests]
    return tree_unflatten([func(path, leaf, *more) for (path, leaf), *more in zip(found, *others, strict=True)], spec)


def tree_is_leaf(tree, is_leaf: Callable | None = None) -> bool:
    """Whether a tree is a single leaf."""
    return (is_leaf is not None and is_leaf(tree)) or _kind_of(tree)[1] is None


def tree_iter(tree, is_leaf: Callable | None = None) -> Iterator:
    """The leaves, one after the other."""
    return (leaf for _, leaf in _walk(tree, (), is_leaf))


def is_namedtuple(obj) -> bool:
    """Whether an object, or a class, is a named tuple."""
    cls = obj if isinstance(obj, type) else type(obj)
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def is_namedtuple_class(cls) -> bool:
    """Whether this is a class of named tuples."""
    return isinstance(cls, type) and is_namedtuple(cls)


def is_namedtuple_instance(obj) -> bool:
    """Whether this is a named tuple."""
    return not isinstance(obj, type) and is_namedtuple(obj)
