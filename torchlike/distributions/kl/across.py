"""Divergences between distributions of different families: the cross-entropy to q, from moments of p, less the entropy of p."""

from __future__ import annotations

import math

import torchlike as torch

from ..bernoulli import Bernoulli
from ..beta import Beta
from ..binomial import Binomial
from ..continuous_bernoulli import ContinuousBernoulli
from ..exponential import Exponential
from ..gamma import Gamma
from ..gumbel import Gumbel
from ..laplace import Laplace
from ..normal import Normal
from ..pareto import Pareto
from ..poisson import Poisson
from ..uniform import Uniform
from ..utils import euler_constant
from .registry import register_kl

INF = torch.inf


def _register(kinds_of_p: tuple, type_q):
    """Register one formula for several classes of p."""

    def enter(fun):
        for kind in kinds_of_p:
            register_kl(kind, type_q)(fun)
        return fun

    return enter


def _x_log_x(x):
    return torch.special.xlogy(x, x)


def _mean_log(p):
    """E[log X] of a positive variable."""
    if isinstance(p, Beta):
        return torch.digamma(p.concentration1) - torch.digamma(p.concentration1 + p.concentration0)
    if isinstance(p, Exponential):
        return -(p.rate.log() + euler_constant)
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (_x_log_x(p.high) - _x_log_x(p.low)) / (p.high - p.low) - 1


def _mean_exp(p, t):
    """E[exp(-t X)], for t > 0."""
    if isinstance(p, Exponential):
        return p.rate / (p.rate + t)
    if isinstance(p, Gamma):
        return (1 + t / p.rate).pow(-p.concentration)
    if isinstance(p, Normal):
        return torch.exp(t * (t * p.scale.pow(2) / 2 - p.loc))
    return (torch.exp(-t * p.low) - torch.exp(-t * p.high)) / (t * (p.high - p.low))


def _infinite_where(outside, result):
    return torch.where(outside, INF, result)


def _below_zero(p, result):
    """Infinite where a uniform p reaches below 0."""
    return _infinite_where(p.low < 0, result) if isinstance(p, Uniform) else result


@register_kl(Bernoulli, Poisson)
def _kl_bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@_register((Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform), Normal)
def _kl_any_normal(p, q):
    variance = q.scale.pow(2)
    return -p.entropy() + 0.5 * (2 * math.pi * variance).log() + (p.variance + (p.mean - q.loc).pow(2)) / (2 * variance)


@_register((Beta, ContinuousBernoulli, Gamma, Pareto, Uniform), Exponential)
def _kl_any_exponential(p, q):
    return _below_zero(p, -p.entropy() - q.rate.log() + q.rate * p.mean)


@_register((Beta, Exponential, Pareto, Uniform), Gamma)
def _kl_any_gamma(p, q):
    norm = q.concentration.lgamma() - q.concentration * q.rate.log()
    return _below_zero(p, -p.entropy() + norm - (q.concentration - 1) * _mean_log(p) + q.rate * p.mean)


@_register((Exponential, Gamma, Normal, Uniform), Gumbel)
def _kl_any_gumbel(p, q):
    linear = (p.mean - q.loc) / q.scale
    return -p.entropy() + q.scale.log() + linear + torch.exp(q.loc / q.scale) * _mean_exp(p, q.scale.reciprocal())


@_register((Beta, Uniform), ContinuousBernoulli)
def _kl_any_continuous_bernoulli(p, q):
    result = -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._cont_bern_log_norm()
    return _infinite_where((p.high >= 1) | (p.low <= 0), result) if isinstance(p, Uniform) else result


@register_kl(Normal, Laplace)
def _kl_normal_laplace(p, q):
    offset = (p.loc - q.loc) / p.scale
    distance = math.sqrt(2 / math.pi) * torch.exp(-0.5 * offset.pow(2)) + offset * torch.erf(offset / math.sqrt(2))
    return -p.entropy() + (2 * q.scale).log() + p.scale * distance / q.scale


@_register((Beta, ContinuousBernoulli), Uniform)
def _kl_unit_uniform(p, q):
    result = -p.entropy() + (q.high - q.low).log()
    if isinstance(p, Beta):
        return _infinite_where((q.low > 0) | (q.high < 1), result)
    return _infinite_where((q.low >= 0) | (q.high <= 1), result)


@register_kl(Uniform, Beta)
def _kl_uniform_beta(p, q):
    mean_log_rest = (_x_log_x(1 - p.low) - _x_log_x(1 - p.high)) / (p.high - p.low) - 1
    norm = q._log_normalizer(q.concentration1, q.concentration0)
    result = -p.entropy() + norm - (q.concentration1 - 1) * _mean_log(p) - (q.concentration0 - 1) * mean_log_rest
    return _infinite_where((p.high > 1) | (p.low < 0), result)


@register_kl(Uniform, Pareto)
def _kl_uniform_pareto(p, q):
    result = -p.entropy() - q.alpha.log() - q.alpha * q.scale.log() + (q.alpha + 1) * _mean_log(p)
    return _infinite_where(p.low < q.scale, result)


@_register((Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Normal), Pareto)
@_register((Exponential, Gamma, Gumbel, Laplace, Normal, Pareto), Uniform)
@_register((Exponential, Gamma, Gumbel, Laplace, Normal, Pareto), ContinuousBernoulli)
@_register((Exponential, Gamma, Gumbel, Laplace, Normal, Pareto), Beta)
@_register((Gumbel, Laplace, Normal), Exponential)
@_register((Gumbel, Laplace, Normal), Gamma)
@_register((Poisson,), Bernoulli)
@_register((Poisson,), Binomial)
def _kl_infinity(p, q):
    """p has draws where q has none."""
    return torch.full_like(getattr(p, next(iter(p.arg_constraints))), INF)
