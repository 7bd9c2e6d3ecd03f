"""Conditions that programs state: `torch._check` and its kin raise a chosen error where one does not hold."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .core.dtype import c_type_name, scalar_type_name
from .core.tensor import Tensor

_UNTOLD = ("Expected cond to be True, but got False. (Could this error message be improved? If so, please report an enhancement request to "
           "PyTorch.)")


def _demand(error_type: type, holds: bool, message: Callable | None) -> None:
    if holds:
        return
    if message is not None and not callable(message):
        raise TypeError("message must be a callable")
    raise error_type(_UNTOLD if message is None else str(message()))


def _check_with(error_type, cond, message) -> None:
    """Raise `error_type` with the text of `message()` unless `cond`, a bool, holds (torch._check_with)."""
    if isinstance(cond, Tensor):
        raise TypeError("cond must be a bool, but got a Tensor. For tensor conditions, use torch._check_tensor_all() to assert that all "
                        "elements are true.")
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if not issubclass(error_type, Exception):
        raise TypeError(f"error_type must be an exception class, but got {error_type}")
    _demand(error_type, cond, message)


def _check_tensor_all_with(error_type, cond, message=None) -> None:
    """Raise `error_type` with the text of `message()` unless all of a boolean Tensor is True (torch._check_tensor_all_with)."""
    if not isinstance(cond, Tensor):
        raise TypeError(f"cond must be a tensor, but got {type(cond)}")
    if cond.dtype.name != "bool":
        raise TypeError(f"cond tensor must have dtype torch.bool, but got {cond.dtype}")
    _demand(error_type, bool(cond.all()), message)  # type: ignore[attr-defined]


def _raising(name: str, error_type: type) -> Callable:
    def check(cond, message=None) -> None:
        _check_with(error_type, cond, message)

    check.__name__ = check.__qualname__ = name
    check.__doc__ = f"{error_type.__name__} with the text of `message()` unless `cond` holds (torch.{name})."
    return check


_check = _raising("_check", RuntimeError)
_check_index = _raising("_check_index", IndexError)
_check_value = _raising("_check_value", ValueError)
_check_type = _raising("_check_type", TypeError)
_check_not_implemented = _raising("_check_not_implemented", NotImplementedError)


def _check_tensor_all(cond, message=None) -> None:
    """RuntimeError with the text of `message()` unless all of a boolean Tensor is True (torch._check_tensor_all)."""
    _check_tensor_all_with(RuntimeError, cond, message)


def _check_is_size(i, message=None, *, max=None) -> None:
    """RuntimeError unless 0 <= i, and i <= max where given (torch._check_is_size, deprecated)."""
    warnings.warn("_check_is_size will be removed in a future PyTorch release along with guard_size_oblivious.     Use _check(i >= 0) "
                  "instead.", FutureWarning, stacklevel=2)
    _check(i >= 0, message)
    if max is not None:
        _check(i <= max, message)


def _assert_async(input: Tensor, assert_msg: str | None = None) -> None:
    """RuntimeError unless the one element of `input` is nonzero (torch._assert_async)."""
    if not input:
        raise RuntimeError("Expected Tensor with single nonzero value, but got zero" if assert_msg is None else assert_msg)


def _test_check_tensor(condition: Tensor) -> Any:
    """`condition`, RuntimeError unless all of it is True (torch._test_check_tensor)."""
    _check_tensor_all(condition, lambda: "Test message for TORCH_CHECK_TENSOR_ALL")
    return condition.clone()  # type: ignore[attr-defined]


def _assert(condition, message) -> None:
    """AssertionError with `message` unless `condition` is true (torch._assert)."""
    if not condition:
        raise AssertionError(message)


def _assert_tensor_metadata(a: Tensor, size=None, stride=None, dtype=None, *, device=None, layout=None) -> None:
    """RuntimeError unless a Tensor has this size, these strides and so on, as far as they are given (torch._assert_tensor_metadata)."""
    if not isinstance(a, Tensor):
        raise TypeError(f"_assert_tensor_metadata(): argument 'a' (position 1) must be Tensor, not {type(a).__name__}")
    tensor: Any = a
    for name, wanted, found in (("sizes", size, tensor.shape), ("strides", stride, tensor.stride())):
        if wanted is not None and tuple(wanted) != tuple(found):
            raise RuntimeError(f"Tensor {name} mismatch! Expected: {list(wanted)}, Got: {list(found)}")
    if dtype is not None and dtype is not tensor.dtype:
        kind = c_type_name(tensor.dtype.np)
        kind = f"{kind} int" if kind in ("short", "long") else kind
        raise RuntimeError(f"Tensor dtype mismatch! Expected: {scalar_type_name(dtype.np)}, Got: {kind}")
    if device is not None and device != tensor.device:
        raise RuntimeError(f"Tensor device mismatch! Expected: {device}, Got: {tensor.device}")
    if layout is not None and layout is not tensor.layout:
        raise RuntimeError(f"Tensor layout mismatch! Expected: {_layout_name(layout)}, Got: {_layout_name(tensor.layout)}")


def _layout_name(layout) -> str:
    return "".join(part.capitalize() for part in str(layout).removeprefix("torch.").removesuffix("_coo").split("_"))


NAMES = (
    "_assert", "_assert_async", "_assert_tensor_metadata", "_check", "_check_index", "_check_is_size", "_check_not_implemented", "_check_tensor_all",
    "_check_tensor_all_with", "_check_type", "_check_value", "_check_with", "_test_check_tensor",
)  # fmt: skip
