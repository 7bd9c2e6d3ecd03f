"""What the factorisations refuse: shapes that are not square, and matrices that turn out to be singular or not positive definite.

The second kind depends on values. It is looked for on the host only after a result came out non-finite, and never under a trace.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import op
from ..core.tensor import Tensor
from .checks import refuse
from .promotion import category


class _LinAlgError(RuntimeError):
    """A factorisation failed because of the values of its input (torch.linalg.LinAlgError)."""


LinAlgError = _LinAlgError


def check_square(name: str, a) -> None:
    """RuntimeError in PyTorch's words unless `a` is a batch of square floating point matrices."""
    check_matrix(name, a)
    check_shape(name, a)


def check_shape(name: str, a) -> None:
    """RuntimeError in PyTorch's words unless `a` is a batch of square matrices."""
    if a.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if a.shape[-1] != a.shape[-2]:
        raise RuntimeError(f"{name}: A must be batches of square matrices, but they are {a.shape[-2]} by {a.shape[-1]} matrices")


def check_matrix(name: str, a) -> None:
    """RuntimeError in PyTorch's words unless `a` is a batch of floating point matrices."""
    if a.ndim < 2:
        if name == "linalg.lu_factor":
            raise RuntimeError(f"torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: {list(a.shape)} instead")
        raise RuntimeError(f"{name}: The input tensor A must have at least 2 dimensions.")
    if category(a.dtype) < 2:
        if name in ("linalg.eig", "linalg.eigvals"):
            raise RuntimeError(f"Unknown Complex ScalarType for {scalar_type_name(a.dtype)}")
        if name in ("linalg.eigh", "linalg.lu_factor"):
            refuse(_KERNELS[name], a.dtype)
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {scalar_type_name(a.dtype)}")
    if a.dtype.itemsize == 2:
        _refuse_halves(name, a.dtype)


# What PyTorch's CPU kernels behind these functions are called when they lack a dtype.
_KERNELS = {"linalg.det": "lu_cpu", "linalg.solve": "lu_cpu", "linalg.lu_factor": "lu_cpu", "linalg.cholesky": "cholesky_cpu",
            "linalg.qr": "geqrf_cpu", "linalg.svd": "linalg_svd_cpu", "linalg.eigh": "linalg_eigh_cpu", "linalg.eig": "linalg_eig_out_cpu",
            "linalg.solve_triangular": "triangular_solve_cpu", "cholesky_inverse": "cholesky_inverse_out_cpu",
            "torch.linalg.ldl_factor_ex": "ldl_factor_kernel_cpu"}


def _refuse_halves(name: str, dtype) -> None:
    if name in ("linalg.inv", "linalg.slogdet"):
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {scalar_type_name(dtype)}")
    if name in _KERNELS:
        refuse(_KERNELS[name], dtype)


def refuse_complex_tolerance(name: str, **tolerances) -> None:
    """RuntimeError for a tolerance that is a Tensor of complex numbers."""
    for which, value in tolerances.items():
        if isinstance(value, Tensor) and value.dtype.is_complex:
            raise RuntimeError(f"{name}: {which} tensor of complex type is not supported. Got {scalar_type_name(value.dtype.np)}")


def check_finite(a) -> None:
    """LinAlgError, in the words of `linalg.svd`, if a matrix whose values can be looked at holds infinities or NaN."""
    if is_suspect(a):
        raise LinAlgError("linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values.")


@op(name="_all_finite", public=False, differentiable=False)
def _all_finite(input, /):
    """Whether every element is finite."""
    return jnp.isfinite(input).all()


def is_suspect(result) -> bool:
    """Whether a factorisation's result holds a non-finite number; False under a trace, where nobody can look."""
    verdict = examined(_all_finite(result))
    return verdict is not None and not bool(verdict.all())


def _matrices(a):
    """The batch of `a` on the host, in double precision, with the prefix PyTorch's errors give the offending element."""
    host = np.asarray(examined(a))
    host = host.astype(np.complex128 if host.dtype.kind == "c" else np.float64)
    flat = host.reshape(-1, *host.shape[-2:])
    for i, matrix in enumerate(flat):
        yield matrix, f"(Batch element {i}): " if host.ndim > 2 else ""


def explain_singular(name: str, a) -> None:
    """LinAlgError naming the first zero pivot of `a`; returns if there is none (the input held NaN)."""
    for matrix, where in _matrices(a):
        pivot = _zero_pivot(matrix)
        if pivot:
            raise LinAlgError(f"{name}: {where}The diagonal element {pivot} is zero, the inversion could not be completed because the "
                              "input matrix is singular.")


def explain_unsolvable(name: str, a) -> None:
    """LinAlgError if a matrix in `a` is singular."""
    for matrix, where in _matrices(a):
        if _zero_pivot(matrix):
            raise LinAlgError(f"{name}: {where}The solver failed because the input matrix is singular.")


def _zero_pivot(matrix) -> int:
    """The 1-based position of the first zero on the diagonal of U, 0 if there is none."""
    if not np.isfinite(matrix).all():
        return 0
    upper = np.asarray(jax.lax.linalg.lu(jnp.asarray(matrix))[0])
    zeros = np.flatnonzero(np.diagonal(upper) == 0)
    return int(zeros[0]) + 1 if zeros.size else 0


def explain_indefinite(name: str, a) -> None:
    """LinAlgError naming the first leading minor of `a` that is not positive definite."""
    for matrix, where in _matrices(a):
        order = _indefinite_order(matrix)
        if order:
            raise LinAlgError(f"{name}: {where}The factorization could not be completed because the input is not positive-definite (the "
                              f"leading minor of order {order} is not positive-definite).")


def _indefinite_order(matrix) -> int:
    """The order of the first leading minor without a Cholesky factor, by bisection; 0 if there is none."""
    if _has_factor(matrix):
        return 0
    low, high = 0, len(matrix)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _has_factor(matrix[:middle, :middle]) else (low, middle)
    return high


def _has_factor(matrix) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True
