"""What the deferred executor has done: counters, where segments were cut, which programs were compiled and what was new about them."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

_LIBRARIES = (
    *(f"{Path(p).resolve().parent}{os.sep}" for p in (Path(__file__).parent, jax.__file__, np.__file__)),
    *(f"{sysconfig.get_path('stdlib')}{os.sep}{name}{os.sep if '.' not in name else ''}"
      for name in ("functools.py", "contextlib.py", "threading.py", "collections", "concurrent", "asyncio")),
    "<frozen",
)  # fmt: skip
_MAX_RECORDS = 200
_internal: dict = {}


class Compiled(NamedTuple):
    """One program: where its segment was cut, how many ops it has, how long the first call took, and what was new."""

    site: tuple
    ops: int
    seconds: float
    change: str


class Report:
    """Counters and records since the process began, or since `clear`."""

    def __init__(self):
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.flushes = self.programs = self.stepwise = self.speculations = self.ops = self.cache_hits = self.cache_misses = 0
        self.seconds = 0.0
        self.cuts: Counter = Counter()
        self.compiled: deque[Compiled] = deque(maxlen=_MAX_RECORDS)
        self.notes: dict[tuple, str] = {}
        self._last: dict[tuple, list] = {}

    def cut(self, reason: str, ops: int) -> tuple:
        """A segment ends: (reason, file, line), counted."""
        self.flushes += 1
        self.ops += ops
        site = (reason, *user_line())
        self.cuts[site] += 1
        return site

    def repeat(self, site: tuple, ops: int) -> None:
        """A program was run from a place where one was cut before."""
        self.flushes += 1
        self.ops += ops
        self.cuts[site] += 1

    def compile(self, site: tuple, calls: list, seconds: float) -> None:
        """A program was compiled."""
        self.programs += 1
        self.seconds += seconds
        before = self._last.get(site[1:])
        if len(self._last) < _MAX_RECORDS or before is not None:
            self._last[site[1:]] = calls
        self.compiled.append(Compiled(site, len(calls), seconds, "the first from here" if before is None else _difference(before, calls)))

    def note(self, site: tuple, text: str) -> None:
        """Something a user of `compile` should know, once per place."""
        if len(self.notes) < _MAX_RECORDS:
            self.notes[site] = text


def _difference(before: list, now: list) -> str:
    """What tells a segment from the one that ended at the same line before."""
    for n, (old, new) in enumerate(zip(before, now, strict=False), 1):
        if old != new:
            return f"op {n} was {_shown(old)}, now {_shown(new)}"
    if len(before) != len(now):
        return f"{len(before)} ops before, now {len(now)}"
    return "the same ops, other values are still held"


def _shown(call: tuple) -> str:
    plan = call[0]
    arguments = ", ".join("None" if a is None else f"{a.dtype}{list(a.shape)}" for a in plan.in_avals)
    results = ", ".join(f"{a.dtype}{list(a.shape)}" for a in plan.out_avals)
    return f"{plan.op.label}({arguments}) -> {results}"


def user_line() -> tuple[str, int]:
    """File and line of the innermost frame outside torchlike."""
    frame = sys._getframe(1)
    while frame is not None:
        if not is_internal(frame.f_code):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return "?", 0


def is_internal(code) -> bool:
    """Whether a code object belongs to torchlike, JAX, NumPy or Python's own library."""
    inside = _internal.get(code)
    if inside is None:
        if len(_internal) > 10_000:
            _internal.clear()
        inside = _internal[code] = code.co_filename.startswith(_LIBRARIES)
    return inside


report = Report()


def _count_hits(event: str, **_) -> None:
    if event == "/jax/compilation_cache/cache_hits":
        report.cache_hits += 1
    elif event == "/jax/compilation_cache/cache_misses":
        report.cache_misses += 1


jax.monitoring.register_event_listener(_count_hits)
