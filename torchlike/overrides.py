"""`torch.overrides`: the override protocol for those who take part in it. Importing this module makes public functions ask for overrides."""

from __future__ import annotations

import collections
import contextlib
import functools
import inspect
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torchlike

from .core.faces import FACES, Style, activate
from .core.override_state import ALL_DISABLED, ENABLED, WithoutTopMode, state
from .core.overrides import handle, nowrap_functions
from .core.overrides import overrides as _overrides
from .core.tensor import Tensor
from .overridable import UNSEEN

activate()


def get_ignored_functions() -> set[Callable]:
    """The public functions that cannot be overridden by the class of an argument."""
    found = {getattr(torchlike, name) for name in UNSEEN["torch"]}
    found |= {getattr(torchlike.nn.functional, name) for name in UNSEEN["torch.nn.functional"]}
    return found | {face.public for face in FACES.values() if face.style in (Style.FACTORY, Style.SILENT)}


def get_default_nowrap_functions() -> set[Callable]:
    """The accessors whose results `Tensor.__torch_function__` does not make instances of the subclass: they give stored Tensors."""
    return nowrap_functions()


def _namespaces() -> list[tuple[str, Any]]:
    from . import functional, linalg, nn, special

    return [("torch", torchlike), ("torch.functional", functional), ("torch.nn.functional", nn.functional), ("torch.nn.init", nn.init),
            ("torch.Tensor", Tensor), ("torch.linalg", linalg), ("torch.special", special)]


@functools.cache
def _members() -> tuple[dict[Any, list[Callable]], dict[Callable, str]]:
    """The overridable functions by namespace, and the names of all functions that an override may be given."""
    found: dict[Any, list[Callable]] = collections.defaultdict(list)
    names: dict[Callable, str] = {}
    ignored = get_ignored_functions()
    for title, namespace in _namespaces():
        for name, member in vars(namespace).items():
            hidden = namespace is not Tensor and (name.startswith("_") or name.endswith("_"))
            if isinstance(member, property):
                for kind in ("__get__", "__set__"):
                    names[getattr(member, kind)] = f"{title}.{name}.{kind}"
                found[member].append(member.__get__)
            elif isinstance(member, types.FunctionType) and (member in FACES or member in ignored):
                names[member] = f"{title}.{name}"
                if not hidden and member not in ignored:
                    found[namespace].append(member)
    return found, names


def get_overridable_functions() -> dict[Any, list[Callable]]:
    """The functions that `__torch_function__` can override, listed by the namespace they are in."""
    return _members()[0]


@functools.cache
def get_testing_overrides() -> dict[Callable, Callable]:
    """For each overridable function one of the same signature that returns -1, to test overrides with."""
    return {function: _dummy(function) for functions in get_overridable_functions().values() for function in functions}


def _dummy(function: Callable) -> Callable:
    def override(*args, **kwargs):
        return -1

    with contextlib.suppress(ValueError, TypeError):
        override.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return override


def resolve_name(f) -> str | None:
    """The name under which a function that was passed to `__torch_function__` is found; None for any other object."""
    return _members()[1].get(f)


def is_tensor_method_or_property(func: Callable) -> bool:
    """Whether a function that was passed to `__torch_function__` is a method of Tensor or an accessor (`__get__`) of its attributes."""
    return func.__name__ == "__get__" or func in get_overridable_functions()[Tensor]


def is_tensor_like(inp) -> bool:
    """Whether an object is a Tensor or takes part in the override protocol."""
    return type(inp) is Tensor or hasattr(inp, "__torch_function__")


def _asks(values: Iterable) -> bool:
    if state.skip_next:
        state.skip_next = False
        return False
    mode = bool(state.modes) and state.level is not ALL_DISABLED
    asked = state.level is ENABLED
    return any(mode or (asked and type(value) is not Tensor and _overrides(type(value))) for value in values)


def has_torch_function(relevant_args: Iterable, /) -> bool:
    """Whether one of the arguments, or a mode, wants to handle the call. Tensors and Parameters themselves do not."""
    if not isinstance(relevant_args, Iterable):
        raise TypeError("expected a sequence")
    return _asks(relevant_args)


def has_torch_function_unary(arg, /) -> bool:
    """`has_torch_function((arg,))`."""
    return _asks((arg,))


def has_torch_function_variadic(*args) -> bool:
    """`has_torch_function(args)`."""
    return _asks(args)


def handle_torch_function(public_api: Callable, relevant_args: Iterable, *args, **kwargs):
    """Call `public_api`, which `has_torch_function` says is overridden, by asking the mode and the arguments that override it.

    TypeError when all of them return NotImplemented.
    """
    module = public_api.__module__.replace("torchlike", "torch", 1)
    return handle(public_api, f"{module}.{public_api.__name__}", relevant_args, args, kwargs)


def wrap_torch_function(dispatcher: Callable) -> Callable:
    """Make a function overridable: `dispatcher`, of the same signature, returns the arguments that may override it."""

    def inner(func: Callable) -> Callable:
        @functools.wraps(func)
        def wrapped(*args, **kwargs):
            relevant_args = dispatcher(*args, **kwargs)
            if has_torch_function(relevant_args):
                return handle_torch_function(wrapped, relevant_args, *args, **kwargs)
            return func(*args, **kwargs)

        return wrapped

    return inner


def redispatch_function(func: Callable, types, args, kwargs):
    """Run `func` itself, not an override of it; what it calls is overridden as usual."""
    face = FACES.get(func)  # type: ignore[call-overload]
    if face is not None:
        return face.body(*args, **(kwargs or {}))
    state.skip_next = True
    try:
        return func(*args, **(kwargs or {}))
    finally:
        state.skip_next = False


class TorchFunctionMode:
    """Sees every overridable function called while it is entered, whatever its arguments are: `with MyMode(): ...`.

    A subclass defines `__torch_function__(self, func, types, args=(), kwargs=None)`. While that runs, the mode is off the stack, so what it
    calls goes to the mode outside it; `with self:` puts it back.
    """

    inner: TorchFunctionMode

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func, types, args=(), kwargs=None):
        raise NotImplementedError

    def __enter__(self):
        activate()
        _push_mode(self)
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        _pop_mode()

    @classmethod
    def push(cls, *args, **kwargs):
        """An instance, to be entered: the older spelling of the constructor."""
        warnings.warn("`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`", stacklevel=2)
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """The mode that changes nothing."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def _get_current_function_mode() -> TorchFunctionMode | None:
    return state.modes[-1] if state.modes else None


def _get_current_function_mode_stack() -> list:
    return list(state.modes)


def _push_mode(mode) -> None:
    state.modes.append(mode)


def _pop_mode():
    return state.modes.pop()


_pop_mode_temporarily = WithoutTopMode


@contextlib.contextmanager
def _enable_torch_function():
    before, state.level = state.level, ENABLED
    try:
        yield
    finally:
        state.level = before


@contextlib.contextmanager
def enable_reentrant_dispatch():
    """Lets a `__torch_dispatch__` dispatch again. Nothing is ever off here, so this does nothing."""
    yield


__all__ = ["get_ignored_functions", "get_overridable_functions", "get_testing_overrides", "handle_torch_function", "has_torch_function",
           "resolve_name", "is_tensor_like", "is_tensor_method_or_property", "wrap_torch_function", "enable_reentrant_dispatch",
           "redispatch_function"]
