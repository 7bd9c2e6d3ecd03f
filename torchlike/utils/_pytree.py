"""Nested containers under PyTorch's name (torch.utils._pytree)."""

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

__all__ = [
    "LEAF", "TreeSpec", "_broadcast_to_and_flatten", "register_pytree_node", "tree_all", "tree_any", "tree_flatten", "tree_leaves",
    "tree_map", "tree_map_", "tree_map_only", "tree_structure", "tree_unflatten", "treespec_pprint",
]  # fmt: skip
