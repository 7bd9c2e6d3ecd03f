"""functorch.experimental: what had not been settled yet when it became torch.func."""

from __future__ import annotations

from collections.abc import Callable

from ...func import functionalize, hessian, jacfwd, jvp, replace_all_batch_norm_modules_, vmap


def chunk_vmap(func: Callable, in_dims=0, out_dims=0, randomness: str = "error", chunks: int = 2) -> Callable:
    """`vmap`, over the examples in so many equal portions (the last one may be smaller)."""

    def mapped(*args, **kwargs):
        from ...func.vmap import _Call

        size = _Call(func, in_dims, args, kwargs, out_dims, randomness).size
        portion = max(-(-size // chunks), 1)
        return vmap(func, in_dims, out_dims, randomness, chunk_size=portion)(*args, **kwargs)

    return vmap(func, in_dims, out_dims, randomness) if chunks == 1 else mapped


__all__ = ["chunk_vmap", "functionalize", "hessian", "jacfwd", "jvp", "replace_all_batch_norm_modules_"]
