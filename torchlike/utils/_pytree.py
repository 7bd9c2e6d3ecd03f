"""Nested containers under PyTorch's name (torch.utils._pytree)."""

from typing import Any

from ..core.pytree import _KINDS as SUPPORTED_NODES
from ..core.pytree import (
    LEAF,
    TreeSpec,
    _broadcast_to_and_flatten,
    register_pytree_node,
    tree_all,
    tree_any,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_map_,
    tree_map_only,
    tree_structure,
    tree_unflatten,
    treespec_pprint,
)
from ..core.pytree import node_type as _get_node_type
from ..core.pytree_paths import (
    GetAttrKey,
    MappingKey,
    SequenceKey,
    is_namedtuple,
    is_namedtuple_class,
    is_namedtuple_instance,
    key_get,
    keystr,
    tree_flatten_with_path,
    tree_is_leaf,
    tree_iter,
    tree_leaves_with_path,
    tree_map_with_path,
)

PyTree = Any


def _dict_flatten(d: dict) -> tuple[list, list]:
    return list(d.values()), list(d)


def _dict_flatten_with_keys(d: dict) -> tuple[list, list]:
    return [(MappingKey(k), v) for k, v in d.items()], list(d)


def _dict_unflatten(values, context) -> dict:
    return dict(zip(context, values, strict=True))


def _list_flatten(d: list) -> tuple[list, None]:
    return d, None


def _list_flatten_with_keys(d: list) -> tuple[list, None]:
    return [(SequenceKey(i), v) for i, v in enumerate(d)], None


def _list_unflatten(values, context) -> list:
    return list(values)


def LeafSpec() -> TreeSpec:
    """The structure of a single leaf."""
    return LEAF


__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "PyTree", "SUPPORTED_NODES", "SequenceKey", "_get_node_type", "is_namedtuple", "is_namedtuple_class",
    "is_namedtuple_instance", "key_get", "keystr", "tree_flatten_with_path", "tree_is_leaf", "tree_iter", "tree_leaves_with_path",
    "tree_map_with_path",
    "LEAF", "TreeSpec", "_broadcast_to_and_flatten", "register_pytree_node", "tree_all", "tree_any", "tree_flatten", "tree_leaves",
    "tree_map", "tree_map_", "tree_map_only", "tree_structure", "tree_unflatten", "treespec_pprint",
]  # fmt: skip
