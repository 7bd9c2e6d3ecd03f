"""Draws from distributions with parameters: gamma, Dirichlet, Poisson, binomial, von Mises. See `sample.py` for how random ops take seeds."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.mapped import refuse_same_draws
from ..core.op import function, op
from ..core.random import key_from, next_seed
from ..core.tensor import Tensor
from .implicit import dirichlet_gradient, gamma_gradient


def _at_least_single(x):
    return x.astype(jnp.promote_types(x.dtype, jnp.float32))


def _reject(key, proposal, undecided, start):
    """Draw `proposal(key)`, a (values, accepted) pair, until every undecided element has an accepted value; the others keep `start`."""

    def step(state):
        key, undecided, values = state
        key, own = jax.random.split(key)
        fresh, accepted = proposal(own)
        return key, undecided & ~accepted, jnp.where(undecided & accepted, fresh, values)

    return jax.lax.while_loop(lambda state: state[1].any(), step, (key, undecided, start))[2]


def _log_gamma_draws(key, a):
    """Logarithms of standard gamma draws, by Marsaglia and Tsang's method; for shapes below 1 by way of a + 1. -inf for invalid shapes."""
    valid = (a > 0) & jnp.isfinite(a)
    a = jnp.where(valid, a, 1)
    d = jnp.where(a < 1, a + 1, a) - 1 / 3
    boost_key, key = jax.random.split(key)

    def proposal(key):
        first, second = jax.random.split(key)
        x = jax.random.normal(first, a.shape, a.dtype)
        v = (1 + x / jnp.sqrt(9 * d)) ** 3
        log_v = jnp.log(jnp.maximum(v, jnp.finfo(a.dtype).tiny))
        log_u = jnp.log1p(-jax.random.uniform(second, a.shape, a.dtype))
        return jnp.log(d) + log_v, (v > 0) & (log_u < x * x / 2 + d * (1 - v + log_v))

    draws = _reject(key, proposal, valid, jnp.full_like(a, -jnp.inf))
    boost = jnp.log1p(-jax.random.uniform(boost_key, a.shape, a.dtype)) / a
    return jnp.where(a < 1, draws + boost, draws)


@op(public=False, node="StandardGammaBackward0")
def _standard_gamma_op(seed, concentration, /):
    a = _at_least_single(concentration)
    draws = jnp.exp(_log_gamma_draws(key_from(seed), a))
    return jnp.maximum(draws, jnp.finfo(concentration.dtype).tiny).astype(concentration.dtype)


@_standard_gamma_op.vjp
def _(grad, concentration, out):
    # Rejection sampling has no derivative of its own: the draw's quantile is held fixed.
    return None, grad * gamma_gradient(concentration, out)


def _demand_floating(name: str, input: Tensor) -> None:
    if input._aval.dtype.kind not in "fV":
        raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_type_name(input._aval.dtype)}'")


@function
def _standard_gamma(input, generator=None):
    """Gamma draws with the shapes in `input` and scale 1, differentiable (torch._standard_gamma)."""
    _demand_floating("gamma_cpu", input)
    refuse_same_draws(input)
    return _standard_gamma_op(next_seed(generator), input)


@op
def _standard_gamma_grad(input, output, /):
    """The derivative of `output`, gamma draws of shape `input`, with respect to the shape (torch._standard_gamma_grad)."""
    return gamma_gradient(input, output)


@op(public=False, node="SampleDirichletBackward0")
def _sample_dirichlet_op(seed, concentration, /):
    # Normalised as logarithms, since small concentrations make gammas that underflow together.
    draws = jax.nn.softmax(_log_gamma_draws(key_from(seed), _at_least_single(concentration)), -1)
    info = jnp.finfo(concentration.dtype)
    return jnp.clip(draws, info.tiny, 1 - info.eps / 2).astype(concentration.dtype)


@_sample_dirichlet_op.vjp
def _(grad, concentration, out):
    # One coordinate moves as a beta draw; the others shrink in proportion.
    own = dirichlet_gradient(out, concentration, jnp.broadcast_to(concentration.sum(-1, keepdims=True), out.shape))
    return None, own * (grad - (out * grad).sum(-1, keepdims=True))


@function
def _sample_dirichlet(input, generator=None):
    """Dirichlet draws with concentrations along the last dimension, differentiable (torch._sample_dirichlet)."""
    _demand_floating("dirichlet", input)
    refuse_same_draws(input)
    return _sample_dirichlet_op(next_seed(generator), input)


@op
def _dirichlet_grad(x, alpha, total, /):
    """The derivative of x, a beta draw with concentrations alpha and total - alpha, by alpha, over 1 - x (torch._dirichlet_grad)."""
    return dirichlet_gradient(x, alpha, total)


def _many_events(key, rate):
    """Poisson draws for rates of 10 and more: Hormann's transformed rejection (PTRS, 1993), in double precision, which JAX's lacks."""
    b = 0.931 + 2.53 * jnp.sqrt(rate)
    a = 0.02483 * b - 0.059
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)

    def proposal(key):
        first, v = jax.random.uniform(key, (2, *rate.shape), rate.dtype)
        u = first - 0.5
        us = 0.5 - jnp.abs(u)
        k = jnp.floor((2 * a / us + b) * u + rate + 0.43)
        log_ratio = k * jnp.log(rate) - rate - jax.lax.lgamma(jnp.maximum(k, 0) + 1)
        fits = jnp.log(v * inverse_alpha / (a / (us * us) + b)) <= log_ratio
        return k, (k >= 0) & fits & ((us >= 0.013) | (v <= us))

    return _reject(key, proposal, jnp.isfinite(rate), rate)


@op(public=False, node="PoissonBackward0")
def _poisson_op(seed, rate, /):
    few, many = jax.random.split(key_from(seed))
    low = rate < 10
    # JAX draws these with its own implementation of the cipher only.
    below = jax.random.poisson(jax.random.wrap_key_data(jax.random.key_data(few)), jnp.where(low, rate, 0).astype(jnp.float32), rate.shape)
    above = _many_events(many, jnp.where(low, 10, rate).astype(np.float64))
    return jnp.where(low, below, above).astype(rate.dtype)


@_poisson_op.vjp
def _(grad, rate):
    # Zero, as in PyTorch: counts do not move with the rate.
    return None, jnp.zeros_like(rate)


@function
def poisson(input, generator=None):
    """Poisson samples with the given rates (torch.poisson)."""
    _demand_floating("poisson_cpu", input)
    rates = examined(input)
    if rates is not None and (rates < 0).any():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    refuse_same_draws(input)
    return _poisson_op(next_seed(generator), input)


@op(public=False, differentiable=False)
def _binomial_op(seed, count, prob, /):
    shape = jnp.broadcast_shapes(count.shape, prob.shape)
    n, p = jnp.maximum(_at_least_single(count), 0), jnp.clip(_at_least_single(prob), 0, 1)
    return jax.random.binomial(key_from(seed), n, p, shape, n.dtype).astype(count.dtype)


@function
def binomial(count, prob, generator=None):
    """Numbers of successes in `count` trials with the probabilities `prob` (torch.binomial)."""
    for name, operand in (("count", count), ("prob", prob)):
        if operand._aval.dtype.kind not in "fV":
            kind = scalar_type_name(operand._aval.dtype)
            raise ValueError(f"binomial only supports floating-point dtypes for {name}, got: {kind}")
    if count._aval.dtype != prob._aval.dtype:
        found, expected = scalar_type_name(prob._aval.dtype), scalar_type_name(count._aval.dtype)
        raise RuntimeError(f"Found dtype {found} but expected {expected}")
    refuse_same_draws(prob)
    return _binomial_op(next_seed(generator), count, prob)


@op(public=False, differentiable=False)
def _von_mises(seed, loc, concentration, /, *, size):
    """Angles in [-pi, pi), by Best and Fisher's rejection from a wrapped Cauchy distribution."""
    k = jnp.broadcast_to(concentration.astype(np.float64), size)
    tau = 1 + jnp.sqrt(1 + 4 * k * k)
    rho = (tau - jnp.sqrt(2 * tau)) / (2 * k)
    # For small concentrations the expression cancels; its series is 1 / k + k.
    r = jnp.where(k < 1e-5, 1 / k + k, (1 + rho * rho) / (2 * rho))

    def proposal(key):
        u = jax.random.uniform(key, (3, *size), np.float64)
        z = jnp.cos(math.pi * u[0])
        f = (1 + r * z) / (r + z)
        c = k * (r - f)
        accepted = (c * (2 - c) > u[1]) | (jnp.log(c / jnp.maximum(u[1], 1e-300)) + 1 - c >= 0)
        return jnp.where(u[2] < 0.5, -1.0, 1.0) * jnp.arccos(jnp.clip(f, -1, 1)), accepted

    angle = _reject(key_from(seed), proposal, k > 0, jnp.full(size, jnp.nan))
    return (jnp.mod(angle + math.pi + loc, 2 * math.pi) - math.pi).astype(loc.dtype)


@function(public=False)
def draw_von_mises(loc, concentration, size, generator=None):
    """Von Mises draws of the given size."""
    refuse_same_draws(loc)
    refuse_same_draws(concentration)
    return _von_mises(next_seed(generator), loc, concentration, size=tuple(size))
