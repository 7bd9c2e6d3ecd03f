"""Helpers of functions that describe how an op is exported (torch.onnx.symbolic_helper). They can be defined here; nobody calls them."""

from __future__ import annotations

from collections.abc import Callable


def parse_args(*descriptors: str) -> Callable:
    """A decorator that changes nothing."""
    return lambda fn: fn
