"""Compiled kernels and the system's bound on memory maps.

XLA's CPU kernels occupy several memory maps each. Linux gives a process some 65 000 of them, and XLA crashes when there are no more, so a process
that keeps compiling (a test suite, a long notebook) has to let kernels go in time. They come back from the persistent cache when needed.
"""

from __future__ import annotations

from pathlib import Path

import jax
from jax._src.core import trace_state_clean

_MAPS, _LIMIT = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")
# Kernels between two looks, and the share of the maps that may be taken. A whole program counts as that many kernels.
_EVERY, _SHARE, PROGRAM = 200, 0.5, 20


class _Watch:
    def __init__(self):
        self.kernels = 0
        self.most = int(int(_LIMIT.read_text()) * _SHARE) if _LIMIT.exists() and _MAPS.exists() else None


watch = _Watch()


def about_to_compile(kernels: int = 1) -> None:
    """So many kernels will be compiled: now and then, look whether maps run short, and if so forget all that are compiled."""
    watch.kernels += kernels
    if watch.most is None or watch.kernels < _EVERY or not trace_state_clean():
        return
    watch.kernels = 0
    with _MAPS.open("rb") as lines:
        taken = sum(1 for _ in lines)
    if taken > watch.most:
        jax.clear_caches()
