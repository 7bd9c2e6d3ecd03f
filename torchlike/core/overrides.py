"""The `__torch_function__` protocol: which arguments of a call override it, in which order they are asked, and what a Tensor subclass
answers unless told otherwise. Which functions ask, and when they start to, is the business of `faces`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from .device import device
from .dtype import dtype
from .override_state import ENABLED, DisableTorchFunctionSubclass, WithoutTopMode, state
from .size import Size
from .tensor import Tensor

# Arguments of these classes need no look: they are the common ones, and none of them overrides.
_PLAIN = frozenset([int, float, bool, complex, str, type(None), slice, type(...), dtype, device, Size])
_warned_once = False


class _Disabled:
    """The `__torch_function__` of classes that override nothing: runs `func`, whose results are plain Tensors. No function, because it must
    not bind to the classes it is an attribute of."""

    def __call__(self, func, types, args=(), kwargs=None):
        with DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    def __repr__(self):
        return "<built-in function _disabled_torch_function_impl>"


disabled_torch_function_impl = _Disabled()


def overrides(cls: type) -> bool:
    """Whether instances of a class have a say in the functions they are passed to."""
    implementation = getattr(cls, "__torch_function__", None)
    return implementation is not None and implementation is not disabled_torch_function_impl


def collect(values: Iterable, found: list, passed_over: type | None = Tensor) -> list:
    """Add to `found` one argument of each overriding class: subclasses before their bases, otherwise left to right."""
    for value in values:
        cls = type(value)
        if cls is passed_over or cls in _PLAIN:
            continue
        if cls is tuple or cls is list:
            collect(value, found, passed_over)
        elif overrides(cls):
            _insert(found, value, cls)
        elif isinstance(value, tuple | list):
            collect(value, found, passed_over)
    return found


def _insert(found: list, value, cls: type) -> None:
    index = len(found)
    for i, other in enumerate(found):
        if type(other) is cls:
            return
        if issubclass(cls, type(other)):
            index = min(index, i)
    found.insert(index, value)


def ask(func, found: list, types: tuple, args: tuple, kwargs: dict | None, compiled: bool = False) -> Any:
    """The answer of the newest mode or else of the first overriding argument that has one; NotImplemented when nobody has.

    `compiled`: PyTorch writes the function in C++. `kwargs` is None when such a function got none: handlers are then called without.
    """
    rest = () if kwargs is None else (kwargs,)
    if state.modes:
        if getattr(state.modes[-1].__torch_function__, "__self__", None) is not state.modes[-1]:
            raise RuntimeError("Defining your mode's `__torch_function__` as a classmethod is not supported, please make it a plain method")
        with WithoutTopMode() as mode:
            result = mode.__torch_function__(func, types, args, *rest)
        if result is not NotImplemented:
            return result
    for argument in found:
        implementation = argument.__torch_function__
        if getattr(implementation, "__self__", None) is argument:
            _warn_about_plain_method(compiled)
        result = implementation(func, types, args, *rest)
        if result is not NotImplemented:
            return result
    return NotImplemented


def _warn_about_plain_method(compiled: bool) -> None:
    global _warned_once
    if compiled and _warned_once:
        return
    _warned_once = _warned_once or compiled
    name = "`__torch_function__`" if compiled else "`__torch_function__"
    warnings.warn(f"Defining your {name} as a plain method is deprecated and will be an error in future, please define it as a classmethod.",
                  UserWarning if compiled else DeprecationWarning, stacklevel=6 if compiled else 7)


def nobody_answered(title: str, found: list) -> TypeError:
    """PyTorch's error for a function of its C++ part that everybody declined to handle."""
    who = [f"  - mode object {state.modes[-1]!r}\n"] if state.modes else []
    who += [f"  - tensor subclass {type(argument)!r}\n" for argument in found]
    return TypeError(
        f"Multiple dispatch failed for '{title}'; all __torch_function__ handlers returned NotImplemented:\n\n{''.join(who)}\n"
        "For more information, try re-running with TORCH_LOGS=not_implemented"
    )


def handle(func, title: str, relevant: Iterable, args: tuple, kwargs: dict):
    """A call of `func`, which PyTorch writes in Python, overridden by some of the `relevant` arguments or a mode."""
    found = collect(relevant, [], None) if state.level is ENABLED else []
    result = ask(func, found, tuple(map(type, found)), args, kwargs)
    if result is not NotImplemented:
        return result
    mode = f" nor in mode {state.modes[-1]}" if state.modes else ""
    types = [type(argument) for argument in found]
    raise TypeError(f"no implementation found for '{title}' on types that implement __torch_function__: {types}{mode}")


def default_torch_function(cls: type, func, types, args, kwargs):
    """What a Tensor subclass does unless it says otherwise: run the function and make its results instances of the subclass."""
    if not all(issubclass(cls, each) for each in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
        return result if func in nowrap_functions() else _converted(result, cls)


def nowrap_functions() -> set:
    """Accessors that give a stored Tensor, the same at every access, which must not be rewrapped."""
    return {Tensor._base.__get__, Tensor.grad.__get__}  # type: ignore[attr-defined]


def _converted(result, cls: type):
    if cls is Tensor:
        return result
    if isinstance(result, Tensor) and not isinstance(result, cls):
        return result.as_subclass(cls)
    if isinstance(result, tuple | list):
        return type(result)([_converted(r, cls) for r in result])
    return result
