"""Determinants and factorisations: `det`, `slogdet`, `cholesky`, `qr`, `svd`, `eigh`, `eig`. Leading dimensions are batches."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core import return_types
from ..core.failing import refuse_backward
from ..core.op import function, op
from .linalg_checks import check_finite, check_matrix, check_square, explain_indefinite, is_suspect
from .lowering import where_xla_can


def adjoint(a):
    """The conjugate transpose of the last two dimensions."""
    return jnp.swapaxes(a, -1, -2).conj()


@op(method=True, node="LinalgDetBackward0")
def det(input, /):
    """The determinant (torch.det)."""
    check_square("linalg.det", input)
    return jnp.linalg.det(input) if input.shape[-1] else jnp.ones(input.shape[:-2], input.dtype)


@op(name="_slogdet", public=False, node="LinalgSlogdetBackward0")
def _slogdet(input, /):
    """Sign and log of the size of the determinant."""
    check_square("linalg.slogdet", input)
    return tuple(jnp.linalg.slogdet(input))


@function(method=True, out=True)
def slogdet(input):
    """The sign of the determinant and the log of its size: (sign, logabsdet) (torch.slogdet)."""
    return return_types.slogdet(_slogdet(input))


@function(name="linalg_slogdet", public=False, out=True)
def linalg_slogdet(A):
    """`slogdet` under its name in torch.linalg."""
    return return_types.linalg_slogdet(_slogdet(A))


@function(method=True)
def logdet(input):
    """The log of the determinant: NaN where it is negative (torch.logdet)."""
    from .compare import where

    sign, size = _slogdet(input)
    if sign.dtype.is_complex:
        return sign.log() + size
    return where(sign == -1, float("nan"), size)


def _half_lower(x):
    """The lower triangle with half the diagonal."""
    return jnp.tril(x) - jnp.tril(jnp.triu(x)) / 2


def _cholesky(input, upper):
    lower = jnp.swapaxes(input, -1, -2).conj() if upper else input
    factor = jnp.tril(lax.linalg.cholesky(lower, symmetrize_input=False))
    return adjoint(factor) if upper else factor


def _cholesky_rule(grad, out, upper):
    # PyTorch's convention: the gradient of a Hermitian argument is Hermitian, whichever triangle was read.
    factor, gradient = (adjoint(out), adjoint(grad)) if upper else (out, grad)
    inner = _half_lower(adjoint(factor) @ gradient)
    left = lax.linalg.triangular_solve(factor, inner, left_side=True, lower=True, transpose_a=True, conjugate_a=True)
    both = lax.linalg.triangular_solve(factor, left, left_side=False, lower=True)
    return (both + adjoint(both)) / 2


@op(name="_linalg_cholesky", public=False, node="LinalgCholeskyExBackward0")
def _linalg_cholesky(input, /, upper=False):
    """Cholesky's factor; all NaN where there is none."""
    check_square("linalg.cholesky", input)
    return _cholesky(input, upper)


@op(name="_cholesky", public=False, node="CholeskyBackward0")
def _cholesky_old(input, /, upper=False):
    """`_linalg_cholesky` under the name of the older function."""
    check_square("cholesky", input)
    return _cholesky(input, upper)


_linalg_cholesky.vjp(_cholesky_rule)
_cholesky_old.vjp(_cholesky_rule)


@function(method=True, out=True)
def cholesky(input, upper=False):
    """The triangular factor of a positive definite matrix (torch.cholesky); LinAlgError if it is not."""
    result = _cholesky_old(input, upper)
    if is_suspect(result):
        explain_indefinite("cholesky", input)
    return result


@function(name="linalg_cholesky", public=False, out=True)
def linalg_cholesky(A, *, upper=False):
    """The triangular factor of a positive definite matrix (torch.linalg.cholesky); LinAlgError if it is not."""
    result = _linalg_cholesky(A, upper)
    if is_suspect(result):
        explain_indefinite("linalg.cholesky", A)
    return result


@function(name="linalg_cholesky_ex", public=False, out=True)
def linalg_cholesky_ex(A, *, upper=False, check_errors=False):
    """`linalg.cholesky` that reports failure by a non-zero `info` (torch.linalg.cholesky_ex)."""
    factor = _linalg_cholesky(A, upper)
    if check_errors and is_suspect(factor):
        explain_indefinite("linalg.cholesky_ex", A)
    return return_types.linalg_cholesky_ex((factor, _indefinite_orders(A, factor, upper)))


@op(name="_indefinite_orders", public=False, differentiable=False)
def _indefinite_orders(input, factor, /, upper):
    """For each matrix the order of the first leading minor that is not positive definite, 0 where there is a factor; int32."""
    without = ~jnp.isfinite(factor).all((-1, -2))
    n = input.shape[-1]

    def eliminate(k, state):
        rest, order = state
        pivot, column = rest[..., k, k].real, rest[..., k]
        order = jnp.where((order == 0) & ~(pivot > 0), k + 1, order)
        step = column[..., :, None] * column[..., None, :].conj() / jnp.where(pivot > 0, pivot, 1)[..., None, None]
        return rest - step, order

    def orders():
        lower = jnp.tril(adjoint(input) if upper else input)
        start = lower + adjoint(jnp.tril(lower, -1)), jnp.zeros(without.shape, np.int32)
        found = lax.fori_loop(0, n, eliminate, start)[1]
        return jnp.where(without, jnp.where(found == 0, n, found), 0).astype(np.int32)

    return lax.cond(without.any(), orders, lambda: jnp.zeros(without.shape, np.int32))


@op(name="_qr", public=False, node="LinalgQrBackward0")
def _qr(input, /, mode="reduced"):
    """Orthogonal and triangular factors. A wide matrix is factored by its leading square, so that it has a derivative."""
    check_matrix("linalg.qr", input)
    rows, columns = input.shape[-2:]
    if mode == "r":
        r = jnp.linalg.qr(input, mode="r")
        return jnp.zeros((0,), input.dtype), r
    if columns <= rows:
        return tuple(jnp.linalg.qr(input, mode=mode))
    q, r = jnp.linalg.qr(input[..., :rows], mode="reduced")
    return q, jnp.concatenate([r, adjoint(q) @ input[..., rows:]], -1)


def _differentiable(factors: tuple, A, mode: str) -> tuple:
    """The factors, whose gradient is PyTorch's RuntimeError in the modes that have none."""
    if mode == "r":
        refuse_backward("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') if "
                        "you are going to differentiate through linalg.qr.", *factors)
    elif mode == "complete" and A.shape[-2] > A.shape[-1]:
        refuse_backward("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.", *factors)
    return factors


@function(name="linalg_qr", public=False, out=True)
def linalg_qr(A, mode="reduced"):
    """A = QR with orthogonal Q and triangular R; mode 'reduced', 'complete' or 'r' (torch.linalg.qr)."""
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'")
    return return_types.linalg_qr(_differentiable(_qr(A, mode), A, mode))


@function(method=True, out=True)
def qr(input, some=True):
    """A = QR, reduced unless some=False (torch.qr)."""
    mode = "reduced" if some else "complete"
    return return_types.qr(_differentiable(_qr(input, mode), input, mode))


@op(name="_svd_reduced", public=False, node="LinalgSvdBackward0")
def _svd_reduced(input, /):
    """U, S, Vh with as many columns and rows as there are singular values."""
    check_matrix("linalg.svd", input)
    return tuple(jnp.linalg.svd(input, full_matrices=False))


@op(name="_svd_full", public=False, node="LinalgSvdBackward0")
def _svd_full(input, /):
    """U, S, Vh of a matrix that is not square, with square U and Vh."""
    check_matrix("linalg.svd", input)
    return tuple(jnp.linalg.svd(input, full_matrices=True))


@_svd_full.vjp
def _(grads, outs):
    # JAX has no derivative for full matrices. As in PyTorch the columns beyond the singular values are taken to be constant.
    n = outs[1].shape[-1]
    u, s, vh = outs[0][..., :n], outs[1], outs[2][..., :n, :]
    grad_u, grad_vh = grads[0][..., :n], grads[2][..., :n, :]
    along, across = adjoint(u) @ grad_u, vh @ adjoint(grad_vh)
    gap = s[..., None, :] ** 2 - s[..., :, None] ** 2
    turns = [_over_gaps(x - adjoint(x), gap) for x in (along, across)]
    stretch = grads[1].astype(u.dtype)
    if jnp.iscomplexobj(u):
        stretch = stretch + 1j * jnp.diagonal(along, axis1=-2, axis2=-1).imag / s
    inner = turns[0] * s[..., None, :] + s[..., :, None] * turns[1] + stretch[..., None, :] * jnp.eye(n, dtype=u.dtype)
    outside = ((grad_u - u @ along) / s[..., None, :]) @ vh + (u / s[..., None, :]) @ (grad_vh - adjoint(across) @ vh)
    return u @ inner @ vh + outside


def _over_gaps(turn, gap):
    """`turn` over the gaps between squared singular values; zero where there is nothing to turn, on the diagonal too."""
    nothing = (turn == 0) | jnp.eye(gap.shape[-1], dtype=bool)
    return jnp.where(nothing, 0, turn / jnp.where(nothing, 1, gap))


def _svd(input, full_matrices=True):
    full = full_matrices and input.ndim > 1 and input.shape[-1] != input.shape[-2]
    return (_svd_full if full else _svd_reduced)(input)


@function(name="linalg_svd", public=False, out=True)
def linalg_svd(A, full_matrices=True, *, driver=None):
    """A = U diag(S) Vh (torch.linalg.svd). `driver` chooses among CUDA's algorithms: RuntimeError for any."""
    _refuse_driver(driver)
    return return_types.linalg_svd(_converged(_svd(A, full_matrices), A))


def _refuse_driver(driver) -> None:
    if driver is not None:
        raise RuntimeError("torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.")


def _converged(factors: tuple, A) -> tuple:
    """Singular value factors, LinAlgError if they are not finite because the matrix is not."""
    _check_converged(factors[1], A)
    return factors


def _check_converged(values, A) -> None:
    if is_suspect(values):
        check_finite(A)


@op(name="_svdvals", public=False, node="LinalgSvdBackward0", aux_outputs=2)
def _svdvals(input, /):
    """The singular values; the vectors beside them are for the backward."""
    check_matrix("linalg.svd", input)
    u, s, vh = jnp.linalg.svd(input, full_matrices=False)
    return s, u, vh


@_svdvals.vjp
def _(grad, outs):
    # In closed form: finite for repeated and zero singular values too, unlike the derivative through the vectors.
    return (outs[1] * grad[..., None, :].astype(outs[1].dtype)) @ outs[2]


@function(name="linalg_svdvals", public=False, out=True)
def linalg_svdvals(A, *, driver=None):
    """The singular values, descending (torch.linalg.svdvals)."""
    _refuse_driver(driver)
    values = _svdvals(A)
    _check_converged(values, A)
    return values


@function(method=True, out=True)
def svd(input, some=True, compute_uv=True):
    """input = U diag(S) V^H: (U, S, V) (torch.svd); U and V are zero when compute_uv is False."""
    u, s, vh = _converged(_svd(input, not some or not compute_uv), input)
    if not compute_uv:
        u, vh = u.detach() * 0, vh.detach() * 0
    return return_types.svd((u, s, vh.transpose(-1, -2).conj()))


@op(name="_eigh", public=False, node="LinalgEighBackward0")
def _eigh(input, /, UPLO="L"):
    """Eigenvalues and eigenvectors of a Hermitian matrix, read from one triangle."""
    check_square("linalg.eigh", input)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    vectors, values = lax.linalg.eigh(input, lower=UPLO.upper() == "L", symmetrize_input=False, sort_eigenvalues=True)
    return values, vectors


@_eigh.vjp
def _(grads, outs):
    # PyTorch's form: it needs the outputs only and is Hermitian, as the argument is.
    values, vectors = outs
    turn = adjoint(vectors) @ grads[1]
    return vectors @ _inner_gradient(grads[0], (turn - adjoint(turn)) / 2, values) @ adjoint(vectors)


def _inner_gradient(value_grad, turn, values):
    """The gradient in the basis of the eigenvectors: `turn` over the gaps between eigenvalues, their own gradient on the diagonal."""
    diagonal = jnp.eye(values.shape[-1], dtype=bool)
    gap = (values[..., None, :] - values[..., :, None]).conj()
    return jnp.where(diagonal, value_grad[..., None, :], turn / jnp.where(diagonal, 1, gap))


@function(name="linalg_eigh", public=False, out=True)
def linalg_eigh(A, UPLO="L"):
    """Eigenvalues, ascending, and eigenvectors of a Hermitian matrix (torch.linalg.eigh)."""
    return return_types.linalg_eigh(_eigh(A, UPLO))


@function(name="linalg_eigvalsh", public=False, out=True)
def linalg_eigvalsh(A, UPLO="L"):
    """The eigenvalues of a Hermitian matrix, ascending (torch.linalg.eigvalsh)."""
    return _eigh(A, UPLO)[0]


@op(name="_eig", public=False, node="LinalgEigBackward0")
def _eig(input, /):
    """Complex eigenvalues and eigenvectors of a general matrix."""
    check_square("linalg.eig", input)
    return where_xla_can(lambda a: tuple(jnp.linalg.eig(a)), eig_on_host, input)


def eig_on_host(input):
    """The same by NumPy, on the host."""
    kind = jnp.result_type(input.dtype, jnp.complex64)
    results = jax.ShapeDtypeStruct(input.shape[:-1], kind), jax.ShapeDtypeStruct(input.shape, kind)
    return jax.pure_callback(lambda a: tuple(x.astype(kind) for x in np.linalg.eig(np.asarray(a))), results, input, vmap_method="broadcast_all")


@_eig.vjp
def _(grads, outs):
    # JAX has no derivative for general eigenvectors; this one holds for eigenvectors of unit length.
    values, vectors = outs
    turn = adjoint(vectors) @ grads[1]
    along = jnp.diagonal(turn, axis1=-2, axis2=-1).real[..., None, :]
    turn = turn - adjoint(vectors) @ (vectors * along)
    return jnp.linalg.solve(adjoint(vectors), _inner_gradient(grads[0], turn, values) @ adjoint(vectors))


@function(name="linalg_eig", public=False, out=True)
def linalg_eig(A):
    """Complex eigenvalues and eigenvectors of a square matrix (torch.linalg.eig)."""
    return return_types.linalg_eig(_finite_eig(A))


def _finite_eig(A) -> tuple:
    factors = _eig(A)
    if is_suspect(factors[0]) and is_suspect(A):
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    return factors


@function(name="linalg_eigvals", public=False, out=True)
def linalg_eigvals(A):
    """The complex eigenvalues of a square matrix (torch.linalg.eigvals)."""
    check_square("linalg.eigvals", A._aval)
    return _finite_eig(A)[0]
