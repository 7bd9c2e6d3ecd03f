"""vmap whose results stay as they are, with word of which of them are mapped (torch._functorch.vmap.restore_vmap)."""

from __future__ import annotations

from collections.abc import Callable

from ..core.levels import VmapLevel
from ..core.pytree import _broadcast_to_and_flatten, tree_flatten, tree_unflatten
from ..core.tensor import Tensor
from .vmap import first


def restore_vmap(func: Callable, in_dims, batch_size: int, randomness: str) -> Callable:
    """The function that maps `func` and gives (outputs, out_dims): each output with the mapped dimension where out_dims says, None for one that
    all examples share. Unlike with vmap, no argument need be mapped."""

    def mapped(*args, **kwargs):
        leaves, spec = tree_flatten(args)
        dims = _broadcast_to_and_flatten(in_dims, spec)
        if dims is None:
            raise ValueError(f"in_dims {in_dims} is not compatible with the structure of the inputs, {spec}")
        with VmapLevel(batch_size, randomness) as level:
            given = [x if dim is None else level.wrap_at(first(x, dim), 0) for x, dim in zip(leaves, dims, strict=True)]
            outputs, shape = tree_flatten(func(*tree_unflatten(given, spec), **kwargs))
            pairs = [level.unwrap(o) if isinstance(o, Tensor) else (o, False) for o in outputs]
        return tree_unflatten([o for o, _ in pairs], shape), tree_unflatten([0 if batched else None for _, batched in pairs], shape)

    return mapped
