"""The deferred executor: ops are appended to the thread's pending segment and run, many as one program, when somebody looks.

Appending is all that an op costs: one dictionary look-up per call finds its place in a trie of calls (trie.py), and shapes are known
from the plans. A segment ends when a value is looked at (`force`), at `flush`, on a change of device, or when it is long.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .immediate import Immediate
from .lifted import Lifted, newest_level
from .meta import META
from .pending import Pending
from .segment import SET_UP, Segment
from .stretch import Stretch, relative

_MAX_STRETCHES = 512
# After that many segments in a row that had never been seen before, a thread runs its ops at once for a while, longer each time.
_PATIENCE = 24
_FIRST_REST = 2000
_LONGEST_REST = 64_000


class _Thread(threading.local):
    segment: Segment | None = None
    checks: tuple = ()
    recording: Any = None
    # How many segments in a row were new; how many ops still to run at once because of that; how many it were last time.
    strange = 0
    rest = 0
    rested = _FIRST_REST


class Deferred:
    """Runs plans later. Values are what `Immediate` takes; those it returns are Pending."""

    def __init__(self, immediate: Immediate):
        self._immediate = immediate
        self._thread = _Thread()
        self._stretches: OrderedDict[tuple, Stretch] = OrderedDict()

    def run(self, plan, values) -> Any:
        """One value when `plan.single`, else a tuple."""
        if Lifted.in_use:
            level = newest_level(values)
            if level is not None:
                return level.run(plan, values)
        segment = self._thread.segment
        if segment is None or segment.closed or segment.device is not plan.device or segment.place.is_full or plan.moves:
            if plan.moves or plan.device is META or self._rests():
                return self._immediate.run(plan, values)
            segment = self.segment_on(plan.device)
        with segment.lock:
            if segment.closed:
                # Another thread looked at a value of it just now.
                segment = self.segment_on(plan.device)
            result = segment.append(plan, values)
        if result is NotImplemented:
            self.flush(SET_UP)
            return self.run(plan, values)
        return self._immediate.run(plan, values) if result is None else result

    def _rests(self) -> bool:
        """Whether to run the next op at once, because waiting has not paid lately."""
        thread = self._thread
        if not thread.rest:
            return False
        thread.rest -= 1
        return True

    def _watch(self, segment: Segment) -> None:
        """Whether this thread does ever the same: where each segment is new, waiting has no point."""
        thread = self._thread
        if not segment.was_new:
            thread.strange, thread.rested = 0, _FIRST_REST
            return
        thread.strange += 1
        if thread.strange > _PATIENCE and thread.recording is None:
            thread.rest, thread.rested = thread.rested, min(2 * thread.rested, _LONGEST_REST)
            thread.strange = _PATIENCE // 2

    def begin_afresh(self) -> None:
        """Wait for values again, however strange this thread's segments have been."""
        thread = self._thread
        thread.strange = thread.rest = 0
        thread.rested = _FIRST_REST

    def settle(self) -> None:
        """Run what this thread has pending and wait for it."""
        segment = self._thread.segment
        if segment is not None and not segment.done:
            # Weakly: to hold them would be to want them.
            outputs = [weakref.ref(p) for p in segment.outputs if p is not None]
            segment.flush("the process forked")
            jax.block_until_ready([p.value for ref in outputs if (p := ref()) is not None and isinstance(p.value, jax.Array)])

    def segment_on(self, device: jax.Device) -> Segment:
        """The thread's pending segment, with room for more, on this device."""
        segment = self._thread.segment
        if segment is not None and not segment.closed:
            if segment.device is not device:
                self.flush("the device changed")
            elif segment.is_long():
                self.flush("it was long")
            else:
                return segment
        if segment is not None:
            self._watch(segment)
        segment = self._thread.segment = Segment(device)
        return segment

    def flush(self, reason: str) -> None:
        """Run what this thread has pending."""
        segment = self._thread.segment
        if segment is not None and not segment.done:
            segment.flush(reason)
            self.check(wait=False)

    def idle(self) -> bool:
        """Whether this thread has nothing pending."""
        segment = self._thread.segment
        return segment is None or segment.done or not segment.outputs

    def set_up(self) -> None:
        """Run what is pending if it sets up a model."""
        segment = self._thread.segment
        if segment is not None and segment.recording is None and segment.place.sets_up:
            self.flush(SET_UP)

    def step_done(self) -> None:
        """An optimiser's step is complete: run it, unless it is part of something larger that is being recorded."""
        segment = self._thread.segment
        if segment is not None and segment.recording is not None and not segment.closed:
            segment.recording.ends_step = True
        else:
            self.flush("optimizer.step()")

    def repeat(self, key: tuple, values: list, numbers_of: Callable, compute: Callable) -> tuple:
        """`compute() -> (results, note)`, or the same without computing: when it was computed before under this key, what it appended then is
        appended at one go. The key, and which of the values are one and the same, must say everything that matters about it; `values` are
        the arrays it reads, `numbers_of(note)` the Python numbers, in the order in which it uses them."""
        distinct = {id(v): v for v in values}
        if len(distinct) != len(values):
            places = {i: n for n, i in enumerate(distinct)}
            key = (*key, tuple([places[id(v)] for v in values]))
            values = list(distinct.values())
        segment = self._thread.segment
        if segment is None or segment.closed:
            return compute()
        with segment.lock:
            refs = segment.refs(values)
            if refs is None or segment.closed:
                return compute()
            stretch = self._stretches.get(key)
            if stretch is not None:
                self._stretches.move_to_end(key)
                segment.scalars += numbers_of(stretch.note)
                return stretch.append(segment, tuple(refs), values), stretch.note
        return self._learn(key, segment, refs, values, numbers_of, compute)

    def _learn(self, key: tuple, segment: Segment, refs: list, values: list, numbers_of: Callable, compute: Callable) -> tuple:
        start, scalars, words, arrays = segment.place, len(segment.scalars), len(segment.words), len(segment.arrays)
        results, note = compute()
        if segment.closed or len(segment.words) != words or len(segment.arrays) != arrays:
            return results, note
        if not _same(segment.scalars[scalars:], numbers_of(note)):
            return results, note
        calls = relative(segment.place.calls(start), start.size, refs)
        found = [_result(r, segment, start.size, values) for r in results]
        if calls is not None and False not in found:
            self._stretches[key] = Stretch(calls, tuple(found), note)
            if len(self._stretches) > _MAX_STRETCHES:
                self._stretches.popitem(last=False)
        return results, note

    @property
    def recording(self) -> Any:
        """What this thread is recording for `torchlike.compile`; None mostly."""
        return self._thread.recording

    @recording.setter
    def recording(self, recording: Any) -> None:
        self._thread.recording = recording

    def postpone(self, value, check: Callable) -> None:
        """Call `check(NumPy value)` once the value is there."""
        self._thread.checks = (*self._thread.checks, (value, check))

    @property
    def has_checks(self) -> bool:
        """Whether this thread has postponed any."""
        return bool(self._thread.checks)

    def check(self, wait: bool) -> None:
        """Make the postponed checks of this thread whose values have been asked for (`wait`), or are there."""
        checks = self._thread.checks
        if not checks:
            return
        due: list = []
        later: list = []
        for value, check in checks:
            if value.__class__ is Pending:
                if value.segment is not None:
                    later.append((value, check))
                    continue
                value = value.value
            (due if wait or _is_there(value) else later).append((value, check))
        self._thread.checks = tuple(later)
        for value, check in due:
            if isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer):
                check(np.asarray(value))


def _is_there(value) -> bool:
    return not isinstance(value, jax.Array) or isinstance(value, jax.core.Tracer) or value.is_ready()  # type: ignore[attr-defined]


def _same(used: list, numbers: list) -> bool:
    return len(used) == len(numbers) and all(a is b for a, b in zip(used, numbers, strict=True))


def _result(value, segment: Segment, base: int, values: list):
    """What a result is to a stretch: its number, an input, None; False for anything else."""
    if value is None:
        return None
    if value.__class__ is Pending and value.segment is segment and value.index >= base:
        return value.index - base
    return next((~k for k, v in enumerate(values) if v is value), False)
