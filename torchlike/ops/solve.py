"""Inverses and linear systems: `inverse`, `solve`, `solve_triangular`, `pinv`, `lstsq`, and functions of a matrix."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
from jax import lax

from ..core import return_types
from ..core.dtype import scalar_type_name
from ..core.op import function, op
from .checks import refuse
from .decompose import adjoint, linalg_svdvals
from .linalg_checks import check_matrix, check_shape, check_square, explain_singular, explain_unsolvable, is_suspect, refuse_complex_tolerance
from .lu import singular_order
from .product import matmul
from .promotion import broadcast_shapes, category


@op(name="_inverse", public=False, node="LinalgInvExBackward0")
def _inverse(input, /):
    """The inverse; non-finite where there is none."""
    check_square("linalg.inv", input)
    return jnp.linalg.inv(input)


@_inverse.vjp
def _(grad, out):
    # The saved output: two products instead of another inversion.
    return -adjoint(out) @ grad @ adjoint(out)


@function(method=True, out=True)
def inverse(input):
    """The inverse of a square matrix (torch.inverse, torch.linalg.inv); LinAlgError if it is singular."""
    result = _inverse(input)
    if is_suspect(result):
        explain_singular("linalg.inv", input)
    return result


@function(name="linalg_inv", public=False, out=True)
def linalg_inv(A):
    """The inverse of a square matrix (torch.linalg.inv); LinAlgError if it is singular."""
    return inverse(A)


@function(name="linalg_inv_ex", public=False, out=True)
def linalg_inv_ex(A, *, check_errors=False):
    """`linalg.inv` that reports failure by a non-zero `info` (torch.linalg.inv_ex)."""
    result = _inverse(A)
    if check_errors and is_suspect(result):
        explain_singular("linalg.inv_ex", A)
    return return_types.linalg_inv_ex((result, singular_order(A)))


def _is_vector(a, b) -> bool:
    """Whether `b` is a batch of right-hand vectors rather than of matrices."""
    return b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])


@op(name="_solve", public=False, node="LinalgSolveExBackward0")
def _solve(A, B, /, left=True):
    """X with A X = B, or X A = B."""
    check_square("linalg.solve", A)
    if A.dtype != B.dtype:
        kinds = (scalar_type_name(x.dtype) for x in (A, B))
        raise RuntimeError("linalg.solve: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead".format(*kinds))
    vector = _is_vector(A, B)
    right = B[..., None] if vector else B
    if not left:
        A, right = jnp.swapaxes(A, -1, -2), jnp.swapaxes(right, -1, -2)
    if A.shape[-1] != right.shape[-2]:
        raise RuntimeError(f"linalg.solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
                           f"({A.shape[-2]}x{A.shape[-1]} and {right.shape[-2]}x{right.shape[-1]})")
    batch = broadcast_shapes(A.shape[:-2], right.shape[:-2])
    solution = jnp.linalg.solve(jnp.broadcast_to(A, batch + A.shape[-2:]), jnp.broadcast_to(right, batch + right.shape[-2:]))
    solution = solution if left else jnp.swapaxes(solution, -1, -2)
    return solution[..., 0] if vector else solution


@function(name="linalg_solve", public=False, out=True)
def linalg_solve(A, B, *, left=True):
    """X with A X = B (or X A = B with left=False) (torch.linalg.solve); LinAlgError if A is singular."""
    result = _solve(A, B, left)
    if is_suspect(result):
        explain_unsolvable("torch.linalg.solve", A)
    return result


@function(name="linalg_solve_ex", public=False, out=True)
def linalg_solve_ex(A, B, *, left=True, check_errors=False):
    """`linalg.solve` that reports failure by a non-zero `info` (torch.linalg.solve_ex)."""
    result = linalg_solve(A, B, left=left) if check_errors else _solve(A, B, left)
    return return_types.linalg_solve_ex((result, singular_order(A)))


@function(name="linalg_tensorinv", public=False, out=True)
def linalg_tensorinv(A, ind=2):
    """The inverse of A as a map from its last dims to its first `ind` (torch.linalg.tensorinv)."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows = math.prod(A.shape[:ind])
    shape = (*A.shape[ind:], *A.shape[:ind])
    if rows != math.prod(A.shape[ind:]):
        raise RuntimeError(f"Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got "
                           f"{math.prod(A.shape[ind:])} != {rows}")
    return inverse(A.reshape(rows, rows)).reshape(shape)


@function(name="linalg_tensorsolve", public=False, out=True)
def linalg_tensorsolve(A, B, dims=None):
    """X with tensordot(A, X, X.ndim) = B (torch.linalg.tensorsolve); `dims` of A are moved to its end first."""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    size, shape = B.numel(), A.shape[B.ndim :]
    if math.prod(A.shape[: B.ndim]) != math.prod(shape):
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but "
                           f"got {math.prod(shape)} != {math.prod(A.shape[: B.ndim])}")
    return linalg_solve(A.reshape(size, size), B.flatten()).reshape(shape)


def _check_right(name: str, A, B, left: bool) -> None:
    """RuntimeError unless `B` is a batch of matrices of A's dtype that A can be multiplied with."""
    if B.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor B must have at least 2 dimensions.")
    if A.dtype != B.dtype:
        kinds = (scalar_type_name(x.dtype) for x in (A, B))
        raise RuntimeError("{}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead".format(name, *kinds))
    if B.shape[-2 if left else -1] != A.shape[-1]:
        shown = [f"{x.shape[-2]}x{x.shape[-1]}" for x in (A, B)]
        product = f"AX = B ({shown[0]} and {shown[1]})" if left else f"XA = B ({shown[0]} and {shown[1]})"
        raise RuntimeError(f"{name}: Incompatible shapes of A and B for the equation {product}")


@op(name="linalg_solve_triangular", public=False)
def linalg_solve_triangular(A, B, /, *, upper, left=True, unitriangular=False):
    """X with A X = B (or X A = B) for a triangular A (torch.linalg.solve_triangular)."""
    check_square("linalg.solve_triangular", A)
    _check_right("linalg.solve_triangular", A, B, left)
    batch = broadcast_shapes(A.shape[:-2], B.shape[:-2])
    A, B = jnp.broadcast_to(A, batch + A.shape[-2:]), jnp.broadcast_to(B, batch + B.shape[-2:])
    return lax.linalg.triangular_solve(A, B, left_side=left, lower=not upper, unit_diagonal=unitriangular)


def _check_pair(b, A) -> None:
    if b != A:
        raise RuntimeError(f"Expected b and A to have the same dtype, but found b of type {scalar_type_name(b)} and A of type "
                           f"{scalar_type_name(A)} instead.")


@function(method=True, out=True)
def triangular_solve(input, A, upper=True, transpose=False, unitriangular=False):
    """X with A X = input for a triangular A: (solution, A) (torch.triangular_solve)."""
    for name, x in (("b", input), ("A", A)):
        if x.ndim < 2:
            raise RuntimeError(f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {x.ndim} dimensions instead")
    _check_sizes("triangular_solve", input, A)
    _check_pair(input.dtype.np, A.dtype.np)
    matrix = A.transpose(-1, -2) if transpose else A
    solution = linalg_solve_triangular(matrix, input, upper=upper != transpose, unitriangular=unitriangular)
    return return_types.triangular_solve((solution, A.clone()))


def _check_sizes(name: str, b, a) -> None:
    """RuntimeError unless each A of a batch is square and fits its right side."""
    rows, columns = tuple(a.shape)[-2:]
    if rows != columns:
        raise RuntimeError(f"A must be batches of square matrices, but they are {rows} by {columns} matrices")
    if b.shape[-2] != rows:
        raise RuntimeError(f"Incompatible matrix sizes for {name}: each A matrix is {rows} by {columns} but each b matrix is {b.shape[-2]} by "
                           f"{b.shape[-1]}")


@op(method=True)
def cholesky_solve(input, input2, /, upper=False):
    """X with A X = input, given Cholesky's factor of A (torch.cholesky_solve)."""
    for name, x in (("b", input), ("u", input2)):
        if x.ndim < 2:
            raise RuntimeError(f"{name} should have at least 2 dimensions, but has {x.ndim} dimensions instead")
    _check_sizes("cholesky_solve", input, input2)
    _check_pair(input.dtype, input2.dtype)
    if input.dtype.itemsize < 4 or category(input.dtype) < 2:
        refuse("cholesky_solve_cpu", input.dtype)
    batch = broadcast_shapes(input.shape[:-2], input2.shape[:-2])
    right, factor = (jnp.broadcast_to(x, batch + x.shape[-2:]) for x in (input, input2))
    return _solve_by_factor(factor, right, upper)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _solve_by_factor(factor, right, upper):
    half = lax.linalg.triangular_solve(factor, right, left_side=True, lower=not upper, transpose_a=upper, conjugate_a=upper)
    return lax.linalg.triangular_solve(factor, half, left_side=True, lower=not upper, transpose_a=not upper, conjugate_a=not upper)


@_solve_by_factor.defjvp
def _(upper, primals, tangents):
    # The derivative of A^-1 B with A the product of the factors: the whole factor counts, as in PyTorch, not one triangle of it.
    factor, change = primals[0], tangents[0]
    solution = _solve_by_factor(*primals, upper)
    product_change = adjoint(change) @ factor if upper else change @ adjoint(factor)
    product_change = product_change + adjoint(product_change)
    return solution, _solve_by_factor(factor, tangents[1] - product_change @ solution, upper)


@op(method=True)
def cholesky_inverse(input, /, upper=False):
    """The inverse of A, given Cholesky's factor of A (torch.cholesky_inverse)."""
    check_square("cholesky_inverse", input)
    return _solve_by_factor(input, jnp.broadcast_to(jnp.eye(input.shape[-1], dtype=input.dtype), input.shape), upper)


@op(name="_pinv", public=False, node="LinalgPinvBackward0")
def _pinv(input, atol=None, rtol=None, /, hermitian=False):
    """Moore and Penrose's inverse, without the singular values below max(atol, rtol * the largest)."""
    if input.ndim < 2 or category(input.dtype) < 2 or input.dtype.itemsize == 2:
        raise RuntimeError(f"linalg.pinv({scalar_type_name(input.dtype)}{{{list(input.shape)}}}): expected a tensor with 2 or more dimensions of "
                           "float, double, cfloat or cdouble types")
    if hermitian:
        input = jnp.tril(input) + adjoint(jnp.tril(input, -1))
    if 0 in input.shape:
        return jnp.zeros((*input.shape[:-2], input.shape[-1], input.shape[-2]), input.dtype)
    if rtol is None:
        rtol = 0.0 if atol is not None else float(jnp.finfo(input.dtype).eps) * max(input.shape[-2:])
    if atol is not None:
        largest = jnp.linalg.svd(lax.stop_gradient(input), compute_uv=False)[..., 0]
        rtol = jnp.maximum(atol / largest, rtol)
    return jnp.linalg.pinv(input, rtol=rtol, hermitian=hermitian)


@function(name="linalg_pinv", public=False, out=True)
def linalg_pinv(A, rcond=None, hermitian=False, *, atol=None, rtol=None):
    """Moore and Penrose's inverse (torch.linalg.pinv)."""
    rtol = rcond if rtol is None else rtol
    refuse_complex_tolerance("torch.linalg.pinv", atol=atol, rtol=rtol)
    return _pinv(A, atol, rtol, hermitian=hermitian)


@function(method=True)
def pinverse(input, rcond=1e-15):
    """Moore and Penrose's inverse (torch.pinverse)."""
    return _pinv(input, None, rcond)


def _check_least_squares(A, B, driver: str) -> None:
    name = "torch.linalg.lstsq:"
    if A.ndim < 2:
        raise RuntimeError(f"{name} input must have at least 2 dimensions.")
    if B.ndim < 1:
        raise RuntimeError(f"{name} other must have at least 1 dimension.")
    if driver not in ("gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"{name} parameter `driver` should be one of (gels, gelsy, gelsd, gelss)")
    if B.shape[-1 if _is_vector(A, B) else -2] != A.shape[-2]:
        raise RuntimeError(f"{name} input.size(-2) should match other.size({-1 if B.ndim == 1 else -2})")
    if A.dtype is not B.dtype:
        kinds = (scalar_type_name(x.dtype.np) for x in (A, B))
        raise RuntimeError("{} Expected input and other to have the same dtype, but got input's dtype {} and other's dtype {}".format(
            name, *kinds))


@op(name="_lstsq", public=False, node="LinalgLstsqBackward0")
def _lstsq(A, B, /, rcond, with_residuals):
    """The solution of least norm among those of least squares, and the sums of squared residuals or an empty array."""
    check_matrix("linalg.lstsq", A)
    vector = _is_vector(A, B)
    rtol = float(jnp.finfo(A.dtype).eps) * max(A.shape[-2:]) if rcond is None else rcond
    right = B[..., None] if vector else B
    solution = jnp.linalg.pinv(A, rtol=rtol) @ right
    residuals = jnp.sum(jnp.abs(A @ solution - right) ** 2, -2) if with_residuals else jnp.zeros((0,), solution.real.dtype)
    return solution[..., 0] if vector else solution, residuals


@function(name="linalg_lstsq", public=False, out=True)
def linalg_lstsq(A, B, rcond=None, *, driver=None):
    """Least squares: (solution, residuals, rank, singular_values) (torch.linalg.lstsq). What LAPACK's `driver` leaves out is empty here too."""
    from .matrix_norm import matrix_rank

    driver = driver or "gelsy"
    _check_least_squares(A, B, driver)
    values = linalg_svdvals(A.detach())
    rank = matrix_rank(A.detach())
    full_rank = driver == "gels" or bool((rank == A.shape[-1]).all().item())
    with_residuals = driver != "gelsy" and A.shape[-2] > A.shape[-1] and full_rank
    solution, residuals = _lstsq(A, B, rcond=rcond, with_residuals=with_residuals)
    if driver == "gels":
        rank = rank.new_empty((0,))
    if driver in ("gels", "gelsy"):
        values = values.new_empty((0,))
    return return_types.linalg_lstsq((solution, residuals, rank, values))


def _power(a, n: int):
    """a multiplied n times, n >= 1, by repeated squaring."""
    result = None
    while n:
        if n & 1:
            result = a if result is None else matmul(result, a)
        n >>= 1
        if n:
            a = matmul(a, a)
    return result


@function(method=True, out=True)
def matrix_power(input, n):
    """A square matrix multiplied n times; its inverse |n| times for n < 0 (torch.matrix_power)."""
    (check_square if n < 0 else check_shape)("linalg.matrix_power", input._aval)
    if n == 0:
        return _identity_like(input)
    if n == 1:
        return input.clone()
    return _power(input if n > 0 else inverse(input), abs(n))


@op(name="_identity_like", public=False, node="CloneBackward0")
def _identity_like(input, /):
    """A batch of identity matrices."""
    return jnp.broadcast_to(jnp.eye(input.shape[-1], dtype=input.dtype), input.shape)


@op(method=True, node="LinalgMatrixExpBackward0")
def matrix_exp(input, /):
    """The exponential of a square matrix (torch.matrix_exp)."""
    check_square("linalg.matrix_exp", input)
    if input.size == 0:
        return input
    flat = input.reshape(-1, *input.shape[-2:])
    wide = flat.astype(jnp.float32) if input.dtype.itemsize == 2 else flat
    return jax.vmap(jsl.expm)(wide).reshape(input.shape).astype(input.dtype)
