"""One call of an op: unwrap the arguments, find the Plan, run it, wrap the results and record a Node when a gradient may be needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..execution import SCALAR_AVALS, executor
from .autocast import cast_arguments
from .device import to_jax_device
from .dtype import default_dtype
from .levels import lifted_arguments
from .mismatch import invalid_combination
from .modes import state
from .operand import operand, type_name
from .structural import FULL
from .tape import record
from .tensor import Tensor, make
from .view import read_view


def dispatch(op, args, settings: tuple, auxiliary: bool = False):
    """Run `op` on Tensors, numbers and raw arrays. Returns a Tensor, or a tuple of Tensors for an op with several outputs, the
    `auxiliary` ones included when asked for."""
    if state.detour:
        if state.casting:
            args = cast_arguments(op.name, args)
        if state.levels:
            args = lifted_arguments(args)
    values = []
    key = [settings, 0]
    mask, bit = 0, 1
    recording = state.grad_enabled
    for a in args:
        if isinstance(a, Tensor):
            values.append(a._storage.value if a._view is None else read_view(a))
            key.append(a._aval)
            if recording and a._requires_grad:
                mask |= bit
        else:
            aval = SCALAR_AVALS.get(type(a))
            if aval is None:
                a, aval = _checked_operand(op, a, len(values))
            values.append(a)
            key.append(aval)
        bit <<= 1
    key[1] = mask
    plan = op.plans.get(tuple(key))
    if plan is None:
        if op.label in _OF_NUMBERS and args and all(type(a) in SCALAR_AVALS for a in args):
            # Two numbers have no plan, so they come here each time.
            return dispatch(op, (_number_tensor(args[0]), *args[1:]), settings, auxiliary)
        _require_tensors(op, args)
        plan = op.plan(settings, mask, tuple(key[2:]))
    out = executor.run(plan, values)
    if plan.single:
        result = make(out, plan.out_avals[0])
        if plan.wanted:
            result._node = record(plan, args, values, (out,), [result._storage])
            result._requires_grad = True
        return result
    return _wrap_many(plan, args, values, out, 0 if auxiliary else op.aux_outputs)


def _wrap_many(plan, args, values, outputs: tuple, hidden: int) -> Any:
    visible = len(outputs) - hidden
    results = tuple(make(v, a) for v, a in zip(outputs[:visible], plan.out_avals[:visible], strict=True))
    if plan.wanted:
        node = record(plan, args, values, outputs, [r._storage for r in results] + [None] * hidden)
        for nr, r in enumerate(results):
            if r._aval.inexact:
                r._node, r._nr, r._requires_grad = node, nr, True
    return results if hidden == 0 or visible > 1 else results[0]


# Ops that PyTorch gives two numbers, too.
_OF_NUMBERS = frozenset(["add", "sub", "mul", "div", "floor_divide"])


def _number_tensor(value) -> Tensor:
    kinds = {bool: np.dtype(np.bool_), int: np.dtype(np.int64), float: default_dtype()}
    dtype = kinds.get(type(value)) or np.result_type(default_dtype(), np.complex64)
    return dispatch(FULL, (value,), ((), dtype, to_jax_device(None)))


_NO_TENSOR = (*SCALAR_AVALS, type(None), np.generic, np.ndarray)


def _require_tensors(op, args) -> None:
    """TypeError for a number where the op takes a Tensor only. Numbers and NumPy arrays alone make no call of any op but one of creation."""
    refused = next((i for i, a in enumerate(args[: op.tensors]) if type(a) in SCALAR_AVALS), None)
    if refused is None and args and not op.creates and all(isinstance(a, _NO_TENSOR) for a in args):
        refused = 0
    if refused is None:
        return
    if 0 < op.tensors < op.required:
        raise no_overload(op.label, op.array_names, args)
    position = f"'{_argument_name(op, refused)}' (position {refused + 1})"
    raise TypeError(f"{op.label}(): argument {position} must be Tensor, not {type_name(args[refused])}")


def no_overload(name: str, parameters, args) -> TypeError:
    """PyTorch's error for arguments that fit neither a Tensor nor a number as the second of two parameters."""
    overloads = (f"Tensor {parameters[0]}, {kind} {parameters[1]}, *, Tensor out = None" for kind in ("Tensor", "Number"))
    return invalid_combination(name, args, {}, *overloads)


def _checked_operand(op, x, position: int) -> tuple:
    try:
        return operand(x)
    except TypeError as error:
        raise TypeError(f"{op.label}(): argument '{_argument_name(op, position)}' (position {position + 1}) {error}") from None


def _argument_name(op, position: int) -> str:
    return op.array_names[position] if position < len(op.array_names) else "tensors"


def run_raw(op, values, settings: tuple, avals: tuple | None = None):
    """Run `op` on raw values (arrays, tracers, numbers), off the tape. Returns a raw value or a tuple of them.

    A caller that knows the avals of its values passes them along and saves the time to find them out.
    """
    if avals is None:
        avals = tuple(operand(v)[1] for v in values)
    return executor.run(op.plan(settings, 0, avals), values)
