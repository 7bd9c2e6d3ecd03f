"""The Recorder: sees every kernel, backward node and named region on its thread while a profile is being taken.

It intercepts what is on its way to the executor, the one way to a kernel, and follows backward passes as anomaly mode does. Without a
profile it does neither, so profiling costs nothing when unused. A kernel is waited for, because JAX returns before it has run:
times are of a program that runs one kernel after the other.

The public functions a kernel was called from are read off Python's stack; such a call lasts from its first kernel to its last.
"""

from __future__ import annotations

import bisect
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import jax

from ...core.anomaly import observers
from ...core.interception import push, remove
from ...core.modes import state
from ...core.node import next_sequence_nr
from .flops import flops_of
from .kinds import RecordScope
from .names import frame_name, op_name

_OWN = Path(__file__).parents[2]
# Frames of a user's model are worth showing, those of the tape are not.
_INNER = tuple(str(_OWN / part) for part in ("autograd", "core", "execution", "ops"))
_DTYPES = {"float64": "double", "float32": "float", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long int", "int32": "int",
           "int16": "short int", "int8": "signed char", "uint8": "unsigned char", "complex64": "c10::complex<float>",
           "complex128": "c10::complex<double>"}  # fmt: skip


class Span:
    """One call while it is being recorded; times in nanoseconds since the recording began."""

    __slots__ = ("name", "kind", "scope", "start", "end", "sequence", "fwd_thread", "shapes", "structured", "inputs", "dtypes", "stack",
                 "nbytes", "flops", "frame", "on_device")  # fmt: skip

    def __init__(self, name: str, kind: str, scope: Any, sequence: int = -1, frame: FrameType | None = None):
        self.name, self.kind, self.scope, self.sequence, self.frame = name, kind, scope.value, sequence, frame
        self.start = self.end = self.fwd_thread = self.nbytes = self.flops = 0
        self.shapes: list = []
        self.structured: list = []
        self.inputs: list = []
        self.dtypes: list[str] = []
        self.stack: list[str] = []
        self.on_device = False

    @property
    def is_node(self) -> bool:
        """Whether this is a backward node at work."""
        return self.scope == RecordScope.BACKWARD_FUNCTION.value

    @property
    def is_forward(self) -> bool:
        """Whether this is a call that may have made a backward node."""
        return self.kind == "cpu_op" and self.sequence >= 0 and not self.fwd_thread


class _Active(threading.local):
    recorder: Recorder | None = None


active = _Active()


class Recorder:
    """Records the calls of the thread that starts it, from `start` to `stop`."""

    def __init__(self, shapes: bool = False, stack: bool = False, memory: bool = False, flops: bool = False, cpu: bool = True):
        self.record_shapes, self.with_stack, self.memory, self.with_flops = shapes, stack, memory, flops
        self.enabled = cpu
        self.spans: list[Span] = []
        self.open: list[Span] = []
        # Calls that made a node: the sequence number expected, the node's name, and the spans of the call.
        self.makers: list[tuple[int, str, list[Span]]] = []
        self.origin = self.wall_origin = self.end = 0

    def start(self) -> None:
        """Begin to record."""
        self.outer, active.recorder = active.recorder, self
        push(self.kernel)
        observers.append(self.watch)
        self.wall_origin = time.time_ns()
        self.origin = time.perf_counter_ns()

    def stop(self) -> None:
        """End the recording; calls under way count up to now."""
        self.end = self.now()
        while self.open:
            self._pop(self.end)
        if active.recorder is self:
            active.recorder = self.outer
        remove(self.kernel)
        observers.remove(self.watch)

    def now(self) -> int:
        """Nanoseconds since the recording began."""
        return time.perf_counter_ns() - self.origin

    def begin(self, name: str, kind: str = "user_annotation", scope: Any = RecordScope.USER_SCOPE, sequence: int = -1) -> Span | None:
        """Open a region; None when nothing is being recorded."""
        if not self.enabled:
            return None
        self._settle(self._callers(sys._getframe(1)))
        return self._push(Span(name, kind, scope, sequence), self.now())

    def finish(self, span: Span | None) -> None:
        """Close a region and what is still open in it."""
        if span is None or span not in self.open:
            return
        end = self.now()
        while self.open[-1] is not span:
            self._pop(end if self.open[-1].frame is None else self.open[-1].end)
        self._pop(end)

    def kernel(self, plan, values, run):
        """Run one kernel, wait for it and record it."""
        if not self.enabled or active.recorder is not self:
            return run(plan, values)
        callers = self._callers(sys._getframe(2))
        self._settle(callers)
        span = self._describe(plan, values)
        now = self.now()
        known = {id(s.frame) for s in self.open}
        for frame, name in reversed(callers):
            name = self._as_called(name)
            if id(frame) not in known and not (self.open and self.open[-1].name == name):
                self._push(Span(name, "cpu_op", RecordScope.FUNCTION, span.sequence, frame), now)
                self._inherit(self.open[-1], span)
        span.name = self._as_called(span.name)
        if plan.wanted and span.sequence >= 0:
            self.makers.append((span.sequence, plan.op.node_name, [span, *(s for s in self.open if s.sequence == span.sequence)]))
        self._push(span, self.now())
        try:
            return jax.block_until_ready(run(plan, values))
        finally:
            self.finish(span)
            for caller in self.open:
                caller.end = span.end

    def watch(self) -> _NodeWatch | None:
        """What follows a backward pass on this thread, for `core.anomaly`."""
        return _NodeWatch(self) if active.recorder is self else None

    def match(self, node) -> int:
        """The sequence number of a node that is about to run; the call that made it, if it was recorded, gets the same number."""
        if node.is_accumulator:
            return -1
        sequence = node._sequence_nr()
        # Accumulators of leaves, made along with the node, may have taken some numbers in between.
        place = bisect.bisect_right(self.makers, sequence, key=lambda maker: maker[0]) - 1
        if place >= 0 and self.makers[place][1] == type(node).__name__:
            for span in self.makers[place][2]:
                span.sequence = sequence
        return sequence

    def _describe(self, plan, values) -> Span:
        name = op_name(plan.op)
        span = Span(name, "cpu_op", RecordScope.FUNCTION, next_sequence_nr() if state.grad_enabled else -1)
        span.on_device = plan.device is not None and plan.device.platform != "cpu"
        if self.record_shapes:
            avals = plan.in_avals
            shapes = [list(a.shape) if a is not None else [] for a in avals]
            span.shapes, span.structured = ([[]], [shapes]) if plan.op.variadic and not plan.op.name.endswith("_backward") else (shapes, shapes)
            span.inputs = [v if a is not None and a.weak else None for v, a in zip(values, avals, strict=True)]
            span.dtypes = ["" if a is None else "Scalar" if a.weak else _DTYPES.get(str(a.dtype), str(a.dtype)) for a in avals]
        if self.with_stack:
            span.stack = _stack(sys._getframe(3))
        if self.memory:
            span.nbytes = sum(a.size * a.dtype.itemsize for a in plan.out_avals)
        if self.with_flops:
            span.flops = flops_of(name, plan)
        return span

    @staticmethod
    def _inherit(caller: Span, kernel: Span) -> None:
        """A public function is described by the first kernel it calls."""
        for name in ("shapes", "structured", "inputs", "dtypes", "stack"):
            setattr(caller, name, getattr(kernel, name))

    def _as_called(self, name: str) -> str:
        """An in-place method computes with its functional twin: `add` below `add_` is `add_`."""
        above = self.open[-1].name if self.open else ""
        return above if above == f"{name}_" else name

    def _callers(self, frame: FrameType | None) -> list[tuple[FrameType, str]]:
        """The public functions on the stack, innermost first."""
        found = []
        while frame is not None:
            name = frame_name(frame)
            if name is not None:
                found.append((frame, name))
            frame = frame.f_back
        return found

    def _settle(self, callers: list) -> None:
        """Close the public functions that have returned since the last kernel."""
        running = {id(frame) for frame, _ in callers}
        while self.open and self.open[-1].frame is not None and id(self.open[-1].frame) not in running:
            self._pop(self.open[-1].end)

    def _push(self, span: Span, start: int) -> Span:
        span.start = span.end = start
        self.spans.append(span)
        self.open.append(span)
        return span

    def _pop(self, end: int) -> None:
        span = self.open.pop()
        span.end, span.frame = end, None
        if self.open:
            self.open[-1].nbytes += span.nbytes


def _stack(frame: FrameType | None) -> list[str]:
    """The frames outside the tape, innermost first, as `file.py(12): function`."""
    found = []
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(_INNER):
            found.append(f"{code.co_filename}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back
    return found


class _NodeWatch:
    """Records the nodes of one backward pass."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self.evaluation: Span | None = None

    def start(self, node) -> None:
        """`node` is about to run."""
        recorder = self.recorder
        recorder.finish(self.evaluation)
        name, sequence = node.name(), recorder.match(node)
        self.evaluation = recorder.begin(f"autograd::engine::evaluate_function: {name}", "cpu_op", RecordScope.FUNCTION, sequence)
        span = recorder.begin(name, "cpu_op", RecordScope.BACKWARD_FUNCTION, sequence)
        if span is not None and self.evaluation is not None:
            self.evaluation.fwd_thread = span.fwd_thread = int(sequence >= 0)
            if recorder.record_shapes:
                avals = [node.output_aval(nr) for nr in range(node.num_outputs())]
                span.shapes = span.structured = [list(a.shape) if a is not None else [] for a in avals]
                span.inputs, span.dtypes = [None] * len(avals), ["" if a is None else _DTYPES.get(str(a.dtype), "") for a in avals]

    def check(self, node, results) -> None:
        """`node` has run."""
        recorder = self.recorder
        recorder.finish(self.evaluation)
        self.evaluation = None

    def end(self, error) -> None:
        """The pass is over."""
        self.recorder.finish(self.evaluation)
