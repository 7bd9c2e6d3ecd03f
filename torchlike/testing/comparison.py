"""`assert_close`: pairs up what two nested structures hold, then compares pair by pair on the host."""

from __future__ import annotations

import cmath
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.dtype import complex128, default_dtype, float64, int64
from ..core.tensor import Tensor
from ..ops.convert import as_tensor
from ..ops.export import to_array
from ..ops.types import promote_types
from . import report
from .report import Mismatch
from .tolerances import resolve

_NUMBERS = {int: int64, float: float64, complex: complex128}


@dataclass(frozen=True)
class Options:
    """What the caller asked for."""

    allow_subclasses: bool = True
    rtol: float | None = None
    atol: float | None = None
    equal_nan: bool = False
    check_device: bool = True
    check_dtype: bool = True
    check_layout: bool = True
    check_stride: bool = False


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
    check_device: bool = True, check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
):
    """AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere and shapes, dtypes and devices agree
    (torch.testing.assert_close).

    Compares Tensors, arrays, numbers, None, and sequences and mappings of them. Without tolerances those of the dtypes hold, zero for
    whole numbers. `msg` is the text of the error, or a function of the text that it would have.
    """
    __tracebackhide__ = True
    options = Options(allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride)
    try:
        checks = list(_paired(actual, expected, options, ()))
    except Mismatch as mismatch:
        raise mismatch.error(None if mismatch.kind is not AssertionError else msg) from None
    for path, check in checks:
        text = check()
        if text is not None:
            raise Mismatch(text, path).error(msg)


def _is_sequence(x) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str)


def _paired(actual, expected, options: Options, path: tuple):
    """(path, check) of every pair of leaves; a check returns the text of a difference, or None. Mismatch where the structures differ."""
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise Mismatch(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", path)
        for i, (a, b) in enumerate(zip(actual, expected, strict=True)):
            yield from _paired(a, b, options, (*path, i))
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        for key in _common_keys(actual, expected, path):
            yield from _paired(actual[key], expected[key], options, (*path, key))
    else:
        yield path, _leaf(actual, expected, options, path)


def _common_keys(actual: Mapping, expected: Mapping, path: tuple) -> list:
    lacking, extra = (sorted(a.keys() - b.keys(), key=str) for a, b in ((expected, actual), (actual, expected)))
    if lacking or extra:
        raise Mismatch(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {lacking}\nAdditional keys in the actual mapping: {extra}", path)
    try:
        return sorted(actual)
    except TypeError:
        return list(actual)


def _leaf(actual, expected, options: Options, path: tuple) -> Callable[[], str | None]:
    if actual is None or expected is None:
        return lambda: None if actual is expected else f"None mismatch: {actual} is not {expected}"
    if all(isinstance(x, bool | np.bool_) for x in (actual, expected)):
        return lambda: None if bool(actual) is bool(expected) else f"Booleans mismatch: {bool(actual)} is not {bool(expected)}"
    if all(isinstance(x, int | float | complex | np.number) for x in (actual, expected)):
        return functools.partial(_numbers, actual, expected, options, *_tolerances(_number_dtypes(actual, expected), options))
    related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
    a, b = _as_tensor(actual), _as_tensor(expected)
    if not related or a is None or b is None or not (options.allow_subclasses or type(actual) is type(expected)):
        raise Mismatch(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.", path, TypeError)
    return functools.partial(_tensors, a, b, options, *_tolerances([a.dtype, b.dtype], options))


def _tolerances(dtypes: list, options: Options) -> tuple[float, float]:
    return resolve(dtypes, options.rtol, options.atol)


def _number_dtypes(*numbers) -> list:
    return [next(d for kind, d in _NUMBERS.items() if isinstance(_plain(x), kind)) for x in numbers]


def _plain(number):
    return number.item() if isinstance(number, np.number) else number


def _as_tensor(x) -> Tensor | None:
    if isinstance(x, Tensor):
        return x
    try:
        return as_tensor(x)
    except (TypeError, ValueError, RuntimeError):
        return None


def _numbers(actual, expected, options: Options, rtol: float, atol: float) -> str | None:
    a, b = _plain(actual), _plain(expected)
    if options.check_dtype and type(a) is not type(b):
        return f"The (d)types do not match: {type(a)} != {type(b)}."
    if a == b or (options.equal_nan and cmath.isnan(a) and cmath.isnan(b)):
        return None
    if cmath.isfinite(a - b) and abs(a - b) <= atol + rtol * abs(b):
        return None
    return report.scalars(a, b, rtol, atol)


def _attributes(actual: Tensor, expected: Tensor, options: Options):
    yield "shape", actual.shape, expected.shape
    if options.check_layout:
        yield "layout", actual.layout, expected.layout  # type: ignore[attr-defined]
    if options.check_stride:
        yield "stride()", actual.stride(), expected.stride()  # type: ignore[attr-defined]
    if options.check_device:
        yield "device", actual.device, expected.device
    if options.check_dtype:
        yield "dtype", actual.dtype, expected.dtype


def _tensors(actual: Tensor, expected: Tensor, options: Options, rtol: float, atol: float) -> str | None:
    for name, a, b in _attributes(actual, expected, options):
        if a != b:
            return f"The values for attribute '{name}' do not match: {a} != {b}."
    x, y = _promoted(actual, expected)
    matches = _close(x, y, rtol, atol, options.equal_nan)
    if matches.all():
        return None
    if not matches.ndim:
        return report.scalars(_item(x), _item(y), rtol, atol)
    return report.arrays(x, y, matches, rtol, atol, default_dtype())


def _item(x: np.ndarray):
    return x.item() if x.dtype.kind in "biufc" else float(x)


def _promoted(actual: Tensor, expected: Tensor) -> tuple[np.ndarray, np.ndarray]:
    kind = promote_types(actual.dtype, expected.dtype).np
    return to_array(actual).astype(kind), to_array(expected).astype(kind)


def _close(x: np.ndarray, y: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    matches = x == y
    if x.dtype.kind in "bui":
        if rtol == 0 and atol == 0:
            return np.asarray(matches)  # float64 would round great integers together
        x, y = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(all="ignore"):
        distance = np.abs(x - y)
        matches |= np.isfinite(distance) & (distance <= atol + np.abs(rtol * y))
        if equal_nan:
            matches |= np.isnan(x) & np.isnan(y)
    return np.asarray(matches)
