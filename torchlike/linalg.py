"""`torchlike.linalg`: PyTorch's names for the linear algebra declared in `ops/`."""

from __future__ import annotations

from .ops.contract import linalg_cross as cross
from .ops.contract import multi_dot, vecdot
from .ops.decompose import det
from .ops.decompose import linalg_cholesky as cholesky
from .ops.decompose import linalg_cholesky_ex as cholesky_ex
from .ops.decompose import linalg_eig as eig
from .ops.decompose import linalg_eigh as eigh
from .ops.decompose import linalg_eigvals as eigvals
from .ops.decompose import linalg_eigvalsh as eigvalsh
from .ops.decompose import linalg_qr as qr
from .ops.decompose import linalg_slogdet as slogdet
from .ops.decompose import linalg_svd as svd
from .ops.decompose import linalg_svdvals as svdvals
from .ops.householder import linalg_householder_product as householder_product
from .ops.joining import stack
from .ops.ldl import linalg_ldl_factor as ldl_factor
from .ops.ldl import linalg_ldl_factor_ex as ldl_factor_ex
from .ops.ldl import linalg_ldl_solve as ldl_solve
from .ops.linalg_checks import LinAlgError
from .ops.lu import linalg_lu as lu
from .ops.lu import linalg_lu_factor as lu_factor
from .ops.lu import linalg_lu_factor_ex as lu_factor_ex
from .ops.lu import linalg_lu_solve as lu_solve
from .ops.matrix_norm import cond, matrix_norm, matrix_rank
from .ops.matrix_norm import linalg_norm as norm
from .ops.power import pow
from .ops.product import matmul
from .ops.solve import linalg_inv as inv
from .ops.solve import linalg_inv_ex as inv_ex
from .ops.solve import linalg_lstsq as lstsq
from .ops.solve import linalg_pinv as pinv
from .ops.solve import linalg_solve as solve
from .ops.solve import linalg_solve_ex as solve_ex
from .ops.solve import linalg_solve_triangular as solve_triangular
from .ops.solve import linalg_tensorinv as tensorinv
from .ops.solve import linalg_tensorsolve as tensorsolve
from .ops.solve import matrix_exp, matrix_power
from .ops.vector_norm import vector_norm


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """A view of the diagonals of the last two dimensions (torch.linalg.diagonal)."""
    return A.diagonal(offset, dim1, dim2)


def vander(x, N=None):
    """The matrix of powers 0 .. N-1 of each element (torch.linalg.vander)."""
    x = x.reshape(1) if x.ndim == 0 else x
    if x.dtype.name == "bool":
        raise RuntimeError("linalg.vander supports floating point, complex, and integer tensors, but got Bool")
    x = x if x.dtype.is_floating_point or x.dtype.is_complex else x.long()
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    exponents = range(count)
    return stack([pow(x, n) for n in exponents], -1)


__all__ = ["LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
           "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor", "lu_factor_ex",
           "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve",
           "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm"]
