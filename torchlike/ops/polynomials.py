"""Orthogonal polynomials of any degree (torch.special): three-term recurrences in double precision. PyTorch has no derivative for them.

The degree is an operand: it is cut to an integer, broadcasts with the argument, and a negative one gives 0.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.op import op
from .checks import refuse
from .promotion import category, promote_broadcast, to_float


def _recur(x, degree, first, step):
    """The polynomial of each degree: 1, `first`, then step(k, p_k, p_{k-1}) for p_{k+1}."""
    def advance(k, carry):
        result, current, previous = carry
        following = step(k.astype(x.dtype), current, previous)
        return jnp.where(degree == k + 1, following, result), following, current

    start = jnp.where(degree == 0, 1, jnp.where(degree == 1, first, 0)).astype(x.dtype)
    highest = jnp.max(degree, initial=0)
    return lax.fori_loop(1, jnp.maximum(highest, 1), advance, (start, first, jnp.ones_like(x)))[0]


def _declare(name: str, doc: str, first, step, limit: bool = False):
    """`first(x)` is the polynomial of degree 1; step(x, k, p, q) the one of degree k + 1 from those of degrees k and k - 1."""
    kernel = f"{name}_cpu"

    def polynomial(x, n, /):
        promote_broadcast(x, n)
        x, n = to_float(x, n)
        dtype = x.dtype
        if category(dtype) == 3 or dtype.itemsize == 2:
            refuse(kernel, dtype)
        x, n = jnp.broadcast_arrays(x.astype(np.float64), n)
        degree = jnp.where(jnp.isnan(n), -1, n).astype(np.int64)
        result = _recur(x, degree, first(x), lambda k, p, q: step(x, k, p, q)).astype(dtype)
        return jnp.where(degree > (128 if dtype == np.float32 else 512), jnp.nan, result) if limit else result

    polynomial.__doc__ = f"{doc}, of degree n at x (torch.special.{name}); no gradient."
    return op(polynomial, name=f"special_{name}", public=False, differentiable=False)


def _chebyshev(x, k, p, q):
    return 2 * x * p - q


def _shifted(x, k, p, q):
    return 2 * (2 * x - 1) * p - q


chebyshev_polynomial_t = _declare("chebyshev_polynomial_t", "Chebyshev's polynomial of the first kind", lambda x: x, _chebyshev)
chebyshev_polynomial_u = _declare("chebyshev_polynomial_u", "Chebyshev's polynomial of the second kind", lambda x: 2 * x, _chebyshev)
chebyshev_polynomial_v = _declare("chebyshev_polynomial_v", "Chebyshev's polynomial of the third kind", lambda x: 2 * x - 1, _chebyshev)
chebyshev_polynomial_w = _declare("chebyshev_polynomial_w", "Chebyshev's polynomial of the fourth kind", lambda x: 2 * x + 1, _chebyshev)
shifted_chebyshev_polynomial_t = _declare("shifted_chebyshev_polynomial_t", "`chebyshev_polynomial_t` moved to [0, 1]",
                                          lambda x: 2 * x - 1, _shifted)
shifted_chebyshev_polynomial_u = _declare("shifted_chebyshev_polynomial_u", "`chebyshev_polynomial_u` moved to [0, 1]",
                                          lambda x: 2 * (2 * x - 1), _shifted)
shifted_chebyshev_polynomial_v = _declare("shifted_chebyshev_polynomial_v", "`chebyshev_polynomial_v` moved to [0, 1]",
                                          lambda x: 2 * (2 * x - 1) - 1, _shifted)
shifted_chebyshev_polynomial_w = _declare("shifted_chebyshev_polynomial_w", "`chebyshev_polynomial_w` moved to [0, 1]",
                                          lambda x: 2 * (2 * x - 1) + 1, _shifted)
hermite_polynomial_h = _declare("hermite_polynomial_h", "The physicists' Hermite polynomial", lambda x: 2 * x,
                                lambda x, k, p, q: 2 * (x * p - k * q), limit=True)
hermite_polynomial_he = _declare("hermite_polynomial_he", "The probabilists' Hermite polynomial", lambda x: x,
                                 lambda x, k, p, q: x * p - k * q, limit=True)
laguerre_polynomial_l = _declare("laguerre_polynomial_l", "Laguerre's polynomial", lambda x: 1 - x,
                                 lambda x, k, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1))
legendre_polynomial_p = _declare("legendre_polynomial_p", "Legendre's polynomial", lambda x: x,
                                 lambda x, k, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1))
