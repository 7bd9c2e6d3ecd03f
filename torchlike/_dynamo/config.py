"""Settings of PyTorch's tracer (torch._dynamo.config): accepted, without an effect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

suppress_errors = verbose = capture_scalar_outputs = capture_dynamic_output_shape_ops = optimize_ddp = False
dynamic_shapes = assume_static_by_default = automatic_dynamic_shapes = inline_inbuilt_nn_modules = True
cache_size_limit = recompile_limit = 8
accumulated_cache_size_limit = accumulated_recompile_limit = 256


@contextlib.contextmanager
def patch(arg1: str | dict | None = None, arg2: Any = None, **settings: Any) -> Iterator[None]:
    """Other settings for a block or a function: `patch(name=value)`, `patch("name", value)` or `patch({"name": value})`."""
    named = {arg1: arg2} if isinstance(arg1, str) else arg1 or {}
    own = globals()
    before = {name: own[name] for name in (*named, *settings) if name in own}
    own.update(named, **settings)
    try:
        yield
    finally:
        for name in (*named, *settings):
            own.pop(name, None)
        own.update(before)
