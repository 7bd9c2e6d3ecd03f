"""Arguments of an op that are not Tensors: Python numbers, None, raw arrays."""

from __future__ import annotations

import jax
import numpy as np

from ..execution import SCALAR_AVALS, Pending, aval_of


def operand(x):
    """(value, aval) of a number, None or raw array; TypeError for anything else."""
    aval = SCALAR_AVALS.get(type(x))
    if aval is not None:
        return x, aval
    if x is None:
        return None, None
    if isinstance(x, np.generic):
        return operand(x.item())
    if isinstance(x, np.ndarray):
        return x, aval_of(x.shape, x.dtype, None)
    if isinstance(x, Pending):
        return x, x.aval
    if isinstance(x, jax.Array):
        return x, aval_of(x.shape, x.dtype, None if isinstance(x, jax.core.Tracer) else next(iter(x.devices())))
    for kind in (bool, int, float, complex):
        if isinstance(x, kind):
            return operand(kind(x))
    raise TypeError(f"must be Tensor, not {type_name(x)}")


def type_name(x) -> str:
    """The type as PyTorch's messages have it: `int`, `numpy.ndarray`."""
    cls = type(x)
    return f"numpy.{cls.__name__}" if cls.__module__ == "numpy" else cls.__name__


def index_avals(index: tuple) -> tuple:
    """The avals of a view's integer operands."""
    return (SCALAR_AVALS[int],) * len(index)
