"""Orthogonal matrices as functions of unconstrained ones, and the orthogonal parametrization made of them."""

from __future__ import annotations

from enum import Enum, auto

import jax.numpy as jnp

from ... import cat, eye, linalg, randn, zeros_like
from ... import finfo as _finfo
from ...core.dispatch import run_raw
from ...core.op import Op
from ...core.tensor import Tensor, from_value, value_of
from ..module import Module


def _geqrf(a, /):
    raw, tau = jnp.linalg.qr(a, mode="raw")
    return jnp.swapaxes(raw, -1, -2), tau


_GEQRF = Op(_geqrf, "householder_factors", "GeqrfBackward0")


def _householder_factors(a: Tensor) -> tuple:
    """The triangular factor with the reflectors below its diagonal, and the reflectors' scales."""
    raw, tau = run_raw(_GEQRF, (value_of(a),), ())
    return from_value(raw), from_value(tau)


def _is_orthogonal(q) -> bool:
    rows, columns = q.shape[-2:]
    identity = eye(columns, dtype=q.dtype, device=q.device)
    return (q.mH @ q).allclose(identity.expand(*q.shape[:-2], columns, columns), atol=10 * rows * _finfo(q.dtype).eps)


def _nearest_by_qr(a):
    """The Q of a QR decomposition whose R has a positive diagonal."""
    raw, tau = _householder_factors(a)
    return linalg.householder_product(raw, tau) * raw.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class OrthogonalMap(Enum):
    """How an unconstrained matrix becomes an orthogonal one."""

    matrix_exp = auto()
    cayley = auto()
    householder = auto()


class _Orthogonal(Module):
    """A matrix, or a batch of them, with orthonormal columns (or rows, if it is wide).

    With trivialization the map is followed by a multiplication with a fixed orthogonal matrix, `base`, so that any value can be assigned.
    """

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: OrthogonalMap, *, use_trivialization: bool = True):
        super().__init__()
        if orthogonal_map is OrthogonalMap.householder and weight.is_complex():  # type: ignore[attr-defined]
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X):
        wide = X.size(-2) < X.size(-1)
        x = X.mT if wide else X
        if self.orthogonal_map is OrthogonalMap.householder:
            q = self._by_reflections(x)
        else:
            q = self._by_skew_matrix(x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    def _by_reflections(self, x):
        below = x.tril(-1)
        tau = 2.0 / (1.0 + (below * below).sum(-2))
        signs = x.diagonal(dim1=-2, dim2=-1).int()
        return linalg.householder_product(below, tau) * signs.unsqueeze(-2)

    def _by_skew_matrix(self, x):
        rows, columns = x.shape[-2:]
        x = x.tril()
        if rows != columns:
            x = cat([x, x.new_zeros(*x.shape[:-1], rows - columns)], -1)
        skew = x - x.mH
        if self.orthogonal_map is OrthogonalMap.matrix_exp:
            q = linalg.matrix_exp(skew)
        else:
            identity = eye(rows, dtype=skew.dtype, device=skew.device)
            q = linalg.solve(identity - 0.5 * skew, identity + 0.5 * skew)
        return q[..., :columns] if rows != columns else q

    def right_inverse(self, Q):
        """What maps to Q, which need not be quite orthogonal if there is a base."""
        if Q.shape != self.shape:
            raise ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}.")
        wide = Q.size(-2) < Q.size(-1)
        q = Q.mT if wide else Q
        if hasattr(self, "base"):
            return self._rebased(Q, q)
        if self.orthogonal_map is not OrthogonalMap.householder:
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False."
            )
        raw, tau = _householder_factors(q)
        # The diagonal keeps the signs of the columns; a reflector of scale zero is no reflection, which costs a sign.
        signs = raw.diagonal(dim1=-2, dim2=-1).sign() * (1 - 2 * (tau == 0).to(raw.dtype))
        raw.diagonal(dim1=-2, dim2=-1).copy_(signs)
        return raw.mT if wide else raw

    def _rebased(self, Q, q):
        rows, columns = q.shape[-2:]
        if rows != columns:
            noise = randn(*q.shape[:-1], rows - columns, dtype=q.dtype, device=q.device)
            base = _nearest_by_qr(cat([q, noise], -1))
        else:
            base = q.clone() if _is_orthogonal(q) else _nearest_by_qr(q)
        self.base = base
        # Minus the identity maps to the identity, under each of the maps.
        start = zeros_like(Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start
