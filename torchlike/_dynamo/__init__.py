"""What programs touch of torch._dynamo: settings that are accepted, and other names for torchlike.compiler's functions."""

from __future__ import annotations

from ..compiler import allow_in_graph, assume_constant_result, disable, is_compiling, list_backends, reset
from . import config, eval_frame, exc, utils
from .eval_frame import OptimizedModule
from .exc import InvalidBackend, Unsupported


def graph_break(msg: str = "") -> None:
    """End the graph here, when a function is being recorded (torch._dynamo.graph_break)."""
    from ..execution import executor

    recording = executor.recording
    if recording is not None:
        recording.broke(msg or "torch._dynamo.graph_break()")


def mark_dynamic(t, index, *, hint_override=None, min=None, max=None, specialize_on=None) -> None:
    """Accepted: each shape has a recording of its own."""


def mark_static_address(t, guard: bool = True) -> None:
    """Accepted: buffers are never reused behind the user's back."""


maybe_mark_dynamic = mark_static = mark_dynamic


def is_dynamo_supported() -> bool:
    """True: `compile` works on every platform."""
    return True


__all__ = [
    "InvalidBackend", "OptimizedModule", "Unsupported", "allow_in_graph", "assume_constant_result", "config", "disable", "eval_frame", "exc",
    "graph_break", "is_compiling", "is_dynamo_supported", "list_backends", "mark_dynamic", "mark_static", "mark_static_address",
    "maybe_mark_dynamic", "reset", "utils",
]  # fmt: skip
