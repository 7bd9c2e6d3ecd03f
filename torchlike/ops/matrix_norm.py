"""Norms of matrices, and the conditions and ranks that come from them: composites of reductions and singular values."""

from __future__ import annotations

import math

from ..core.dtype import scalar_type_name
from ..core.op import function
from .axes import numpy_names
from .decompose import linalg_eigvalsh, linalg_svdvals
from .dims import canonical_dims
from .linalg_checks import refuse_complex_tolerance
from .solve import linalg_inv_ex
from .vector_norm import vector_norm


def _by_singular_values(a, ord, dims, keepdim):
    values = linalg_svdvals(a.movedim(dims, (-2, -1)))
    if not values.shape[-1]:
        ord = "nuc"  # the norm of an empty matrix is 0
    result = values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
    if keepdim:
        for d in sorted(dims):
            result = result.unsqueeze(d)
    return result


def _by_sums(a, ord, dims, keepdim):
    """The largest (or smallest) of the column sums for +-1, of the row sums for +-inf."""
    rows, columns = dims
    summed, searched = (rows, columns) if math.isfinite(ord) else (columns, rows)
    sums = vector_norm(a, 1, summed, keepdim)
    if not keepdim and searched > summed:
        searched -= 1
    if ord > 0 and not sums.shape[searched]:
        return sums.sum(searched, keepdim)
    return sums.amax(searched, keepdim) if ord > 0 else sums.amin(searched, keepdim)


@function(name="linalg_matrix_norm", public=False, out=True)
@numpy_names
def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """The norm of matrices over two dims: 'fro', 'nuc', +-1, +-2, +-inf (torch.linalg.matrix_norm)."""
    if A.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    if isinstance(dim, tuple | list) and len(dim) != 2:
        raise RuntimeError("linalg.matrix_norm: dim must be a 2-tuple. Got " + " ".join(str(d) for d in dim))
    dims = canonical_dims(dim, A.ndim)
    if len(dims) != 2:
        raise RuntimeError("linalg.matrix_norm: dim must be a 2-tuple. Got " + " ".join(str(d) for d in dims))
    if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"linalg.matrix_norm: dtype should be floating point or complex, but got {scalar_type_name(dtype.np)}")
    a = A if dtype is None else A.to(dtype)
    if ord == "fro":
        return vector_norm(a, 2, dims, keepdim)
    if ord == "nuc" or (not isinstance(ord, str) and abs(ord) == 2):
        return _by_singular_values(a, ord, dims, keepdim)
    if isinstance(ord, str) or abs(ord) not in (1, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    return _by_sums(a, ord, dims, keepdim)


@function(name="linalg_norm", public=False, out=True)
@numpy_names
def linalg_norm(A, ord=None, dim=None, keepdim=False, *, dtype=None):
    """A vector norm over one dim (or of everything, without ord), a matrix norm over two (torch.linalg.norm)."""
    if dim is None and ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A.ndim}D.")
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    dims = (dim,) if isinstance(dim, int) else tuple(range(-A.ndim, 0)) if dim is None else tuple(dim)
    if len(dims) == 2:
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    if isinstance(ord, str):
        return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


@function
def nuclear_norm(input, dim=(-2, -1), keepdim=False):
    """The sum of the singular values (torch.nuclear_norm)."""
    return matrix_norm(input, "nuc", dim, keepdim)


@function
def frobenius_norm(input, dim=(), keepdim=False):
    """The root of the sum of squares over dims (torch.frobenius_norm)."""
    return vector_norm(input, 2, tuple(dim) if isinstance(dim, list) else dim, keepdim)


@function(name="linalg_matrix_rank", public=False, out=True)
def matrix_rank(A, tol=None, hermitian=False, *, atol=None, rtol=None):
    """How many singular values exceed max(atol, rtol * the largest) (torch.linalg.matrix_rank)."""
    if A.ndim < 2:
        raise RuntimeError("torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions.")
    values = linalg_eigvalsh(A).abs() if hermitian else linalg_svdvals(A)
    atol = tol if atol is None else atol
    refuse_complex_tolerance("torch.linalg.matrix_rank", atol=atol, rtol=rtol)
    if rtol is None:
        rtol = 0.0 if atol is not None else _epsilon(A) * max(A.shape[-2:])
    if not values.shape[-1]:
        return values.sum(-1).long()
    limit = values.amax(-1) * rtol
    if atol is not None:
        limit = limit.clamp(min=atol)
    return (values > limit.unsqueeze(-1)).sum(-1)


def _epsilon(a) -> float:
    import jax.numpy as jnp

    return float(jnp.finfo(a.dtype.np).eps)


@function(name="linalg_cond", public=False, out=True)
def cond(A, p=None):
    """The condition number in the matrix norm p, by default 2 (torch.linalg.cond)."""
    if A.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p not in (None, 2, -2) and A.shape[-1] != A.shape[-2]:
        raise RuntimeError(f"linalg.cond(ord={p}): A must be batches of square matrices, but they are {A.shape[-2]} by {A.shape[-1]} matrices")
    if p not in (None, 2, -2, 1, -1, math.inf, -math.inf, "fro", "nuc"):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        values = linalg_svdvals(A)
        if not values.shape[-1]:
            return values.sum(-1)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    # The inverse of a singular matrix holds what is not finite, and so does the condition number then.
    found = matrix_norm(A, p) * matrix_norm(linalg_inv_ex(A)[0], p)
    return found.nan_to_num(math.inf, math.inf)
