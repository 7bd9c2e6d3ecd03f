"""Evenly spaced numbers: `arange`, `range`, `linspace`, `logspace`."""

from __future__ import annotations

import math
import warnings
from numbers import Number

import jax.numpy as jnp
import numpy as np

from ..core.device import to_jax_device
from ..core.dispatch import dispatch
from ..core.dtype import default_dtype, float64, scalar_type_name, type_id_name
from ..core.mismatch import FACTORY_OPTIONS, invalid_combination
from ..core.op import function, op
from ..core.operand import type_name
from ..core.tensor import Tensor
from .checks import refuse, refuse_bool, refuse_overflow
from .create import finish, number_of, refuse_pinned, wanted_dtype
from .promotion import complex_dtype


@op(public=False, creates=True)
def _iota(start, step, /, *, size, dtype, device):
    exact = jnp.int64 if dtype.kind in "iu" else jnp.float64
    return (jnp.asarray(start).astype(exact) + jnp.arange(size).astype(exact) * jnp.asarray(step).astype(exact)).astype(dtype)


_ARANGE = ("Number end, *, Tensor out = None, " + FACTORY_OPTIONS, "Number start, Number end, *, " + FACTORY_OPTIONS,
           "Number start, Number end, Number step = 1, *, Tensor out = None, " + FACTORY_OPTIONS)


def _bounds(args: tuple, named: dict) -> tuple:
    """(start, end, step) of a call of `arange`; TypeError for one that PyTorch has no overload for."""
    names = ("end",) if len(args) == 1 and "end" not in named else ("start", "end", "step")
    given = dict(zip(names, args, strict=False)) | named
    if not args and named and "end" not in named:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    alone = args and len(names) == 1 and named
    if alone or len(args) > 3 or "end" not in given or len(given) != len(args) + len(named) or named.keys() - {"start", "end", "step"}:
        raise invalid_combination("arange", args, named, *_ARANGE)
    for position, (name, value) in enumerate(given.items(), start=1):
        if not isinstance(value, Number | np.generic | np.ndarray) and not (isinstance(value, Tensor) and not value.ndim):
            raise TypeError(f"arange(): argument '{name}' (position {position}) must be Number, not {type_name(value)}")
    return tuple(map(number_of, (given.get("start", 0), given["end"], given.get("step", 1))))


def _check_range(start, end, step) -> None:
    if any(isinstance(x, complex) for x in (start, end, step)):
        raise RuntimeError("value cannot be converted to type double without overflow")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if not step or math.isnan(step):
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


def say_resized(out: Tensor, count: int) -> None:
    """Warn that a range does not fill `out`, and make room for it."""
    shape = list(out._aval.shape)
    warnings.warn(f"The number of elements in the out tensor of shape {shape} is {out._aval.size} which does not match the computed number of "
                  f"elements {count}. Note that this may occur as a result of rounding error. The out tensor will be resized to a tensor of "
                  f"shape ({count},).", UserWarning, stacklevel=4)
    out.resize_(count)  # type: ignore[attr-defined]


@function
def arange(*args, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, **bounds):
    """Numbers from `start` (0) up to but not including `end` by `step` (1) (torch.arange); int64 when all are integers."""
    refuse_pinned(pin_memory)
    start, end, step = _bounds(args, bounds)
    _check_range(start, end, step)
    integral = all(isinstance(x, int) for x in (start, end, step))
    np_dtype = wanted_dtype(dtype, np.dtype(np.int64) if integral else default_dtype(), out)
    if np_dtype.kind in "bc":
        refuse("arange_cpu", np_dtype)
    if np_dtype == np.int64 and not integral:
        # Here, and for no other dtype, PyTorch computes with the bounds and the step as integers.
        start, end, step = int(start), int(end), int(step)
        integral = True
    if np_dtype.kind in "iu" and integral and not step:
        raise ValueError("step must be nonzero")
    size = math.ceil((end - start) / step) if not integral else len(range(start, end, step))
    if size > np.iinfo(np.int64).max:
        raise RuntimeError("invalid size, possible overflow?")
    if out is not None and out._aval.size not in (0, size):
        say_resized(out, size)
    return finish(dispatch(_iota.op, (start, step), (size, np_dtype, to_jax_device(device))), requires_grad, out, dtype, fills=True)


@function(name="range")
def range_(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None, requires_grad=False):
    """Numbers from `start` to `end` inclusive by `step`, of the default dtype (torch.range, deprecated in favour of arange)."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's range builtin. "
        "Instead, use torch.arange, which produces values in [start, end).", UserWarning, stacklevel=2)
    if end is None:
        start, end = 0, start
    _check_range(start, end, step)
    count = int((end - start) / step) + 1
    settings = (count, wanted_dtype(dtype, default_dtype(), out), to_jax_device(device))
    return finish(dispatch(_iota.op, (start, step), settings), requires_grad, out, dtype, fills=True)


def _work_dtype(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.float64) if dtype.kind in "iu" else dtype


def _step(start, end, steps: int, dtype: np.dtype):
    """The distance between two points. It is divided here: XLA would multiply by a rounded reciprocal."""
    number = _work_dtype(dtype).type
    with np.errstate(all="ignore"):
        return ((number(end) - number(start)) / number(max(steps - 1, 1))).item()


def _as_integer(value, dtype: np.dtype) -> int:
    """A bound in an integer dtype: cut off, negative ones wrapped around in unsigned dtypes."""
    refuse_overflow(value, dtype)
    return int(np.array(int(value)).astype(dtype))


@op(public=False, creates=True)
def _linspace(start, end, step, /, *, steps, dtype, device):
    # From both ends towards the middle, so that the last element is exactly `end`.
    work = _work_dtype(dtype)
    start, end, step = (jnp.asarray(x).astype(work) for x in (start, end, step))
    i = jnp.arange(steps)
    up, down = start + step * i.astype(work), end - step * (steps - 1 - i).astype(work)
    return jnp.where(i < steps // 2 if steps > 1 else i >= 0, up, down).astype(dtype)


def _points(name: str, start, end, steps, base: str = "") -> tuple:
    """(start, end, steps) as numbers; 0-d Tensors may give the ends."""
    if isinstance(steps, Tensor) and steps.numel() == 1:
        steps = steps.item()
    whole = isinstance(steps, int | np.integer) and not isinstance(steps, bool)
    if not whole or not all(isinstance(x, Number | np.generic | Tensor) for x in (start, end)):
        raise _no_points(name, base, (start, end, steps))
    ranks = {end_name: x.ndim for end_name, x in (("start", start), ("end", end)) if isinstance(x, Tensor)}
    if any(ranks.values()):
        got = " and ".join(f"{end_name} with {rank} dimension(s)" for end_name, rank in ranks.items())
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {got}.")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return number_of(start), number_of(end), int(steps)


def _no_points(name: str, base: str, args: tuple) -> TypeError:
    kinds = (("Tensor", "Tensor"), ("Number", "Tensor"), ("Tensor", "Number"), ("Number", "Number"))
    overloads = (f"{a} start, {b} end, int steps, {base}*, Tensor out = None, {FACTORY_OPTIONS}" for a, b in kinds)
    return invalid_combination(name, args, {}, *overloads)


_BASE = "float base = 10.0, "


@function
def linspace(start=None, end=None, steps=None, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """`steps` numbers evenly spaced from `start` to `end` inclusive (torch.linspace)."""
    start, end, steps = _points("linspace", start, end, steps)
    return _linspaced("linspace", start, end, steps, out, dtype, device, requires_grad)


def _linspaced(name: str, start, end, steps: int, out, dtype, device, requires_grad: bool):
    wide = complex_dtype(default_dtype()) if isinstance(start, complex) or isinstance(end, complex) else default_dtype()
    kind = wanted_dtype(dtype, wide, out)
    if wide.kind == "c" and kind.kind != "c":
        raise RuntimeError(f"torch.{name}(): inferred dtype {type_id_name(wide)} can't be safely cast to passed dtype {scalar_type_name(kind)}")
    refuse_bool("linspace_cpu", kind)
    if kind.kind in "iu":
        start, end = _as_integer(start, kind), _as_integer(end, kind)
    step = _step(start, end, steps, kind)
    return finish(dispatch(_linspace.op, (start, end, step), (steps, kind, to_jax_device(device))), requires_grad, out, dtype, fills=True)


@function
def logspace(start=None, end=None, steps=None, base=10.0, *, out=None, dtype=None, layout=None, device=None, pin_memory=False,
             requires_grad=False):
    """`base` raised to evenly spaced exponents (torch.logspace)."""
    start, end, steps = _points("logspace", start, end, steps, _BASE)
    whole = dtype is not None and dtype.np.kind in "iu"
    if whole and not isinstance(start, complex) and not isinstance(end, complex):
        start, end = _as_integer(start, dtype.np), _as_integer(end, dtype.np)
        exponents = _linspaced("logspace", start, end, steps, None, float64, device, False)
    else:
        exponents = _linspaced("logspace", start, end, steps, None, dtype, device, False)
    result = base**exponents
    return finish(result if dtype is None else result.to(dtype), requires_grad, out, dtype, fills=True)
