"""PyTorch's error for a call that fits none of a function's overloads."""

from __future__ import annotations

from .dtype import dtype
from .operand import type_name
from .size import Size
from .tensor import Tensor

FACTORY_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, bool requires_grad = False"
)


def invalid_combination(name: str, args: tuple, kwargs: dict, *overloads: str) -> TypeError:
    """The TypeError for these arguments; an overload is written as PyTorch writes it, "Tensor input, *, Tensor out = None"."""
    got = ", ".join([*map(_shown, args), *(f"{keyword}={_shown(value)}" for keyword, value in kwargs.items())])
    if len(overloads) == 1:
        expected = f"({overloads[0]})"
    else:
        expected = "one of:\n" + "".join(f" * ({overload})\n" for overload in overloads)
    return TypeError(f"{name}() received an invalid combination of arguments - got ({got}), but expected {expected}")


def _shown(value) -> str:
    if type(value) is Tensor:
        return "Tensor"
    return f"torch.{type(value).__name__}" if isinstance(value, dtype | Size) else type_name(value)
