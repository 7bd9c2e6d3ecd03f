"""PyTorch's error for a call that fits none of a function's overloads."""

from __future__ import annotations

from collections.abc import Callable

from .dtype import dtype
from .operand import type_name
from .size import Size
from .tensor import Tensor

FACTORY_OPTIONS = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, bool requires_grad = False"
)


def invalid_combination(name: str, args: tuple, kwargs: dict, *overloads: str) -> TypeError:
    """The TypeError for these arguments; an overload is written as PyTorch writes it, "Tensor input, *, Tensor out = None"."""
    # PyTorch keeps keywords in a table, which gives them back from the last to the first.
    keywords = [f"{keyword}={_shown(value)}" for keyword, value in reversed(kwargs.items())]
    got = ", ".join([*map(_shown, args), *keywords]) + (", " if keywords and not args else "")
    if len(overloads) == 1:
        expected = f"({overloads[0]})"
    else:
        expected = "one of:\n" + "".join(f" * ({overload})\n{_why_not(overload, args, kwargs)}" for overload in overloads)
    return TypeError(f"{name}() received an invalid combination of arguments - got ({got}), but expected {expected}")


_KINDS: dict[str, Callable] = {
    "Tensor": lambda value: isinstance(value, Tensor),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float | int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "Number": lambda value: isinstance(value, int | float | complex) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "torch.dtype": lambda value: isinstance(value, dtype),
    "tuple of ints": lambda value: isinstance(value, tuple | list) and all(map(_KINDS["int"], value)),
    "tuple of Tensors": lambda value: isinstance(value, tuple | list) and all(isinstance(each, Tensor) for each in value),
}


def _why_not(overload: str, args: tuple, kwargs: dict) -> str:
    """What an overload that has as many parameters as there are arguments does not take of them. PyTorch reads its own text for it, and so
    knows nothing of parameters with a default."""
    parameters = [part.rpartition(" ") for part in overload.split(", ")]
    if len(parameters) != len(args) + len(kwargs):
        return ""
    reason = "      didn't match because some of the "
    unknown = [keyword for keyword in reversed(kwargs) if keyword not in {name for _, _, name in parameters}]
    if unknown:
        return f"{reason}keywords were incorrect: {', '.join(unknown)}\n"
    found = []
    for i, (kind, _, name) in enumerate(parameters):
        value = args[i] if i < len(args) else kwargs[name]
        text = _detailed(value) if i < len(args) else f"{name}={_detailed(value)}"
        found.append(text if kind in _KINDS and _KINDS[kind](value) else f"!{text}!")
    return f"{reason}arguments have invalid types: ({', '.join(found)})\n"


def _detailed(value) -> str:
    if not isinstance(value, tuple | list):
        return _shown(value)
    items = ", ".join(map(_shown, value))
    if isinstance(value, tuple):
        return f"{_shown(value)} of ({items}{',' * (len(value) == 1)})"
    return f"{_shown(value)} of [{items}]"


def _shown(value) -> str:
    if type(value) is Tensor:
        return "Tensor"
    return f"torch.{type(value).__name__}" if isinstance(value, dtype | Size) else type_name(value)
