"""Where an op's best formula depends on the platform: the one place that asks which."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.experimental.xla_metadata import set_xla_metadata


def by_platform(cpu: Callable, other: Callable, *arrays):
    """`cpu(*arrays)` when compiled for a CPU, `other(*arrays)` elsewhere; both must agree in shape and dtype.

    An accelerator's vendor libraries are tuned for the direct formula; XLA's CPU backend sometimes is not (benchmarks/variants.py).
    """
    return jax.lax.platform_dependent(*arrays, cpu=cpu, default=other)


def where_xla_can(kernel: Callable, host: Callable, *arrays):
    """`kernel(*arrays)` on CPUs and GPUs; on platforms that XLA has no such kernel for, `host(*arrays)`, a callback."""
    return jax.lax.platform_dependent(*arrays, cpu=kernel, cuda=kernel, rocm=kernel, default=host)


def stored(function: Callable, *arrays):
    """`function(*arrays)` whose results a larger program on a CPU computes once and stores.

    XLA's CPU backend fuses a cheap chain of operations into everything that reads its result and computes it again there, for a gradient
    made of nine shifted reads nine times (11 times slower for max pooling 3x3, 4 times for 2x2); it ignores barriers, but not calls.
    """

    def body(*values):
        with set_xla_metadata(inlineable="true"):
            return function(*values)

    def call(*values):
        with set_xla_metadata(inlineable="false"):
            return jax.jit(body)(*values)

    return by_platform(call, function, *arrays)


def last_sum(x):
    """Sum over the last dimension, kept. On a CPU a product with ones, 1.5 times as fast as XLA's reduction of long rows."""
    if x.ndim == 0 or x.size == 0 or x.dtype.kind != "f":
        return x.sum(-1, keepdims=True)

    def by_dot(a):
        flat = a.reshape(-1, a.shape[-1])
        total = jnp.dot(flat, jnp.ones(a.shape[-1], a.dtype), precision=jax.lax.Precision.HIGHEST)
        return total.reshape(*a.shape[:-1], 1)

    return by_platform(by_dot, lambda a: a.sum(-1, keepdims=True), x)


def channel_sum(x):
    """Sum over everything but dim 1."""
    if x.size == 0 or x.ndim < 3 or math.prod(x.shape[2:]) == 1:
        return x.sum((0, *range(2, x.ndim)))
    return last_sum(x.reshape(*x.shape[:2], -1))[..., 0].sum(0)


def wide(x):
    """Half precision raised to float32, for kernels that reduce; anything else (None too) as it is."""
    return x.astype(jnp.float32) if x is not None and x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x
