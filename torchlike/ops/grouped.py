"""Matrix products of groups of different sizes, as mixtures of experts need them."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.op import op
from ..core.precision import matmul_precision

# Ranks of the matrices -> the one whose dimension is split, and the product with the groups' places.
_SPLITS = {(2, 3): ("a", "gm,mk,gkn->mn"), (3, 2): ("b", "gn,gmk,kn->mn"), (2, 2): ("a", "gk,mk,kn->gmn")}


@op(name="grouped_mm", public=False, node="GroupedMmBackward0")
def _grouped_mm(mat_a, mat_b, offs=None, /):
    """The product of each group; `offs` are the ends of the groups along the dimension that is split."""
    precision = matmul_precision()
    if offs is None:
        return jnp.matmul(mat_a, mat_b, precision=precision)
    split, spec = _SPLITS[mat_a.ndim, mat_b.ndim]
    place = jnp.arange((mat_a if split == "a" else mat_b).shape[-2 if mat_a.ndim < mat_b.ndim else -1])
    starts = jnp.concatenate([jnp.zeros_like(offs[:1]), offs[:-1]])
    # Which places belong to which group, as zeros and ones: XLA has no product of ragged parts with derivatives of every order.
    belongs = (place >= starts[:, None]) & (place < offs[:, None])
    return jnp.einsum(spec, belongs.astype(mat_a.dtype), mat_a, mat_b, precision=precision)


def grouped_mm(mat_a, mat_b, *, offs=None, bias=None, out_dtype=None):
    """Products of groups of matrices (torch.nn.functional.grouped_mm).

    (G, M, K) @ (G, K, N) without `offs`. With `offs`, (G,) ends of groups: (M, K) @ (G, K, N) splits the rows, (G, M, K) @ (K, N) the
    columns, (M, K) @ (K, N) the contracted dimension, giving (G, M, N).
    """
    if mat_a.ndim not in (2, 3):
        raise RuntimeError("mat_a has to be 2 or 3d")
    if mat_b.ndim not in (2, 3):
        raise RuntimeError("mat_b has to be 2 or 3d")
    if (mat_a.ndim == 2 or mat_b.ndim == 2) != (offs is not None):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    contracted = mat_a.size(-1), mat_b.size(-2)
    if contracted[0] != contracted[1]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    out = _grouped_mm(mat_a, mat_b, offs)
    return out if out_dtype is None else out.to(out_dtype)
