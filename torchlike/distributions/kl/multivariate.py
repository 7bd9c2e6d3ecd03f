"""Divergences between multivariate normals, with full covariance or of low rank."""

from __future__ import annotations

import torchlike as torch

from ..lowrank_multivariate_normal import LowRankMultivariateNormal, _batch_lowrank_mahalanobis
from ..multivariate_normal import MultivariateNormal, _batch_mahalanobis, _half_log_det
from .registry import register_kl


def _check_events(p, q, kinds: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(f"KL-divergence between {kinds} with different event shapes cannot be computed")


def _squares(matrices):
    """tr(X X^T)."""
    return matrices.pow(2).sum((-2, -1))


def _solved(factor, matrices):
    """factor^-1 matrices."""
    return torch.linalg.solve_triangular(factor, matrices, upper=False)


def _root(p):
    """The matrices whose squares add up to the covariance of p."""
    if isinstance(p, MultivariateNormal):
        return (p._unbroadcasted_scale_tril,)
    return p._unbroadcasted_cov_factor, torch.diag_embed(p._unbroadcasted_cov_diag.sqrt())


def _log_det(p):
    return 2 * _half_log_det(p._unbroadcasted_scale_tril) if isinstance(p, MultivariateNormal) else p._log_det()


def _combined(p, q, distance, trace):
    return 0.5 * (_log_det(q) - _log_det(p) + distance + trace - p.event_shape[0])


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariatenormal_multivariatenormal(p, q):
    _check_events(p, q, "two Multivariate Normals")
    return _to_full(p, q)


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _kl_lowrankmultivariatenormal_multivariatenormal(p, q):
    _check_events(p, q, "two (Low Rank) Multivariate Normals")
    return _to_full(p, q)


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _kl_multivariatenormal_lowrankmultivariatenormal(p, q):
    _check_events(p, q, "two (Low Rank) Multivariate Normals")
    return _to_lowrank(p, q)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _kl_lowrankmultivariatenormal_lowrankmultivariatenormal(p, q):
    _check_events(p, q, "two Low Rank Multivariate Normals")
    return _to_lowrank(p, q)


def _to_full(p, q):
    factor = q._unbroadcasted_scale_tril
    trace = sum(_squares(_solved(factor, root)) for root in _root(p))
    return _combined(p, q, _batch_mahalanobis(factor, q.loc - p.loc), trace)


def _to_lowrank(p, q):
    """The trace by Woodbury's identity: tr(D^-1 S) less what the capacitance takes off."""
    W, D, capacitance = q._unbroadcasted_cov_factor, q._unbroadcasted_cov_diag, q._capacitance_tril
    taken = _solved(capacitance, W.mT / D.unsqueeze(-2))
    trace = sum(_squares(root / D.sqrt().unsqueeze(-1)) - _squares(taken @ root) for root in _root(p))
    return _combined(p, q, _batch_lowrank_mahalanobis(W, D, q.loc - p.loc, capacitance), trace)
