"""How draws move with the parameters they were drawn with: implicit reparameterisation of the gamma and beta distributions.

A draw x with distribution function F(x; a) keeps its quantile when a changes, so dx/da = -(dF/da) / density. In a coordinate z in which
the density is log-concave (log x for the gamma, the logit for the beta), dF/da is the integral of density times d log density / da over
either tail. We take the tail beyond the mode, where the integrand decays, by double-exponential quadrature at the scale at which it does.
All is plain arithmetic in x and a, so it can be differentiated again.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import digamma

_TAU = np.linspace(-3.6, 4.4, 72)
_NODES = np.exp(_TAU - np.exp(-_TAU))
_WEIGHTS = (_TAU[1] - _TAU[0]) * _NODES * (1 + np.exp(-_TAU))


def _tail_scale(slope, curvature):
    """Where a log-density with these derivatives has fallen by 1."""
    slope = jnp.abs(slope)
    return 2 / (slope + jnp.sqrt(slope * slope + 2 * curvature))


def _tail_integral(integrand, scale):
    """The integral over [0, inf) of a function that decays at `scale`, elementwise."""
    scale = jax.lax.stop_gradient(scale)[..., None]
    return (integrand(scale * _NODES) * (scale * _WEIGHTS)).sum(-1)


def gamma_gradient(a, x):
    """dx/da of a standard gamma draw x with shape a."""
    dtype = x.dtype
    a, x = a.astype(np.float64), jnp.maximum(x.astype(np.float64), np.finfo(np.float64).tiny)
    left = x < jnp.maximum(a, 1)
    scale = _tail_scale(a - x, x)
    scale = jnp.where(left, jnp.maximum(scale, 1 / a), scale)
    sign = jnp.where(left, -1.0, 1.0)[..., None]
    offset = (jnp.log(x) - digamma(a))[..., None]

    def integrand(v):
        step = sign * jnp.where(left[..., None], v, jnp.minimum(v, 80.0))  # beyond, the density is 0
        return (offset + step) * jnp.exp(a[..., None] * step - x[..., None] * jnp.expm1(step))

    return (x * sign[..., 0] * _tail_integral(integrand, scale)).astype(dtype)


def dirichlet_gradient(x, a, total):
    """dx/da / (1 - x) of a coordinate x of a Dirichlet draw, with concentration a out of `total`: x is Beta(a, total - a)."""
    dtype = x.dtype
    x, a, total = (v.astype(np.float64) for v in (x, a, total))
    x = jnp.clip(x, np.finfo(np.float64).tiny, 1.0)
    left = x * total < a
    own = jnp.where(left, a, total - a)  # the rate of decay far out
    near = jnp.where(left, x, 1 - x)
    scale = jnp.maximum(_tail_scale(a - total * x, total * x * (1 - x)), 1 / own)
    offset = (jnp.log(x) - digamma(a) + digamma(total))[..., None]

    def integrand(v):
        away = jnp.log1p(near[..., None] * jnp.expm1(-v))
        log_ratio = jnp.where(left[..., None], -v - away, -away)  # of t to x
        return (offset + log_ratio) * jnp.exp(-own[..., None] * v - total[..., None] * away)

    return (jnp.where(left, -x, x) * _tail_integral(integrand, scale)).astype(dtype)
