"""Jitted kernels: a pure function with its settings bound, strongly typed outputs, and a count of what was traced."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import jax
import numpy as np
from jax._src.core import trace_state_clean
from jax._src.lax.lax import _convert_element_type

# JAX has no public way to drop the weak type of an array without naming a dtype; this is the function `astype` uses.

_traced = 0


def traced_count() -> int:
    """How many kernel specialisations (one per op, settings and signature) were traced since the process began."""
    return _traced


def strong(x):
    """`x` without JAX's weak type: the outputs of an op never bend to their neighbours, unlike Python numbers."""
    return _convert_element_type(x, x.dtype, weak_type=False)


def weak(x):
    """`x` with JAX's weak type, as a Python number would have it."""
    return _convert_element_type(x, x.dtype, weak_type=True)


def pure(fn: Callable, settings: dict) -> Callable:
    """`fn` with its settings bound; returns one array, or a tuple of arrays."""

    def call(*arrays):
        global _traced
        _traced += 1
        out = fn(*arrays, **settings)
        if isinstance(out, tuple | list):
            return tuple(strong(jax.numpy.asarray(x)) for x in out)
        return strong(jax.numpy.asarray(out))

    return call


def compile_kernel(fn: Callable, settings: dict, name: str, device) -> Callable:
    """A jitted kernel. `device` is given only for functions without array arguments, which have no other place to run."""
    call = pure(fn, settings)
    call.__name__ = call.__qualname__ = name
    if device is None:
        # An input that is not read still says which device the result is committed to.
        return jax.jit(call, inline=True, keep_unused=True)
    return jax.jit(call, inline=True, out_shardings=jax.sharding.SingleDeviceSharding(device))


def concretely():
    """A context in which kernels run, whatever JAX is tracing: what was pending before is no part of somebody's trace."""
    return _NOTHING if trace_state_clean() else jax.ensure_compile_time_eval()


_NOTHING = contextlib.nullcontext()


def zero_like_scalar(dtype: np.dtype):
    """A Python zero whose weak type matches that of a Python number of `dtype`."""
    return {"b": False, "i": 0, "f": 0.0, "c": 0j}[dtype.kind]
