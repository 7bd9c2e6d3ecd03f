"""Factorisations put together again: LU, LDL, Householder reflections, low-rank ones."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import torchlike as torch
from torchlike.ops.decompose import eig_on_host


def matrix(*shape, complex: bool = False):
    rng = np.random.default_rng(3)
    a = rng.standard_normal(shape)
    return torch.tensor(a + 1j * rng.standard_normal(shape) if complex else a)


def close(a, b) -> bool:
    return torch.allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (2, 3, 5)])
def test_lu_unpack_multiplies_back(shape):
    a = matrix(*shape)
    p, lower, upper = torch.lu_unpack(*torch.lu(a))
    assert close(p @ lower @ upper, a)


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_lu_solve(complex, left, adjoint):
    a, b = matrix(2, 4, 4, complex=complex), matrix(2, 4, 4, complex=complex)
    x = torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, left=left, adjoint=adjoint)
    a = a.mH if adjoint else a
    assert close(a @ x if left else x @ a, b)


def test_derivatives_of_lu_solve():
    a, b = (matrix(3, 3) + 3 * torch.eye(3, dtype=torch.float64)).requires_grad_(), matrix(3, 2).requires_grad_()

    def solve(a, b):
        return torch.lu_solve(b, *torch.lu(a))

    assert torch.autograd.gradcheck(solve, (a, b), nondet_tol=1e-9) and torch.autograd.gradgradcheck(solve, (a, b), nondet_tol=1e-9)


def test_lu_factor_refuses_singular_matrices():
    with pytest.raises(RuntimeError, match=r"U\[2,2\] is zero"):
        torch.linalg.lu_factor(torch.ones(3, 3))
    assert torch.linalg.lu_factor_ex(torch.ones(3, 3)).info.item() == 2


@pytest.mark.parametrize("kind", ["real", "symmetric", "hermitian"])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_ldl_solve(kind, n):
    a = matrix(n, n, complex=kind != "real")
    a = a + (a.mH if kind == "hermitian" else a.mT)
    hollow = a - torch.diag(a.diagonal()) if n > 1 else a  # needs blocks of two
    b = matrix(n, 2, complex=kind != "real")
    for m in (a, hollow):
        x = torch.linalg.ldl_solve(*torch.linalg.ldl_factor(m, hermitian=kind == "hermitian"), b, hermitian=kind == "hermitian")
        assert torch.allclose(m @ x, b, atol=1e-8)


@pytest.mark.parametrize("complex", [False, True])
def test_reflections(complex):
    a, other = matrix(5, 3, complex=complex), matrix(5, 2, complex=complex)
    packed, tau = torch.geqrf(a)
    q = torch.orgqr(packed, tau)
    assert close(q @ packed[:3].triu(), a)
    assert close(q.mH @ q, torch.eye(3, dtype=a.dtype))
    assert close(torch.ormqr(packed, tau, other, transpose=True)[:3], q.mH @ other)
    assert close(torch.ormqr(packed, tau, torch.ormqr(packed, tau, other), transpose=True), other)
    assert close(torch.ormqr(packed, tau, other.mH, left=False)[:, :3], other.mH @ q)


def test_low_rank_factorisations_of_low_rank_matrices():
    a = matrix(7, 2) @ matrix(2, 5)
    u, s, v = torch.svd_lowrank(a, 3)
    assert close(u @ torch.diag(s) @ v.mT, a)
    u, s, v = torch.pca_lowrank(a, 3)
    assert close(u @ torch.diag(s) @ v.mT, a - a.mean(0))


def test_lobpcg_solves_the_generalised_problem():
    a, b = matrix(9, 9), matrix(9, 9)
    a, b = a + a.mT, b @ b.mT + torch.eye(9, dtype=torch.float64)
    for largest in (True, False):
        values, vectors = torch.lobpcg(a, 2, b, largest=largest)
        assert close(a @ vectors, b @ vectors * values)
        assert (values[0] > values[1]).item() is largest


@pytest.mark.parametrize("name", ["solve", "eig", "symeig", "lstsq", "matrix_rank"])
def test_removed_functions_name_their_successors(name):
    with pytest.raises(RuntimeError, match=r"now removed[\s\S]*torch\.linalg\."):
        getattr(torch, name)(torch.eye(2))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 0)])
def test_eigenvalues_by_the_host(shape, dtype):
    # What runs on platforms for which XLA has no kernel; batches from vmap too.
    a = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    values, vectors = jax.jit(eig_on_host)(a)
    np.testing.assert_allclose(a @ vectors, vectors * values[..., None, :], rtol=1e-4, atol=1e-4)
    assert values.dtype == vectors.dtype == (np.complex128 if dtype == "float64" else np.complex64)
    batched, _ = jax.vmap(eig_on_host)(np.stack([a, a]))
    np.testing.assert_allclose(batched[1], values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 5)])
def test_derivatives_of_full_singular_vectors(shape, complex):
    a = matrix(*shape, complex=complex).requires_grad_()
    n = min(shape[-2:])

    def product(x):
        u, s, vh = torch.linalg.svd(x)
        return u[..., :n] @ vh[..., :n, :], s

    assert torch.autograd.gradcheck(product, (a,))
    assert torch.autograd.gradgradcheck(lambda x: torch.linalg.svd(x).S, (a,))


def test_derivatives_that_qr_does_not_have():
    a = matrix(4, 3).requires_grad_()
    for mode, words in (("complete", "mode='complete' and nrows > ncols"), ("r", "depends on Q, which is not computed when mode='r'")):
        with pytest.raises(RuntimeError, match=words):
            torch.linalg.qr(a, mode).R.sum().backward()
    assert torch.autograd.gradcheck(lambda x: torch.linalg.qr(x.mT, "complete").R, (a,))


F32, F64 = torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: torch.addmm(F32, F64, F32), "mat1 and mat2 must have the same dtype, but got Double and Float"),
    (lambda: torch.addmm(F64, F32, F32), "self and mat2 must have the same dtype, but got Double and Float"),
    (lambda: torch.addmv(F32[0], F32, F64[0]), "addmv input tensors must have the same dtype, but got Float, Float, and Double"),
    (lambda: torch.baddbmm(F64, F32[None], F32[None]), "got: input double, batch1: float, batch2: float"),
    (lambda: torch.addbmm(F32, F32[None], F64[None]), "self and mat2 must have the same dtype, but got Float and Double"),
    (lambda: torch.addmm(F32[None], F32, F32), r"the number of sizes provided \(2\) must be greater or equal to"),
    (lambda: torch.addbmm(F32, F32[None], F32.expand(2, 2, 2)), "must have same number of batches, got 1 and 2"),
    (lambda: torch.cdist(F64, F32), "expected scalar type Double but found Float"),
    (lambda: torch.cholesky_solve(F32, torch.eye(3)), "cholesky_solve: each A matrix is 3 by 3 but each b matrix is 2 by 2"),
    (lambda: torch.triangular_solve(F32, torch.ones(2, 3)), "A must be batches of square matrices, but they are 2 by 3 matrices"),
    (lambda: torch.linalg.eigvals(F32[0]), "linalg.eigvals: The input tensor A must have at least 2 dimensions"),
    (lambda: torch.linalg.pinv(F32, rtol=torch.tensor(1j)), "rtol tensor of complex type is not supported"),
    (lambda: torch.addr(F32.int(), F32[0].int(), F32[0].int(), alpha=0.5), "argument alpha must not be a floating point number"),
])
def test_products_and_solvers_refuse_in_pytorchs_words(call, words):
    with pytest.raises(RuntimeError, match=words):
        call()


def test_integers_have_powers():
    assert torch.linalg.matrix_power(torch.tensor([[1, 1], [1, 0]]), 5).tolist() == [[8, 5], [5, 3]]
