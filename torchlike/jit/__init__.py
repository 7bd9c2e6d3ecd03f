"""TorchScript's names (torch.jit). There is no TorchScript here: `script` and `trace` hand the function to `torchlike.compile`, which runs
the Python as it is; saving and loading scripted programs is refused.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import copy
from typing import Any, Final

from ..compiler import compile as _compile
from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing
from ..futures import Future, refuse_none
from ..nn.module import Module

Attribute = collections.namedtuple("Attribute", ["value", "type"])
Error = RuntimeError


class TracerWarning(Warning):
    """Never given: programs name it to ignore it."""


_NO_FILES = "torchlike has no TorchScript files; save the module's state_dict and build the module from its class"


class ScriptModule(Module):
    """A base class for modules, like `torch.nn.Module` (torch.jit.ScriptModule)."""

    def save(self, *args, **kwargs):
        """Raises NotImplementedError: there are no TorchScript files."""
        raise NotImplementedError(_NO_FILES)


class ScriptFunction:
    """The class of scripted functions in PyTorch; nothing is an instance here."""


class CompilationUnit:
    """A set of scripted functions in PyTorch. NotImplementedError when given source."""

    def __init__(self, lang: str | None = None):
        if lang is not None:
            raise NotImplementedError("torchlike does not parse TorchScript; write the functions in Python")


def _compiled(obj):
    """A compiled function, or a compiled module that shares everything with `obj`: unlike `torch.compile`'s it has the same names inside."""
    if not builtins.isinstance(obj, Module):
        return _compile(obj)
    twin = copy.copy(obj)
    twin.compile()
    return twin


def script(obj, optimize=None, _frames_up: int = 0, _rcb=None, example_inputs=None):
    """`torchlike.compile(obj)` for a function or module; a class is given back as it is (torch.jit.script)."""
    return obj if builtins.isinstance(obj, type) else _compiled(obj)


def trace(func, example_inputs=None, optimize=None, check_trace=True, check_inputs=None, check_tolerance=1e-5, strict=True,
          example_kwarg_inputs=None, **kwargs):
    """`torchlike.compile(func)`, called once on the example inputs (torch.jit.trace). Unlike there, branches stay branches."""
    compiled = _compiled(func)
    if example_kwarg_inputs is not None:
        compiled(**example_kwarg_inputs)
    elif example_inputs is not None:
        compiled(*(example_inputs if builtins.isinstance(example_inputs, tuple | list) else (example_inputs,)))
    return compiled


def trace_module(mod: Module, inputs: dict[str, Any], *args, **kwargs) -> Module:
    """`mod`, each of whose methods has been called once on its inputs (torch.jit.trace_module)."""
    for name, given in inputs.items():
        getattr(mod, name)(*(given if builtins.isinstance(given, tuple | list) else (given,)))
    return mod


def script_if_tracing(fn):
    """`fn`: nothing is traced here."""
    return fn


def ignore(drop=False, **kwargs):
    """Nothing, as a decorator with or without arguments: all Python runs here."""
    return drop if callable(drop) else lambda fn: fn


def unused(fn):
    """`fn`."""
    return fn


def export(fn):
    """`fn`."""
    return fn


def _overload(fn):
    """`fn`: a signature for TorchScript, whose definition follows."""
    return fn


_overload_method = _overload
_script_if_tracing = script_if_tracing


def interface(obj):
    """`obj`."""
    return obj


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False


def annotate(the_type, the_value):
    """`the_value`."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether `obj` is an instance of a class, or of a generic like `list[int]` by what it holds."""
    origin: Any = getattr(target_type, "__origin__", None)
    inner: tuple = getattr(target_type, "__args__", ())
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, each) for each in target_type)
    if origin is None:
        return builtins.isinstance(obj, target_type)
    held: Any = obj
    if not builtins.isinstance(origin, type):
        return any(isinstance(obj, each) for each in inner)
    if not builtins.isinstance(obj, origin):
        return False
    pairs: Any
    if origin is dict:
        pairs = held.items()
    elif origin is tuple:
        return len(held) == len(inner) and all(isinstance(x, kind) for x, kind in zip(held, inner, strict=True))
    else:
        pairs = [(each,) for each in held]
    return all(isinstance(part, kind) for pair in pairs for part, kind in zip(pair, inner, strict=True))


def fork(func, *args, **kwargs) -> Future:
    """The Future of func(*args, **kwargs), which runs at once."""
    future = Future()
    future.set_result(func(*args, **kwargs))
    return future


def wait(future: Future):
    """The value of a Future."""
    refuse_none((future,))
    return future.wait()


_fork, _wait = fork, wait


def freeze(mod, preserved_attrs=None, optimize_numerics=True):
    """`mod`: a compiled module keeps its parameters where they are."""
    return mod


def optimize_for_inference(mod, other_methods=None):
    """`mod`: XLA has optimised it."""
    return mod


def set_fusion_strategy(strategy) -> list:
    """Accepted: XLA fuses as it sees fit."""
    return []


def enable_onednn_fusion(enabled: bool) -> None:
    """Accepted."""


def onednn_fusion_enabled() -> bool:
    """False."""
    return False


@contextlib.contextmanager
def optimized_execution(should_optimize: bool):
    """A block; nothing changes in it."""
    yield


strict_fusion = contextlib.nullcontext
globals().update(_refusing(("save", "load", "save_jit_module_to_flatbuffer", "jit_module_from_flatbuffer"), _NO_FILES))
__all__ = ["Attribute", "CompilationUnit", "Error", "Final", "Future", "ScriptFunction", "ScriptModule", "annotate", "enable_onednn_fusion", "export",
           "fork", "freeze", "ignore", "interface", "is_scripting", "is_tracing", "isinstance", "onednn_fusion_enabled", "optimize_for_inference",
           "script", "script_if_tracing", "set_fusion_strategy", "strict_fusion", "trace", "trace_module", "unused", "wait"]
__getattr__ = _missing(__name__)
