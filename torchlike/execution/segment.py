"""Pending segments: the calls that a thread has recorded, and how they are run when somebody looks.

One seen for the first time runs op by op on the kernels that all segments share; one that comes back is compiled whole, and values that
nobody wants any more are never materialised.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import jax
import numpy as np
from jax._src.array import ArrayImpl

from .kernels import concretely
from .memory_maps import PROGRAM, about_to_compile
from .pending import Pending
from .program import Program, run_stepwise
from .report import report
from .trie import WORDS, trie

# A segment is compiled whole when it is seen for the second time, or at once when its kernels, compiled one by one, would take longer;
# programs compiled at once that never came back are limited, so that a program whose shapes never repeat does not compile without end.
_HOT = 2
_MAX_SPECULATIONS = 8
# To compile a kernel on its own takes about as long as that many ops of a whole program.
_KERNEL_COST = 10
_LONG = 400
_FEW = 6
_MAX_RECORDED = 20_000
# Why the segment that made a model was run.
SET_UP = "a model was set up"
_SCALARS = frozenset([float, int, bool, complex])
_WORDS = np.dtype(np.uint32)


class OutOfMemoryError(RuntimeError):
    """There is no room on the device for what was to be computed (torch.OutOfMemoryError)."""


class Segment:
    """The calls that one thread has pending: its place in the trie, the arrays, numbers and seeds that enter, the values that come out (None
    for one that nobody ever held)."""

    __slots__ = ("place", "device", "arrays", "slots", "scalars", "words", "outputs", "lock", "closed", "done", "recording", "was_new")

    def __init__(self, device: jax.Device):
        self.place = trie.root(device)
        self.device = device
        self.arrays: list = []
        self.slots: dict[int, int] = {}
        self.scalars: list = []
        self.words: list = []
        self.outputs: list[Pending | None] = []
        self.lock = threading.RLock()
        # Closed: nothing is appended any more. Done: it has been run, or has failed.
        self.closed = self.done = False
        self.recording: Any = None
        # Whether, when it was run, nobody had seen one like it.
        self.was_new = False

    def is_long(self) -> bool:
        """Whether it has grown past the bounds; what is being recorded may be longer."""
        return self.place.is_full and (self.recording is None or self.place.size > _MAX_RECORDED)

    def append(self, plan, values):
        """Append one call. None when a value among them (a tracer) belongs to somebody else's program; NotImplemented when the call had better
        begin a segment of its own."""
        key = [plan]
        scalars = []
        words = None
        for v in values:
            cls = v.__class__
            if cls is Pending:
                if v.segment is self:
                    key.append(v.index)
                    continue
                v = v.array()
                cls = v.__class__
            if cls is ArrayImpl:
                slot = self.slots.get(id(v))
                if slot is None:
                    slot = self.slots[id(v)] = len(self.arrays)
                    self.arrays.append(v)
                key.append(~slot)
            elif cls in _SCALARS:
                key.append(cls)
                scalars.append(v)
            elif v is None:
                key.append(None)
            elif cls is np.ndarray:
                if words is None and v.dtype == _WORDS and v.shape == (4,):
                    words = v
                    key.append(WORDS)
                else:
                    key.append(~len(self.arrays))
                    self.arrays.append(v)
            else:
                return None
        frozen = tuple(key)
        place = self.place
        found = place.children.get(frozen)
        if found is None:
            if self.recording is None and place.begins_anew(plan):
                return NotImplemented
            found = place.grow(frozen)
        # From here on nothing can fail: a segment never holds half a call.
        if scalars:
            self.scalars += scalars
        if words is not None:
            self.words.append(words)
        self.place = found
        first = place.size
        if plan.single:
            result = Pending(self, first, plan.out_avals[0])
            self.outputs.append(result)
            return result
        results = tuple([Pending(self, i, aval) for i, aval in enumerate(plan.out_avals, first)])
        self.outputs += results
        return results

    def refs(self, values: list) -> list | None:
        """References to values, as calls have them; None when one of them is no array. (`append` does the same in its own loop: a call per
        value would cost as much as the rest of it.)"""
        found = []
        for v in values:
            cls = v.__class__
            if cls is Pending:
                if v.segment is self:
                    found.append(v.index)
                    continue
                v = v.array()
                cls = v.__class__
            if cls is not ArrayImpl:
                return None
            slot = self.slots.get(id(v))
            if slot is None:
                slot = self.slots[id(v)] = len(self.arrays)
                self.arrays.append(v)
            found.append(~slot)
        return found

    def flush(self, reason: str) -> None:
        """Compute what is still wanted. An error is raised here and at every later look at a value that depends on the call that failed; after
        an interruption from outside (Ctrl-C) the next look tries again."""
        with self.lock:
            if self.done:
                return
            if self.recording is not None:
                self.recording.broke(reason)
                self.recording = None
            self.closed = True
            try:
                wanted = held(self.outputs)
                if wanted:
                    with concretely():
                        self._run(wanted, reason)
            except Exception as error:
                self._fail(error)
                raise
            self._finish()

    def _finish(self) -> None:
        self.done = True
        self.arrays, self.scalars, self.words, self.outputs, self.slots = [], [], [], [], {}

    def _fail(self, error: BaseException) -> None:
        """The error becomes the value of what depends on the call that failed; the other values are computed, each for itself."""
        of_all = isinstance(error, jax.errors.JaxRuntimeError | OutOfMemoryError | MemoryError)
        for i in held(self.outputs):
            p = self.outputs[i]
            if p is not None and p.segment is self:
                p.value, p.segment = error if of_all else self._rescued(i, error), None
        self._finish()

    def _rescued(self, i: int, error: BaseException):
        try:
            with concretely():
                return run_stepwise(self.place.calls(), (i,), self)[0]
        except Exception:
            return error

    def _run(self, wanted: tuple, reason: str) -> None:
        place = self.place
        place.used = trie.tick()
        site = report.cut(reason, len(self.outputs))
        try:
            program = place.program_for(wanted)
            if program is not None:
                computed, results = program.wanted, program(self.arrays, self.scalars, self.words)
            elif self._is_hot(wanted):
                computed, results = self._compiled(wanted, site)
            else:
                report.stepwise += 1
                self.was_new = place.seen[wanted] == 1
                computed, results = wanted, run_stepwise(place.calls(), wanted, self)
        except jax.errors.JaxRuntimeError as error:
            raise explained(error, len(self.outputs), site) from error
        outputs = self.outputs
        for i, value in zip(computed, results, strict=True):
            p = outputs[i]
            if p is not None:
                p.value, p.segment = value, None

    def _is_hot(self, wanted: tuple) -> bool:
        """Whether to compile the segment whole."""
        place = self.place
        seen = place.seen
        count = seen[wanted] = seen.get(wanted, 0) + 1
        # The longer it takes to compile, and the less there is to fuse, the surer it has to be that it pays.
        patience = _HOT + place.size // _LONG + (_FEW if place.size <= 3 else 0)
        return count >= patience or self._speculates()

    def _speculates(self) -> bool:
        if report.speculations >= _MAX_SPECULATIONS:
            return False
        calls = self.place.calls()
        if len(calls) < 4 or _KERNEL_COST * len({call[0].kernel for call in calls if not call[0].compiled}) < len(calls):
            return False
        report.speculations += 1
        return True

    def _compiled(self, wanted: tuple, site: tuple) -> tuple[tuple, list]:
        """Which values were computed, and the values."""
        about_to_compile(PROGRAM)
        calls = self.place.calls()
        program = Program(calls, wanted, self.arrays, self.device, once=site[0] == SET_UP)
        start = time.perf_counter()
        results = program(self.arrays, self.scalars, self.words)
        report.compile(site, calls, time.perf_counter() - start)
        trie.add_program(self.place, wanted, program)
        return program.wanted, results


def explained(error: Exception, ops: int, site: tuple) -> Exception:
    """An error of the device, told with what was being run."""
    reason, file, line = site
    where = f"while running the {ops} values recorded up to {file}:{line} ({reason})"
    if "RESOURCE_EXHAUSTED" in str(error) or "Out of memory" in str(error):
        return OutOfMemoryError(f"out of memory {where}: {error}")
    return RuntimeError(f"{error} ({where})")


def held(outputs: list) -> tuple:
    """The numbers of the outputs that somebody besides this list holds."""
    return tuple([i for i, p in enumerate(outputs) if p is not None and sys.getrefcount(p) > _ALONE])


# The reference count, as `held` sees it, of an output that nobody else holds.
(_ALONE,) = [sys.getrefcount(p) for _, p in enumerate([Pending(None, 0, None)])]
