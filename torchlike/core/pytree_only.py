"""The functions on trees that look only at some of the leaves: those of a class, or those a predicate picks."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Any

from .pytree import tree_leaves, tree_map, tree_map_


def _chooser(kind) -> Callable[[Any], bool]:
    if isinstance(kind, type | tuple | UnionType):
        return lambda leaf: isinstance(leaf, kind)
    if callable(kind):
        return kind
    raise TypeError("Argument must be a type, a tuple of types, or a callable.")


def tree_map_only(kind, func: Callable, tree, is_leaf: Callable | None = None) -> Any:
    """`tree_map` over the leaves that `kind`, a class, several, or a predicate, chooses; the others stay."""
    chosen = _chooser(kind)
    return tree_map(lambda x: func(x) if chosen(x) else x, tree, is_leaf=is_leaf)


def tree_map_only_(kind, func: Callable, tree, is_leaf: Callable | None = None) -> Any:
    """Call `func` on the leaves that `kind` chooses, for its effects; returns the tree itself."""
    chosen = _chooser(kind)
    return tree_map_(lambda x: func(x) if chosen(x) else x, tree, is_leaf=is_leaf)


def tree_all_only(kind, predicate: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether the predicate holds for all leaves that `kind` chooses."""
    return all(map(predicate, filter(_chooser(kind), tree_leaves(tree, is_leaf))))


def tree_any_only(kind, predicate: Callable, tree, is_leaf: Callable | None = None) -> bool:
    """Whether the predicate holds for some leaf that `kind` chooses."""
    return any(map(predicate, filter(_chooser(kind), tree_leaves(tree, is_leaf))))
