"""What programs touch of torch._dynamo: settings that are accepted, and other names for torchlike.compiler's functions."""

from __future__ import annotations

import types

from .compiler import InvalidBackend, OptimizedModule, Unsupported, allow_in_graph, disable, is_compiling, list_backends, reset

config = types.SimpleNamespace(
    suppress_errors=False, verbose=False, cache_size_limit=8, recompile_limit=8, capture_scalar_outputs=False, dynamic_shapes=True,
    assume_static_by_default=True, automatic_dynamic_shapes=True,
)  # fmt: skip
exc = types.SimpleNamespace(Unsupported=Unsupported, InvalidBackend=InvalidBackend, TorchDynamoException=RuntimeError)
eval_frame = types.SimpleNamespace(OptimizedModule=OptimizedModule)


def graph_break(msg: str = "") -> None:
    """End the graph here, when a function is being recorded (torch._dynamo.graph_break)."""
    from .execution import executor

    recording = executor.recording
    if recording is not None:
        recording.broke(msg or "torch._dynamo.graph_break()")


__all__ = [
    "InvalidBackend", "OptimizedModule", "Unsupported", "allow_in_graph", "config", "disable", "eval_frame", "exc", "graph_break", "is_compiling",
    "list_backends", "reset",
]  # fmt: skip
