"""What PyTorch says of arguments that fit none of a function's signatures.

Functions here take their arguments as Python does, so a wrong one fails somewhere inside, with an error of that place. When that has happened,
and only then, the call is held against the signatures that PyTorch has for the name (`signatures.txt`): if it fits none, the error is
PyTorch's; if it fits one, the error that was raised stands.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from typing import NamedTuple

import numpy as np

from .device import device
from .dtype import dtype
from .mismatch import invalid_combination
from .op import NUMPY_NAMES
from .operand import type_name
from .tensor import Tensor

_NUMBERS = (int, float, complex, np.number, np.bool_)
_SHOWN = {"ints": "tuple of ints", "ints1": "tuple of ints", "Tensors": "tuple of Tensors", "floats": "tuple of floats", "operand": "Tensor",
          "dtype": "torch.dtype", "layout": "torch.layout", "generator": "torch.Generator", "device": "torch.device"}


class Parameter(NamedTuple):
    """One parameter of a signature."""

    kind: str
    name: str
    default: str | None
    optional: bool
    by_keyword: bool

    def shown(self) -> str:
        """As PyTorch writes it in a list of overloads."""
        default = f'"{self.default}"' if self.kind == "str" and self.default != "None" else self.default
        return f"{_SHOWN.get(self.kind, self.kind)} {self.name}" + ("" if self.default is None else f" = {default}")


@functools.cache
def _table() -> dict[str, tuple[tuple[Parameter, ...], ...]]:
    text = importlib.resources.files(__package__).joinpath("signatures.txt").read_text()
    lines = (line.partition(" ") for line in text.splitlines())
    return {name: tuple(_parsed(each) for each in overloads.split(" | ")) for name, _, overloads in lines}


def _parsed(text: str) -> tuple[Parameter, ...]:
    found, by_keyword = [], False
    for part in filter(None, text.split(", ")):
        if part == "*":
            by_keyword = True
            continue
        match = re.fullmatch(r"(\w+)(\??) (\w+)(?:=(.*))?", part)
        assert match is not None, part
        kind, optional, name, default = match.groups()
        found.append(Parameter(kind, name, default, bool(optional) or default == "None", by_keyword))
    return tuple(found)


def _is_scalar(value) -> bool:
    return isinstance(value, Tensor) and not value._aval.ndim and not value._requires_grad


def _is_int(value) -> bool:
    if isinstance(value, Tensor):
        return _is_scalar(value) and value._aval.dtype.kind in "iu"
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_float(value) -> bool:
    return isinstance(value, int | float | np.floating | np.integer) or _is_scalar(value)


def _starts(check, value) -> bool:
    # Overloads are told apart by the first item; the others are looked at when one has been chosen.
    return isinstance(value, tuple | list) and (not value or check(value[0]))


_ITEMS = {"ints": "int", "ints1": "int", "Tensors": "Tensor"}
_CHECKS = {
    "Tensor": lambda value: isinstance(value, Tensor),
    "operand": lambda value: isinstance(value, (Tensor, *_NUMBERS)),
    "Tensors": lambda value: isinstance(value, tuple | list),
    "Number": lambda value: isinstance(value, _NUMBERS) or _is_scalar(value),
    "int": _is_int,
    "float": _is_float,
    "bool": lambda value: isinstance(value, bool | np.bool_),
    "str": lambda value: isinstance(value, str),
    "ints": lambda value: _starts(_is_int, value),
    "ints1": lambda value: _is_int(value) or _starts(_is_int, value),
    "floats": lambda value: _starts(_is_float, value),
    "dtype": lambda value: isinstance(value, dtype) or value in (float, int, bool, complex),
    "device": lambda value: isinstance(value, device | str | int),
}


def _fits(parameter: Parameter, value) -> bool:
    if value is None:
        return parameter.optional
    check = _CHECKS.get(parameter.kind)
    return check is None or check(value)


def _problem(name: str, overload: tuple, args: tuple, kwargs: dict) -> str | None:
    """Why a call does not fit an overload, in PyTorch's words; None if it does."""
    positional = [p for p in overload if not p.by_keyword]
    if len(positional) == 1 and positional[0].kind == "ints" and args and _is_int(args[0]):
        args = (args,)  # all of them are the one tuple
    if len(args) > len(positional):
        least, most = sum(p.default is None for p in positional), len(positional)
        takes = f"takes {most} positional argument{'s' * (most != 1)}" if least == most else f"takes from {least} to {most} positional arguments"
        return f"{name}() {takes} but {len(args)} were given"
    for i, parameter in enumerate(overload):
        by_position = not parameter.by_keyword and i < len(args)
        if not by_position and parameter.name not in kwargs:
            if parameter.default is None:
                return _missing(name, [p.name for p in overload[i:] if p.name not in kwargs and p.default is None])
            continue
        value = args[i] if by_position else kwargs[parameter.name]
        if not _fits(parameter, value):
            return _wrong(name, parameter, value, f" (position {i + 1})" if by_position else "")
    for keyword in kwargs:
        at = next((i for i, p in enumerate(overload) if p.name == keyword), None)
        if at is None:
            return f"{name}() got an unexpected keyword argument '{keyword}'"
        if at < len(args) and not overload[at].by_keyword:
            return f"{name}() got multiple values for argument '{keyword}'"
    return None


def _missing(name: str, names: list[str]) -> str:
    listed = ", ".join(f'"{each}"' for each in names)
    return f"{name}() missing {len(names)} required positional argument{'s' * (len(names) == 1)}: {listed}"


def _bad_item(name: str, overload: tuple, args: tuple, kwargs: dict) -> str | None:
    """What PyTorch says of an item that does not belong in a list, of which the first does."""
    for i, parameter in enumerate(overload):
        value = args[i] if i < len(args) else kwargs.get(parameter.name)
        item = _ITEMS.get(parameter.kind)
        if item is None or not isinstance(value, tuple | list):
            continue
        for at, each in enumerate(value):
            if not _CHECKS[item](each):
                if item == "Tensor":
                    return f"expected Tensor as element {at} in argument {i}, but got {type_name(each)}"
                return (f"{name}(): argument '{parameter.name}' failed to unpack the object at pos {at + 1} with error "
                        f'"type must be tuple of ints,but got {type_name(each)}"')
    return None


def _wrong(name: str, parameter: Parameter, value, position: str) -> str:
    start = f"{name}(): argument '{parameter.name}'{position} must be {_SHOWN.get(parameter.kind, parameter.kind)}"
    if parameter.kind in _ITEMS and isinstance(value, tuple | list):
        return f"{start}, but found element of type {type_name(value[0])} at pos 0"
    return f"{start}, not {type_name(value)}"


def misfit(name: str, args: tuple, kwargs: dict, method: bool = False) -> TypeError | None:
    """PyTorch's error for a call that fits none of its signatures of `name`; None for one that fits, or when they are not known here."""
    overloads = _table().get(f".{name}" if method else name)
    if overloads is None:
        return None
    if method:
        if not args:
            return TypeError(f"unbound method TensorBase.{name}() needs an argument")
        if not isinstance(args[0], Tensor):
            kind = type_name(args[0])
            return TypeError(f"descriptor '{name}' for 'torch._C.TensorBase' objects doesn't apply to a '{kind}' object")
        args = args[1:]
        if overloads == ((),):
            return _without_arguments(name, args, kwargs)
    known = {parameter.name for overload in overloads for parameter in overload}
    kwargs = {NUMPY_NAMES.get(keyword, keyword) if keyword not in known else keyword: value for keyword, value in kwargs.items()}
    problems = [_problem(name, overload, args, kwargs) for overload in overloads]
    if None in problems:
        item = _bad_item(name, overloads[problems.index(None)], args, kwargs)
        return None if item is None else TypeError(item)
    given = len(args) + len(kwargs)
    plausible = [i for i, each in enumerate(overloads) if sum(p.default is None for p in each) <= given <= len(each)]
    if len(overloads) == 1 or len(plausible) == 1:
        return TypeError(problems[plausible[0] if len(overloads) > 1 else 0])
    return invalid_combination(name, args, kwargs, *map(_written, overloads))


def _without_arguments(name: str, args: tuple, kwargs: dict) -> TypeError | None:
    if kwargs:
        return TypeError(f"TensorBase.{name}() takes no keyword arguments")
    return TypeError(f"TensorBase.{name}() takes no arguments ({len(args)} given)") if args else None


def _written(overload: tuple) -> str:
    parts, starred = [], False
    for parameter in overload:
        if parameter.by_keyword and not starred:
            parts.append("*")
            starred = True
        parts.append(parameter.shown())
    return ", ".join(parts)
