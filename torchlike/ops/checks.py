"""Refusals shared by the op files: PyTorch's words for a dtype that one of its kernels does not take."""

from __future__ import annotations

import numpy as np

from ..core.dispatch import no_overload
from ..core.dtype import scalar_type_name
from ..core.operand import type_name
from ..core.tensor import Tensor
from .promotion import category

_C_NAMES = {"Float": "float", "Double": "double", "Half": "c10::Half", "BFloat16": "c10::BFloat16", "Long": "int64_t", "Int": "int",
            "Short": "short", "Char": "signed char", "Byte": "unsigned char", "Bool": "bool", "ComplexFloat": "c10::complex<float>",
            "ComplexDouble": "c10::complex<double>"}


def c_type_name(dtype) -> str:
    """The C++ type behind a dtype, which some of PyTorch's errors print in place of its name."""
    name = scalar_type_name(dtype)
    return _C_NAMES.get(name, name)


_INTEGERS = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t"}


def refuse_overflow(value, dtype) -> None:
    """RuntimeError for a Python number that an integer dtype has no room for; negative ones wrap around in unsigned dtypes."""
    refuse_complex_number(value, dtype)
    if dtype.kind not in "iu" or type(value) not in (int, float):
        return
    info = np.iinfo(dtype)
    if not -(info.max if dtype.kind == "u" else -int(info.min)) <= value <= info.max:
        raise RuntimeError(f"value cannot be converted to type {_INTEGERS.get(dtype.name, dtype.name)} without overflow")


def require_tensors(name: str, **arguments) -> None:
    """TypeError, in PyTorch's words, for the first argument that is not a Tensor."""
    for position, (argument, value) in enumerate(arguments.items(), start=1):
        require_tensor(name, value, argument, position)


def require_tensor(name: str, value, argument: str = "other", position: int = 1) -> Tensor:
    """An argument of the function or method `name`, a Tensor; TypeError, in PyTorch's words, for anything else."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type_name(value)}")
    return value


def require_tensor_first(name: str, parameters: tuple[str, str], input, other) -> None:
    """TypeError, in PyTorch's words, when the first of two arguments is not a Tensor."""
    if not isinstance(input, Tensor):
        raise no_overload(name, parameters, (input, other))


def refuse(kernel: str, dtype):
    """Raise PyTorch's error for a dtype its CPU kernel lacks."""
    raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")


def refuse_bool(kernel: str, dtype) -> None:
    """`refuse` if the dtype is bool."""
    if dtype == np.bool_:
        refuse(kernel, dtype)


def refuse_inexact(kernel: str, dtype) -> None:
    """`refuse` unless the dtype is an integer or bool."""
    if category(dtype) >= 2:
        refuse(kernel, dtype)


def refuse_complex(kernel: str, dtype) -> None:
    """`refuse` if the dtype is complex."""
    if category(dtype) == 3:
        refuse(kernel, dtype)


def refuse_but_real(kernel: str, dtype) -> None:
    """`refuse` unless the dtype is floating point."""
    if category(dtype) != 2:
        refuse(kernel, dtype)


def refuse_integral(kernel: str, dtype) -> None:
    """`refuse` unless the dtype is floating point or complex."""
    if category(dtype) < 2:
        refuse(kernel, dtype)


def refuse_unordered(kernel: str, dtype) -> None:
    """`refuse` for bool and complex dtypes, whose values no order compares."""
    if category(dtype) in (0, 3):
        refuse(kernel, dtype)


def refuse_complex_number(value, dtype) -> None:
    """RuntimeError for a complex Python number that goes to a real dtype, which then has no room for it."""
    if type(value) is complex and category(dtype) < 3 and dtype != np.bool_:
        name = "int" if dtype == np.int32 else _INTEGERS.get(dtype.name) or c_type_name(dtype)
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
