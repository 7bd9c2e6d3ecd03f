"""Marks for NVIDIA's profilers (torch.cuda.nvtx), as marks in JAX's trace: a range is a `jax.profiler.TraceAnnotation`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class _Open(threading.local):
    def __init__(self):
        self.ranges: list = []
        self.started: dict = {}


_open = _Open()


def range_push(msg: str) -> int:
    """Begin a nested range; returns its depth, from 0."""
    import jax

    annotation = jax.profiler.TraceAnnotation(msg)
    annotation.__enter__()
    _open.ranges.append(annotation)
    return len(_open.ranges) - 1


def range_pop() -> int:
    """End the newest range; returns the depth it had, -1 when there is none."""
    if _open.ranges:
        _open.ranges.pop().__exit__(None, None, None)
        return len(_open.ranges)
    return -1


def mark(msg: str) -> None:
    """A range without extent."""
    range_push(msg)
    range_pop()


def range_start(msg: str) -> int:
    """Begin a range that need not be nested; returns its number for `range_end`."""
    import jax

    annotation = jax.profiler.TraceAnnotation(msg)
    annotation.__enter__()
    _open.started[id(annotation)] = annotation
    return id(annotation)


def range_end(range_id: int) -> None:
    """End the range of that number."""
    annotation = _open.started.pop(range_id, None)
    if annotation is not None:
        annotation.__exit__(None, None, None)


@contextlib.contextmanager
def range(msg: str, *args, **kwargs) -> Iterator[None]:
    """A block as a range; `msg` is formatted with the other arguments."""
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()
