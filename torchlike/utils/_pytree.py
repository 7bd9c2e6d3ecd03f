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
    tree_structure,
    tree_unflatten,
    treespec_pprint,
)
from ..core.pytree import node_type as _get_node_type
from ..core.pytree_only import tree_all_only, tree_any_only, tree_map_only, tree_map_only_
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
from ..core.pytree_text import register_dataclass, treespec_dumps, treespec_loads

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


treespec_leaf = LeafSpec

def treespec_tuple(iterable=()) -> TreeSpec:
    """The structure of a tuple of trees of these structures."""
    return TreeSpec(tuple, None, list(iterable))


def treespec_dict(mapping=(), **kwargs) -> TreeSpec:
    """The structure of a dictionary of trees of these structures."""
    found = dict(mapping, **kwargs)
    return TreeSpec(dict, list(found), list(found.values()))


def arg_tree_leaves(*args, **kwargs) -> list:
    """The leaves of a call's arguments, those by position first."""
    return [leaf for tree in (*args, *kwargs.values()) for leaf in tree_leaves(tree)]


__all__ = [
    "GetAttrKey", "LeafSpec", "MappingKey", "PyTree", "SUPPORTED_NODES", "SequenceKey", "_get_node_type", "is_namedtuple", "is_namedtuple_class",
    "is_namedtuple_instance", "key_get", "keystr", "tree_flatten_with_path", "tree_is_leaf", "tree_iter", "tree_leaves_with_path",
    "tree_map_with_path",
    "LEAF", "TreeSpec", "_broadcast_to_and_flatten", "register_pytree_node", "tree_all", "tree_any", "tree_flatten", "tree_leaves",
    "arg_tree_leaves", "register_dataclass", "tree_all_only", "tree_any_only", "tree_map", "tree_map_", "tree_map_only", "tree_map_only_",
    "treespec_dict", "treespec_dumps", "treespec_leaf", "treespec_loads", "treespec_tuple", "tree_structure", "tree_unflatten", "treespec_pprint",
]  # fmt: skip
