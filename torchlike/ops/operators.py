"""Python's operators on Tensors, and the few methods whose arguments are not their function's."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number

import jax
import numpy as np

from ..core.faces import ask_operand
from ..core.inplace import inplace_variant
from ..core.tensor import Tensor
from .arithmetic import abs, add_plain, mul, neg, positive, rsub, sub_plain
from .bitwise import bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor
from .compare import eq, ge, gt, le, lt, ne, where_method
from .division import floor_divide, remainder, true_divide_plain
from .power import pow
from .product import matmul
from .promotion import category
from .special import polygamma
from .split import split_method

_OPERANDS = (Tensor, Number, np.generic, jax.Array)
_WITH_ARRAYS = (*_OPERANDS, np.ndarray)


def _require_self(name: str, value) -> None:
    """TypeError for a method of Tensor called, as a function, on something else."""
    if not isinstance(value, Tensor):
        raise TypeError(f"descriptor '{name}' for 'torch._C.TensorBase' objects doesn't apply to a '{type(value).__name__}' object")


def _binary(call: Callable, operands: tuple = _OPERANDS) -> Callable:
    """`a op b`; NotImplemented for operands that are not numbers, so that Python asks the other side. A NumPy array on the right computes
    there, in NumPy's dtypes, and `__array_wrap__` makes a Tensor of it."""

    def method(self, other):
        if isinstance(other, Tensor):
            return call(self, other)
        return call(self, other) if isinstance(other, operands) else ask_operand(method, self, other)

    return method


def _swapped(name: str, call: Callable) -> Callable:
    """`b op a` for a Tensor a, where that is `a op b`."""

    def method(self, other):
        _require_self(name, self)
        return call(self, other) if isinstance(other, _WITH_ARRAYS) else ask_operand(method, self, other)

    return method


def _reflected(call: Callable) -> Callable:
    """`b op a` for a Tensor a."""

    def method(self, other):
        return call(other, self) if isinstance(other, _WITH_ARRAYS) else ask_operand(method, self, other)

    return method


def _reciprocal_times(self, other):
    return mul(self.reciprocal(), other) if isinstance(other, _WITH_ARRAYS) else NotImplemented


def _reflected_matmul(self, other):
    return matmul(other, self) if isinstance(other, Tensor) else NotImplemented


def _matmul(self, other):
    return matmul(self, other) if isinstance(other, Tensor) else NotImplemented


def _invert(self):
    if category(self.dtype.np) >= 2:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(self)


def _polygamma_method(self, n):
    return polygamma(n, self)


_BINARY = {
    "__add__": add_plain, "__sub__": sub_plain, "__mul__": mul, "__truediv__": true_divide_plain, "__floordiv__": floor_divide,
    "__mod__": remainder, "__pow__": pow, "__and__": bitwise_and, "__or__": bitwise_or, "__xor__": bitwise_xor,
    "__lshift__": bitwise_left_shift, "__rshift__": bitwise_right_shift,
}
_WITH_ANY_ARRAY = {
    "__eq__": eq, "__ne__": ne, "__lt__": lt, "__le__": le, "__gt__": gt, "__ge__": ge, "__rsub__": rsub,
}
_SWAPPED = {"__radd__": add_plain, "__rmul__": mul, "__rand__": bitwise_and, "__ror__": bitwise_or, "__rxor__": bitwise_xor}
_REFLECTED = {
    "__rfloordiv__": floor_divide, "__rmod__": remainder, "__rpow__": pow, "__rlshift__": bitwise_left_shift,
    "__rrshift__": bitwise_right_shift,
}
_UNARY = {"__neg__": neg, "__pos__": positive, "__abs__": abs, "__invert__": _invert, "__rtruediv__": _reciprocal_times,
          "__rdiv__": _reciprocal_times, "__matmul__": _matmul, "__rmatmul__": _reflected_matmul}
_INPLACE = {
    "__iadd__": add_plain, "__isub__": sub_plain, "__imul__": mul, "__itruediv__": true_divide_plain, "__ifloordiv__": floor_divide,
    "__imod__": remainder, "__ipow__": pow, "__iand__": bitwise_and, "__ior__": bitwise_or, "__ixor__": bitwise_xor,
    "__ilshift__": bitwise_left_shift, "__irshift__": bitwise_right_shift,
}


def install(tensor_class: type) -> None:
    """Assign the operators to Tensor. Hashing stays by identity though `==` compares elements."""
    for name, call in _BINARY.items():
        setattr(tensor_class, name, _binary(call))
    for name, call in _WITH_ANY_ARRAY.items():
        setattr(tensor_class, name, _binary(call, _WITH_ARRAYS))
    for name, call in _SWAPPED.items():
        setattr(tensor_class, name, _swapped(name, call))
    for name, call in _REFLECTED.items():
        setattr(tensor_class, name, _reflected(call))
    for name, call in _UNARY.items():
        setattr(tensor_class, name, call)
    for name, call in _INPLACE.items():
        setattr(tensor_class, name, _binary(inplace_variant(call, name)))
    tensor_class.__hash__ = object.__hash__  # type: ignore[method-assign,assignment]
    tensor_class.split = split_method  # type: ignore[attr-defined]
    tensor_class.where = where_method  # type: ignore[attr-defined]
    tensor_class.polygamma = _polygamma_method  # type: ignore[attr-defined]
    tensor_class.polygamma_ = inplace_variant(_polygamma_method, "polygamma_")  # type: ignore[attr-defined]
