"""The deferred executor: ops are appended to the thread's pending segment and run, many as one program, when somebody looks.

Appending is all that an op costs: one dictionary look-up per call finds its place in a trie of calls (segment.py), and shapes are known
from the plans. A segment ends when a value is looked at (`force`), at `flush`, on a change of device, or when it is long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax._src.array import ArrayImpl

from .immediate import Immediate
from .lifted import Lifted, newest_level
from .segment import Pending, Segment

_SCALARS = frozenset([float, int, bool, complex])
_MAX_OPS = 2000


class _Thread(threading.local):
    segment: Segment | None = None
    checks: tuple = ()


class Deferred:
    """Runs plans later. Values are what `Immediate` takes; those it returns are Pending."""

    def __init__(self, immediate: Immediate):
        self._immediate = immediate
        self._thread = _Thread()

    def run(self, plan, values) -> Any:
        """One value when `plan.single`, else a tuple."""
        if Lifted.in_use:
            level = newest_level(values)
            if level is not None:
                return level.run(plan, values)
        if plan.moves:
            return self._immediate.run(plan, values)
        segment = self._thread.segment
        if segment is None or segment.device is not plan.device or len(segment.outputs) > _MAX_OPS:
            segment = self._begin(plan.device)
        with segment.lock:
            if segment.done:
                # Somebody looked at a value of it.
                segment = self._begin(plan.device)
            return self._append(segment, plan, values)

    def _append(self, segment: Segment, plan, values) -> Any:
        key = [plan]
        scalars = []
        for v in values:
            cls = v.__class__
            if cls is Pending:
                if v.segment is segment:
                    key.append(v.index)
                    continue
                v = v.array()
                cls = v.__class__
            if cls is ArrayImpl:
                slot = segment.slots.get(id(v))
                if slot is None:
                    slot = segment.slots[id(v)] = len(segment.arrays)
                    segment.arrays.append(v)
                key.append(~slot)
            elif cls in _SCALARS:
                key.append(cls)
                scalars.append(v)
            elif v is None:
                key.append(None)
            elif cls is np.ndarray:
                key.append(~len(segment.arrays))
                segment.arrays.append(v)
            else:
                # A tracer: this call belongs to somebody else's program.
                return self._immediate.run(plan, values)
        frozen = tuple(key)
        place = segment.place
        found = place.children.get(frozen)
        if found is None:
            found = place.grow(frozen)
        # From here on nothing can fail: a segment never holds half a call.
        segment.scalars += scalars
        segment.place = found
        first = place.size
        if plan.single:
            result = Pending(segment, first, plan.out_avals[0])
            segment.outputs.append(result)
            return result
        results = tuple([Pending(segment, i, aval) for i, aval in enumerate(plan.out_avals, first)])
        segment.outputs += results
        return results

    def flush(self) -> None:
        """Run what this thread has pending."""
        segment = self._thread.segment
        if segment is not None:
            self._thread.segment = None
            segment.flush()
            self.check(wait=False)

    def postpone(self, value: Pending, check: Callable) -> None:
        """Call `check(NumPy value)` once the value is there."""
        self._thread.checks = (*self._thread.checks, (value, check))

    def check(self, wait: bool) -> None:
        """Make the postponed checks of this thread, all of them or those whose values are there."""
        checks = self._thread.checks
        if not checks:
            return
        ready = checks if wait else tuple(c for c in checks if c[0].segment is None and c[0].array().is_ready())
        self._thread.checks = tuple(c for c in checks if c not in ready)
        for value, check in ready:
            check(np.asarray(value.array()))

    def _begin(self, device: jax.Device) -> Segment:
        self.flush()
        segment = self._thread.segment = Segment(device)
        return segment
