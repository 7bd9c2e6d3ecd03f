"""The seam between the tape and whatever computes: `executor.run(plan, values)` and `executor.force(value)`."""

from __future__ import annotations

import os
from collections.abc import Callable

import jax

from .deferred import Deferred
from .immediate import Immediate
from .lifted import Lifted
from .meta import Meta, no_data
from .pending import Pending
from .program import exported

MODES = ("immediate", "deferred")


class Executor:
    """Hands plans to the chosen way of running them."""

    # One value when `plan.single`, else a tuple. An attribute, so that a call costs no indirection.
    run: Callable

    def __init__(self, mode: str):
        self.immediate = Immediate()
        self.deferred = Deferred(self.immediate)
        self._interceptor: Callable | None = None
        self._at_once = False
        self.use(mode)
        if hasattr(os, "register_at_fork"):
            # A child has none of XLA's threads: what it is to see has to be there before.
            os.register_at_fork(before=self.deferred.settle)

    def use(self, mode: str) -> None:
        """Run ops in this way from now on, in all threads; what this thread has pending is run first."""
        if mode not in MODES:
            raise ValueError(f"the execution mode is one of {', '.join(map(repr, MODES))}, not {mode!r}")
        self.deferred.flush("the execution mode was set")
        self.deferred.begin_afresh()
        self.resume(mode)

    def resume(self, mode: str) -> None:
        """The same, and what is pending stays pending."""
        self.mode = mode
        if mode == "deferred":
            self.immediate.mixed = True
        self.run = self._interceptor or (self.immediate if self._at_once else getattr(self, mode)).run
        # Whether `repeat` can save anything.
        self.repeats = mode == "deferred" and self._interceptor is None and not self._at_once

    def intercept(self, interceptor: Callable | None) -> None:
        """Hand every plan to `interceptor` instead, whatever the mode; None ends that. What it hands on is to run at once (`immediate`)."""
        self._interceptor = interceptor
        self.use(self.mode)

    def run_at_once(self, wanted: bool) -> None:
        """Whether to run each op when it is called, in any mode: to look for the op that fails (anomaly mode)."""
        self._at_once = wanted
        self.use(self.mode)

    def export(self, value):
        """`force` for somebody outside, who may keep the array: its buffer is never written over."""
        return exported(self.force(value))

    def force(self, value):
        """The concrete `jax.Array` (or tracer) behind a value."""
        if type(value) is Meta:
            raise no_data()
        if type(value) is Lifted:
            return value.level.concrete(value)
        pending = value.__class__ is Pending and value.segment is not None
        array = value.array() if value.__class__ is Pending else value
        if self.deferred.has_checks and isinstance(array, jax.Array) and not isinstance(array, jax.core.Tracer):
            # Who asks for what is not there yet is going to wait for it: then what was left to be checked is waited for as well.
            self.deferred.check(wait=pending or not array.is_ready())
        return array

    def flush(self, reason: str = "torchlike.synchronize()") -> None:
        """Run what this thread has pending."""
        self.deferred.flush(reason)

    @property
    def recording(self):
        """What this thread is recording for `torchlike.compile`; None mostly."""
        return self.deferred.recording

    def repeat(self, key: tuple, values: list, numbers_of: Callable, compute: Callable) -> tuple:
        """`compute() -> (results, note)`, or the same appended at one go when it was computed before under this key; asked while `repeats`."""
        return self.deferred.repeat(key, values, numbers_of, compute)

    def set_up(self) -> None:
        """A model is set up: if that is what this thread has pending, it is run, so that it is no part of the first step."""
        self.deferred.set_up()

    def step_done(self) -> None:
        """An optimiser's step is complete: run it, unless it is part of something larger that is being recorded."""
        self.deferred.step_done()

    def postponed(self, value, check: Callable) -> bool:
        """Whether `check` of the NumPy value is left for later: it is called when values are next looked at, and raises then."""
        recording = self.deferred.recording
        if recording is not None:
            recording.checks.append((value, check))
        if value.__class__ is not Pending or value.segment is None:
            return False
        self.deferred.postpone(value, check)
        return True

    @property
    def intercepted(self) -> bool:
        """Whether somebody looks at each plan on its way."""
        return self._interceptor is not None


executor = Executor(os.environ.get("TORCHLIKE_EXECUTION", "deferred"))
