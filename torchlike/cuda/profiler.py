"""Starting and stopping an outside profiler (torch.cuda.profiler): JAX's traces are begun with torch.profiler."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .devices import require


def start() -> None:
    """Nothing; AssertionError without a GPU."""
    require()


stop = start


@contextlib.contextmanager
def profile() -> Iterator[None]:
    """A block between `start` and `stop`."""
    start()
    try:
        yield
    finally:
        stop()
