"""A fingerprint of a tensor's values: `hash_tensor`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.op import op
from .checks import refuse_complex
from .dims import canonical_dims
from .promotion import category


@op(method=True, differentiable=False)
def hash_tensor(input, /, dim=(), *, keepdim=False, mode=0):
    """The exclusive or, over dims, of the elements as 64 bits: doubles or integers; uint64 (torch.hash_tensor)."""
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    refuse_complex("xor_sum_cpu", input.dtype)
    if not input.size and dim in ((), None):
        raise RuntimeError("hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
                           "'dim' argument.")
    dims = canonical_dims(dim, input.ndim)
    for d in dims:
        if not input.shape[d]:
            raise IndexError(f"hash_tensor: Expected reduction dim {d} to have non-zero size.")
    wide = input.astype(np.float64 if category(input.dtype) == 2 else np.int64)
    bits = lax.bitcast_convert_type(wide, np.uint64)
    result = lax.reduce(bits, np.uint64(0), lax.bitwise_xor, dims)
    return jnp.expand_dims(result, dims) if keepdim else result
