"""Setting a module's switches for a block, as every `flags` of torch.backends does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


def set_switches(module, values: dict) -> tuple:
    """Set the switches that are not None; returns what all of them were."""
    before = tuple(getattr(module, name) for name in values)
    for name, value in values.items():
        if value is not None:
            setattr(module, name, value)
    return before


@contextlib.contextmanager
def switched(module, values: dict) -> Iterator[None]:
    """The block in which a module's switches have these values."""
    before = set_switches(module, values)
    try:
        yield
    finally:
        for name, value in zip(values, before, strict=True):
            setattr(module, name, value)


class Precision:
    """The precision of one family of kernels, `fp32_precision`: kept, no more."""

    def __init__(self, fp32_precision: str = "none"):
        self.fp32_precision = fp32_precision
