"""Marks for Intel's profilers (torch.profiler.itt), which go where those of `torch.cuda.nvtx` go: into JAX's trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..cuda import nvtx


def is_available() -> bool:
    """Whether marks are recorded: always."""
    return True


def range_push(msg: str) -> None:
    """Begin a nested range."""
    nvtx.range_push(msg)


def range_pop() -> None:
    """End the newest range."""
    nvtx.range_pop()


def mark(msg: str) -> None:
    """A range without extent."""
    nvtx.mark(msg)


@contextlib.contextmanager
def range(msg: str, *args, **kwargs) -> Iterator[None]:
    """A block as a range; `msg` is formatted with the other arguments."""
    with nvtx.range(msg, *args, **kwargs):
        yield


__all__ = ["is_available", "mark", "range", "range_pop", "range_push"]
