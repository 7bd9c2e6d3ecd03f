"""Pending segments: what is recorded of them, and the two ways to run one.

A segment is a walk down a trie of calls. Each place in the trie remembers how often a segment ended there with the same values still wanted:
one seen for the first time runs op by op on the kernels that all segments share; one that comes back is compiled whole, and
values that nobody wants any more are never materialised.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .kernels import weak

# A segment is compiled whole when it is seen for the second time, or at once when most of its kernels would have to be compiled anyway;
# programs compiled at once that never came back are limited, so that a program whose shapes never repeat does not compile without end.
_HOT = 2
_MAX_SPECULATIONS = 8
_MAX_PLACES = 200_000
_MAX_PROGRAMS = 1000


class Pending:
    """A value that a segment is yet to compute; afterwards the array itself, or the error that kept it from being computed."""

    __slots__ = ("segment", "index", "aval", "value", "__weakref__")

    def __init__(self, segment: Segment | None, index: int, aval):
        self.segment = segment
        self.index = index
        self.aval = aval
        self.value: Any = None

    def array(self):
        """The `jax.Array`, computed now if need be."""
        if self.segment is not None:
            self.segment.flush()
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value

    def __array__(self, *args, **kwargs):
        return self.array().__array__(*args, **kwargs)


class Place:
    """A place in the trie: the call that led here, how many values there are by then, what may follow, and the programs of segments that
    ended here, by the values they compute."""

    __slots__ = ("parent", "key", "size", "children", "programs", "seen")
    made = 0

    def __init__(self, parent: Place | None, key: tuple, size: int):
        self.parent = parent
        self.key = key
        self.size = size
        self.children: dict[tuple, Place] = {}
        self.programs: dict[tuple, Callable] = {}
        self.seen: dict[tuple, int] = {}

    def grow(self, key: tuple) -> Place:
        """The place after one more call, new."""
        Place.made += 1
        if Place.made > _MAX_PLACES:
            forget_segments()
        found = self.children[key] = Place(self, key, self.size + len(key[0].out_avals))
        return found

    def calls(self) -> list:
        """The calls from the root to here."""
        keys, place = [], self
        while place.parent is not None:
            keys.append(place.key)
            place = place.parent
        return keys[::-1]

    def program_for(self, wanted: tuple) -> tuple[tuple, Callable] | None:
        """A program that computes at least these values, and what it computes."""
        found = self.programs.get(wanted)
        if found is not None:
            return wanted, found
        # What the garbage collector has not reached yet makes the difference from one time to the next: rather compute a little more.
        needed = set(wanted)
        return next(((computed, p) for computed, p in self.programs.items() if needed.issubset(computed)), None)


_roots: dict[jax.Device, Place] = {}


def root_of(device: jax.Device) -> Place:
    """Where segments of a device begin."""
    found = _roots.get(device)
    if found is None:
        found = _roots[device] = Place(None, (), 0)
    return found


def forget_segments() -> None:
    """Drop every trie and the programs in it: a default they were made under has changed, or there are too many."""
    _roots.clear()
    Place.made = statistics.kept = 0


class Statistics:
    """What the deferred executor has done so far."""

    __slots__ = ("flushes", "programs", "stepwise", "speculations", "kept")

    def __init__(self):
        self.flushes = self.programs = self.stepwise = self.speculations = self.kept = 0


statistics = Statistics()


class Segment:
    """The calls that one thread has pending: its place in the trie, the arrays and numbers that enter, the values that come out."""

    __slots__ = ("place", "device", "arrays", "slots", "scalars", "outputs", "lock", "done")

    def __init__(self, device: jax.Device):
        self.place = root_of(device)
        self.device = device
        self.arrays: list = []
        self.slots: dict[int, int] = {}
        self.scalars: list = []
        self.outputs: list[Pending] = []
        self.lock = threading.RLock()
        self.done = False

    def flush(self) -> None:
        """Compute what is still wanted. An error is raised here and at every later look at a value of this segment."""
        with self.lock:
            if self.done:
                return
            self.done = True
            try:
                wanted = tuple([i for i, p in enumerate(self.outputs) if sys.getrefcount(p) > _UNWANTED])
                if wanted:
                    self._run(wanted)
            except BaseException as error:
                self._fail(error)
                raise
            finally:
                self.arrays, self.scalars, self.outputs, self.slots = [], [], [], {}

    def _fail(self, error: BaseException) -> None:
        for p in self.outputs:
            if p.segment is self:
                p.value, p.segment = error, None

    def _run(self, wanted: tuple) -> None:
        statistics.flushes += 1
        found = self.place.program_for(wanted) or self._compiled(wanted)
        if found is None:
            computed, results = wanted, self._stepwise(wanted)
        else:
            computed, program = found
            results = self._called(program)
        outputs = self.outputs
        for i, value in zip(computed, results, strict=True):
            p = outputs[i]
            p.value, p.segment = value, None

    def _called(self, program: Callable) -> list:
        if self.arrays:
            return program(self.arrays, *_packed(self.scalars))
        with jax.default_device(self.device):
            return program(self.arrays, *_packed(self.scalars))

    def _compiled(self, wanted: tuple) -> tuple[tuple, Callable] | None:
        """A new program, when it is worth having."""
        place = self.place
        count = place.seen[wanted] = place.seen.get(wanted, 0) + 1
        if count < _HOT and not self._speculates():
            return None
        statistics.programs += 1
        statistics.kept += 1
        if statistics.kept > _MAX_PROGRAMS:
            forget_segments()
        program = place.programs[wanted] = compile_segment(place.calls(), wanted)
        return wanted, program

    def _speculates(self) -> bool:
        if statistics.speculations >= _MAX_SPECULATIONS:
            return False
        calls = self.place.calls()
        if len(calls) < 4 or 2 * sum(not call[0].compiled for call in calls) < len(calls):
            return False
        statistics.speculations += 1
        return True

    def _stepwise(self, wanted: tuple) -> list:
        """Op by op, each on its own kernel."""
        statistics.stepwise += 1
        values: list = []
        scalars = iter(self.scalars)
        for call in self.place.calls():
            plan = call[0]
            out = plan.kernel(*[_argument(ref, values, self.arrays, scalars) for ref in call[1:]])
            plan.compiled = True
            values.extend((out,) if plan.single else out)
        return [values[i] for i in wanted]


def _argument(ref, values: list, arrays: list, scalars):
    """What a reference in a call's key stands for: an earlier value (0, 1, ...), an array that entered (-1, -2, ...), None, or the next
    number of a type."""
    if ref.__class__ is int:
        return values[ref] if ref >= 0 else arrays[~ref]
    return None if ref is None else next(scalars)


def _unwanted() -> int:
    """The reference count, as `flush` sees it, of an output that only its segment holds."""
    outputs = [Pending(None, 0, None)]
    return [sys.getrefcount(p) for _, p in enumerate(outputs)][0]


_UNWANTED = _unwanted()
_KINDS = (bool, int, float, complex)
_DTYPES = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}


def _packed(scalars: list) -> list:
    """Python numbers as one array per type: a jitted call pays for each of its arguments."""
    return [np.array([x for x in scalars if x.__class__ is kind], _DTYPES[kind]) for kind in _KINDS]


def compile_segment(calls: list, wanted: tuple) -> Callable:
    """A jitted function (arrays, bools, ints, floats, complexes) -> the wanted values."""

    def program(arrays, *numbers):
        packs = {kind: iter(pack) for kind, pack in zip(_KINDS, numbers, strict=True)}

        def argument(ref):
            if ref.__class__ is int:
                return values[ref] if ref >= 0 else arrays[~ref]
            if ref is None:
                return None
            x = next(packs[ref])
            return x if ref is bool else weak(x)

        values: list = []
        for call in calls:
            plan = call[0]
            out = plan.kernel(*map(argument, call[1:]))
            values.extend((out,) if plan.single else out)
        return [values[i] for i in wanted]

    return jax.jit(program)
