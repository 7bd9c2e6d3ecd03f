"""`nonzero` with a number of rows that does not depend on values: `nonzero_static`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.op import op


@op(method=True, differentiable=False)
def nonzero_static(input, /, *, size, fill_value=-1):
    """The indices of the first `size` elements that are not zero, one row each; rows left over hold `fill_value` (torch.nonzero_static)."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    if not input.ndim:
        return jnp.zeros((size, 0), np.int64)
    return jnp.stack(jnp.nonzero(input, size=size, fill_value=fill_value), -1).astype(np.int64)
