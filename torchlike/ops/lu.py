"""The LU factorisation with row swaps, A = P L U, packed and unpacked, and systems solved by it: `lu`, `lu_factor`, `lu_unpack`, `lu_solve`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core import return_types
from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import function, op
from .checks import refuse_integral, require_tensors
from .linalg_checks import check_matrix, check_square
from .promotion import broadcast_shapes


@op(name="_lu_factor", public=False, node="LinalgLuFactorExBackward0")
def _lu_factor(input, /):
    """The packed LU factors and the 1-based int32 row swaps."""
    check_matrix("linalg.lu_factor", input)
    factors, pivots, _ = lax.linalg.lu(input)
    return factors, pivots + 1


@op(name="_first_zero_pivot", public=False, differentiable=False)
def _first_zero_pivot(input, /):
    """The 1-based position of the first zero on each diagonal, 0 if there is none; int32."""
    zero = jnp.diagonal(input, axis1=-2, axis2=-1) == 0
    if not zero.shape[-1]:
        return jnp.zeros(zero.shape[:-1], np.int32)
    return jnp.where(zero.any(-1), jnp.argmax(zero, -1) + 1, 0).astype(np.int32)


@op(name="_singular_order", public=False, differentiable=False)
def singular_order(input, /):
    """The 1-based position of the first zero pivot of each matrix, 0 if there is none; int32."""
    return _first_zero_pivot.op.fn(lax.linalg.lu(input)[0])


def _require_pivoting(pivot: bool) -> None:
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


def _check_pivots(name: str, info) -> None:
    """RuntimeError naming the first zero on a diagonal of U."""
    codes = examined(info)
    if codes is None or not np.any(np.asarray(codes)):
        return
    flat = np.asarray(codes).reshape(-1)
    first = int(np.flatnonzero(flat)[0])
    where = f"(Batch element {first}): " if info.ndim else ""
    raise RuntimeError(f"{name}: {where}U[{flat[first]},{flat[first]}] is zero and using it on lu_solve would result in a division by zero. If "
                      "you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)")


@function(name="linalg_lu_factor", public=False, out=True)
def linalg_lu_factor(A, *, pivot=True):
    """The packed LU factors with row swaps: (LU, pivots) (torch.linalg.lu_factor); RuntimeError if U has a zero on its diagonal."""
    _require_pivoting(pivot)
    factors, pivots = _lu_factor(A)
    _check_pivots("torch.linalg.lu_factor", _first_zero_pivot(factors))
    return return_types.linalg_lu_factor((factors, pivots))


@function(name="linalg_lu_factor_ex", public=False, out=True)
def linalg_lu_factor_ex(A, *, pivot=True, check_errors=False):
    """`linalg.lu_factor` with the 1-based position of the first zero pivot, or 0: (LU, pivots, info) (torch.linalg.lu_factor_ex)."""
    _require_pivoting(pivot)
    factors, pivots = _lu_factor(A)
    info = _first_zero_pivot(factors)
    if check_errors:
        _check_pivots("torch.linalg.lu_factor_ex", info)
    return return_types.linalg_lu_factor_ex((factors, pivots, info))


@function(method=True, out=True)
def lu(A, pivot=True, get_infos=False):
    """The packed LU factors and row swaps, with `info` if asked (torch.lu)."""
    result = linalg_lu_factor_ex(A, pivot=pivot)
    return return_types._lu_with_info(result) if get_infos else tuple(result)[:2]


@op(name="_lu", public=False, node="LinalgLuBackward0")
def _lu(input, /):
    """P, L, U with input = P @ L @ U."""
    if input.ndim < 2:
        raise RuntimeError(f"linalg.lu: Expected tensor with 2 or more dimensions. Got size: {list(input.shape)} instead")
    refuse_integral("lu_cpu", input.dtype)
    factors, _, permutation = lax.linalg.lu(input)
    return _permutation_matrix(permutation, input.dtype), *_triangles(factors)


def _permutation_matrix(permutation, dtype):
    return (jnp.arange(permutation.shape[-1])[:, None] == permutation[..., None, :]).astype(dtype)


def _triangles(factors):
    rows, columns = factors.shape[-2:]
    small = min(rows, columns)
    return jnp.tril(factors[..., :, :small], -1) + jnp.eye(rows, small, dtype=factors.dtype), jnp.triu(factors[..., :small, :])


@function(name="linalg_lu", public=False, out=True)
def linalg_lu(A, *, pivot=True):
    """A = P L U (torch.linalg.lu)."""
    _require_pivoting(pivot)
    return return_types.linalg_lu(_lu(A))


@op(name="_lu_triangles", public=False, node="LuUnpackBackward0")
def _lu_triangles(input, /):
    return _triangles(input)


@op(name="_lu_permutation", public=False, differentiable=False)
def _lu_permutation(pivots, factors, /):
    rows = factors.shape[-2]
    if not rows:
        return jnp.zeros((*factors.shape[:-2], 0, 0), factors.dtype)
    matrix = _permutation_matrix(lax.linalg.lu_pivots_to_permutation(pivots - 1, rows), factors.dtype)
    return jnp.broadcast_to(matrix, (*factors.shape[:-2], rows, rows))


@function(out=True)
def lu_unpack(LU_data, LU_pivots, unpack_data=True, unpack_pivots=True):
    """(P, L, U) from the packed factors and row swaps; what is not asked for is empty (torch.lu_unpack)."""
    require_tensors("lu_unpack", LU_data=LU_data, LU_pivots=LU_pivots)
    if LU_data.ndim < 2:
        raise RuntimeError(f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {list(LU_data.shape)} instead")
    if unpack_pivots and LU_pivots._aval.dtype != np.int32:
        raise RuntimeError("torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is "
                           "intended to be used with the output produced by torch.linalg.lu_factor")
    nothing = LU_data.new_empty((0,))
    permutation = _lu_permutation(LU_pivots, LU_data) if unpack_pivots else nothing
    lower, upper = _lu_triangles(LU_data) if unpack_data else (nothing, nothing)
    return return_types.lu_unpack((permutation, lower, upper))


def _check_lu_solve(LU, pivots, B, left: bool) -> None:
    if LU.ndim < 2 or B.ndim < 2:
        which = "torch.linalg.lu_solve: The input tensor A" if LU.ndim < 2 else "linalg.lu_solve: The input tensor B"
        raise RuntimeError(f"{which} must have at least 2 dimensions.")
    if LU.dtype != B.dtype:
        raise RuntimeError(f"linalg.lu_solve: Expected LU and B to have the same dtype, but found LU of type {scalar_type_name(LU.dtype)} and B "
                           f"of type {scalar_type_name(B.dtype)} instead")
    if pivots.dtype != np.int32:
        raise RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32")
    check_square("torch.linalg.lu_solve", LU)
    if LU.shape[-1] != B.shape[-2 if left else -1]:
        raise RuntimeError(f"linalg.lu_solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
                           f"({LU.shape[-2]}x{LU.shape[-1]} and {B.shape[-2]}x{B.shape[-1]})")
    if LU.shape[-1] != pivots.shape[-1]:
        raise RuntimeError("linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix")
    if LU.shape[:-1] != pivots.shape:
        raise RuntimeError(f"linalg.lu_solve: Expected LU.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
                           f"{list(pivots.shape)} instead")


@op(name="linalg_lu_solve", public=False)
def linalg_lu_solve(LU, pivots, B, /, *, left=True, adjoint=False):
    """X with A X = B, or X A = B, or of the adjoint of A, given the packed factors of A (torch.linalg.lu_solve)."""
    _check_lu_solve(LU, pivots, B, left)
    # X A = B is A^T X^T = B^T; the adjoint of A takes a conjugation as well.
    right = B if left else jnp.swapaxes(B, -1, -2)
    batch, n = broadcast_shapes(LU.shape[:-2], B.shape[:-2]), LU.shape[-1]
    if not n:
        return jnp.zeros((*batch, *B.shape[-2:]), B.dtype)
    turned, conjugate = left == adjoint, adjoint
    factors = jnp.broadcast_to(LU.conj() if conjugate else LU, (*batch, n, n))
    right = jnp.broadcast_to(right, (*batch, *right.shape[-2:]))
    order = jnp.broadcast_to(lax.linalg.lu_pivots_to_permutation(pivots - 1, n), (*batch, n))
    order = (jnp.argsort(order, -1) if turned else order)[..., None]
    lower, upper = {"lower": True, "unit_diagonal": True}, {"lower": False}
    if turned:
        half = lax.linalg.triangular_solve(factors, right, left_side=True, transpose_a=True, **upper)
        solved = jnp.take_along_axis(lax.linalg.triangular_solve(factors, half, left_side=True, transpose_a=True, **lower), order, -2)
    else:
        half = lax.linalg.triangular_solve(factors, jnp.take_along_axis(right, order, -2), left_side=True, **lower)
        solved = lax.linalg.triangular_solve(factors, half, left_side=True, **upper)
    return solved if left else jnp.swapaxes(solved, -1, -2)


@function(method=True, out=True)
def lu_solve(input, LU_data, LU_pivots):
    """X with A X = input, given the packed factors of A (torch.lu_solve)."""
    return linalg_lu_solve(LU_data, LU_pivots, input)
