"""A few singular or eigenvectors of a matrix: `svd_lowrank`, `pca_lowrank`, `lobpcg`; and the norms behind weight normalisation."""

from __future__ import annotations

from ..core.op import function
from .decompose import linalg_cholesky, linalg_eigh, linalg_qr, linalg_svd
from .product import matmul
from .sample import randn
from .solve import linalg_solve_triangular


def _range(A, q: int, niter: int):
    """An orthonormal basis of about the first `q` left singular vectors: a random image, sharpened by power iteration."""
    start = randn(A.shape[-1], q, dtype=A.dtype, device=A.device)
    basis = linalg_qr(matmul(A, start))[0]
    for _ in range(niter):
        basis = linalg_qr(matmul(A, linalg_qr(matmul(A.mH, basis))[0]))[0]
    return basis


@function
def svd_lowrank(A, q=6, niter=2, M=None):
    """The first `q` singular values and vectors of A - M, by random projection: (U, S, V) (torch.svd_lowrank)."""
    A = A if M is None else A - M.expand(A.shape)
    rows, columns = A.shape[-2:]
    if rows < columns:
        V, S, U = svd_lowrank(A.mH, 6 if q is None else q, niter)
        return U, S, V
    basis = _range(A, 6 if q is None else q, niter)
    U, S, Vh = linalg_svd(matmul(basis.mH, A), full_matrices=False)
    return matmul(basis, U), S, Vh.mH


@function
def pca_lowrank(A, q=None, center=True, niter=2):
    """`svd_lowrank` of A with the mean of its rows taken off, unless center=False (torch.pca_lowrank)."""
    rows, columns = A.shape[-2:]
    if q is None:
        q = min(6, rows, columns)
    elif not 0 <= q <= min(rows, columns):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(rows, columns)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)


@function
def lobpcg(A, k=None, B=None, X=None, n=None, iK=None, niter=None, tol=None, largest=None, method=None, tracker=None, ortho_iparams=None,
           ortho_fparams=None, ortho_bparams=None):
    """The k largest (or smallest) eigenvalues and vectors of A x = e B x for symmetric A and positive definite B (torch.lobpcg).

    Computed by a full factorisation, to working precision: what steers PyTorch's iteration (`iK`, `niter`, `tol`, `method`) has no effect.
    """
    assert A.shape[-2] == A.shape[-1], f"A must be square, got shape {A.shape}"
    assert B is None or A.shape == B.shape, f"A and B must have same shape, got {A.shape} vs {B.shape}"
    if tracker is not None:
        raise NotImplementedError("lobpcg: a tracker watches PyTorch's iterations; torchlike factors the matrix at once and has none")
    m, k = A.shape[-1], (1 if X is None else X.shape[-1]) if k is None else k
    n = k if n is None else n
    if m < 3 * n:
        raise ValueError(f"LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the number of requested "
                         f"eigenpairs (={n})")
    assert X is None or X.shape[-2:] == (m, n), f"X shape mismatch: got {X.shape}, expected {(m, n)}"
    values, vectors = _generalised_eigh((A + A.mT) / 2, B)
    if largest is None or largest:
        values, vectors = values.flip(-1), vectors.flip(-1)
    return values[..., :k], vectors[..., :k]


def _generalised_eigh(A, B) -> tuple:
    """Eigenvalues, ascending, and B-orthonormal eigenvectors of A x = e B x."""
    if B is None:
        return tuple(linalg_eigh(A))
    factor = linalg_cholesky(B)
    half = linalg_solve_triangular(factor, A, upper=False)
    values, vectors = linalg_eigh(linalg_solve_triangular(factor, half.mT, upper=False))
    return values, linalg_solve_triangular(factor.mT, vectors, upper=True)
