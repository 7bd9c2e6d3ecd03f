"""Compiling whole functions, modules and training steps (torch.compiler)."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..execution import executor
from ..execution.trie import trie
from .compiled import Compiled, InvalidBackend, OptimizedModule, compile
from .recording import Unsupported
from .stance import set_stance

__all__ = [
    "Compiled", "InvalidBackend", "OptimizedModule", "Unsupported", "allow_in_graph", "assume_constant_result", "compile",
    "cudagraph_mark_step_begin", "disable", "get_default_backend", "is_compiling", "is_dynamo_compiling", "is_exporting", "list_backends", "reset",
    "set_default_backend", "set_stance",
]  # fmt: skip


def is_compiling() -> bool:
    """Whether a function is being recorded (torch.compiler.is_compiling)."""
    return executor.recording is not None


def is_dynamo_compiling() -> bool:
    """The same (torch.compiler.is_dynamo_compiling)."""
    return is_compiling()


def is_exporting() -> bool:
    """False: nothing is ever exported (torch.compiler.is_exporting)."""
    return False


def list_backends(exclude_tags=("debug", "experimental")) -> list[str]:
    """The backends by name (torch.compiler.list_backends): XLA, which "inductor" names too so that programs need no change."""
    return ["inductor", "openxla"]


_default_backend: list[str | Callable] = []


def get_default_backend():
    """What `compile` takes for its `backend` (torch.compiler.get_default_backend)."""
    return _default_backend[0] if _default_backend else "inductor"


def set_default_backend(backend) -> None:
    """Accepted, for `get_default_backend` to tell; None for the usual (torch.compiler.set_default_backend). XLA is the one that computes."""
    if backend is not None and not isinstance(backend, str) and not callable(backend):
        raise TypeError(f"backend must be a string or callable, got {type(backend)}")
    _default_backend[:] = [] if backend is None else [backend]


def reset() -> None:
    """Forget all compiled segments (torch.compiler.reset)."""
    executor.flush("torchlike.compiler.reset()")
    trie.clear()


def disable(fn=None, recursive: bool = True, *, reason: str | None = None):
    """A function that breaks the graph: it always runs as Python (torch.compiler.disable)."""
    if fn is None:
        return functools.partial(disable, recursive=recursive, reason=reason)

    @functools.wraps(fn)
    def wrapped(*args, **kwargs):
        recording = executor.recording
        if recording is not None:
            recording.broke(reason or f"{getattr(fn, '__name__', fn)} is not to be compiled")
        return fn(*args, **kwargs)

    wrapped._torchdynamo_disable = True  # type: ignore[attr-defined]
    return wrapped


def allow_in_graph(fn: Callable) -> Callable:
    """`fn` itself: every function may be in a graph (torch.compiler.allow_in_graph)."""
    return fn


def assume_constant_result(fn: Callable) -> Callable:
    """`fn` itself: Python values are constants of a recording anyway (torch.compiler.assume_constant_result)."""
    return fn


def cudagraph_mark_step_begin() -> None:
    """Accepted (torch.compiler.cudagraph_mark_step_begin): buffers are never reused behind the user's back."""
