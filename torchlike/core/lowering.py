"""Formulas that differ by platform, and values that a compiler is to compute once."""

from __future__ import annotations

from collections.abc import Callable

import jax
from jax.experimental.xla_metadata import set_xla_metadata


def by_platform(cpu: Callable, other: Callable, *arrays):
    """`cpu(*arrays)` when compiled for a CPU, `other(*arrays)` elsewhere; both must agree in shape and dtype.

    An accelerator's vendor libraries are tuned for the direct formula; XLA's CPU backend sometimes is not (benchmarks/variants.py).
    """
    return jax.lax.platform_dependent(*arrays, cpu=cpu, default=other)


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
