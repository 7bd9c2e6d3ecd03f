"""Where an op's best formula depends on the platform: the one place that asks which."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp


def by_platform(cpu: Callable, other: Callable, *arrays):
    """`cpu(*arrays)` when compiled for a CPU, `other(*arrays)` elsewhere; both must agree in shape and dtype.

    An accelerator's vendor libraries are tuned for the direct formula; XLA's CPU backend sometimes is not (benchmarks/variants.py).
    """
    return jax.lax.platform_dependent(*arrays, cpu=cpu, default=other)


def last_sum(x):
    """Sum over the last dimension, kept. On a CPU a product with ones, 1.5 times as fast as XLA's reduction of long rows."""
    if x.ndim == 0 or x.dtype.kind != "f":
        return x.sum(-1, keepdims=True)

    def by_dot(a):
        flat = a.reshape(-1, a.shape[-1])
        total = jnp.dot(flat, jnp.ones(a.shape[-1], a.dtype), precision=jax.lax.Precision.HIGHEST)
        return total.reshape(*a.shape[:-1], 1)

    return by_platform(by_dot, lambda a: a.sum(-1, keepdims=True), x)


def wide(x):
    """Half precision raised to float32, for kernels that reduce; anything else (None too) as it is."""
    return x.astype(jnp.float32) if x is not None and x.dtype.itemsize == 2 else x
