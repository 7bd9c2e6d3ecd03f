"""Adding what backward brings into a leaf's `.grad`."""

from __future__ import annotations

from ..execution import executor
from .structural import ACCUMULATE, COPY
from .tensor import Tensor, make, value_of
from .write import set_value


def add_values(a, b, aval):
    """The sum of two cotangents of one signature, as raw values."""
    return executor.run(ACCUMULATE.plan((), 0, (aval, aval)), (a, b))


def accumulate_value(variable: Tensor, value) -> None:
    """Add a raw cotangent into `.grad`: the same Tensor object, written in place. A first one is adopted: values never change."""
    grad = variable._grad
    if grad is None:
        variable._grad = make(value, variable._aval)
    else:
        set_value(grad, add_values(value_of(grad), value, variable._aval))


def accumulate_tensor(variable: Tensor, grad: Tensor) -> None:
    """Add a recorded cotangent into `.grad` as a new Tensor, so that its history can be differentiated in turn; a first one is copied."""
    from .dispatch import dispatch

    before = variable._grad
    variable._grad = dispatch(COPY, (grad.detach(), grad), ()) if before is None else dispatch(ACCUMULATE, (before, grad), ())
