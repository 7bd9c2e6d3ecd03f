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
    mapping_with_keys,
    sequence_with_keys,
    tree_flatten_with_path,
    tree_is_leaf,
    tree_iter,
    tree_leaves_with_path,
    tree_map_with_path,
)

PyTree = Any


# PyTorch's names for how plain containers are taken apart.
_dict_flatten, _dict_unflatten = SUPPORTED_NODES[dict]
_list_flatten, _list_unflatten = SUPPORTED_NODES[list]


def _dict_flatten_with_keys(d: dict) -> tuple[list, list]:
    return mapping_with_keys(d), list(d)


def _list_flatten_with_keys(d: list) -> tuple[list, None]:
    return sequence_with_keys(d), None


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
