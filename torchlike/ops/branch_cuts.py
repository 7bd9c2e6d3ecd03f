"""On which side of a branch cut a number lies: the sign of a zero imaginary part tells, which XLA's functions do not look at."""

from __future__ import annotations

import jax.numpy as jnp


def mirrored(function, x):
    """A function of real and complex numbers for which f(conj z) = conj f(z), computed in the upper half plane only."""
    if x.dtype.kind != "c":
        return function(x)
    below = jnp.signbit(x.imag)
    result = function(jnp.where(below, x.conj(), x))
    return jnp.where(below, result.conj(), result)
