"""One run of a compiled function that is watched: it runs deferred, for real, and what happens on the way is noted."""

from __future__ import annotations

from typing import Any

from ..core.random import Generator
from ..core.tensor import Tensor, value_of
from ..execution import Pending, executor
from ..execution.report import user_line
from ..execution.segment import Segment


class Unsupported(RuntimeError):
    """A function cannot be compiled as one graph (torch._dynamo.exc.Unsupported)."""


Unsupported.__module__ = "torch._dynamo.exc"


class Recording:
    """What a watched run did that is no call of an op: `broken` says why it cannot be repeated as one program."""

    def __init__(self, segment: Segment, fullgraph: bool):
        self.segment = segment
        self.fullgraph = fullgraph
        self.broken: tuple[str, str, int] | None = None
        self.ends_step = False
        self.draws: list[tuple[Generator, Any]] = []
        self.constants: list = []
        self.checks: list[tuple] = []
        self.numbers: list[tuple[int, dict, str, int]] = []

    def broke(self, reason: str) -> None:
        """The graph ends here, at the user's line; with `fullgraph` that is an error."""
        if self.broken is None:
            self.broken = (reason, *user_line())
        if self.fullgraph:
            raise Unsupported(explanation(self.broken))

    def drew(self, generator: Generator, words) -> None:
        """A random op drew its seed."""
        self.draws.append((generator, words))

    def constant(self, array) -> None:
        """An array was made from Python numbers: it is part of the program."""
        self.constants.append(array)

    def lift(self, group: dict, names: list[tuple[str, int]]) -> None:
        """The numbers that enter next are these entries of an optimiser's group, a tuple's by position (-1: the entry itself)."""
        start = len(self.segment.scalars)
        self.numbers += [(start + i, group, name, k) for i, (name, k) in enumerate(names)]


def explanation(site: tuple) -> str:
    """Why a graph ends, for an error or a note."""
    reason, file, line = site
    return f"graph break: {reason} ({file}:{line})"


class Before:
    """A Tensor as it was before the run."""

    __slots__ = ("tensor", "storage", "value", "array", "generation", "counter", "version", "grad", "node", "nr", "requires_grad", "view", "aval")

    def __init__(self, t: Tensor):
        self.tensor = t
        self.storage = t._storage
        self.value = t._storage.value
        self.array = self.value.array() if isinstance(self.value, Pending) else self.value
        self.generation = t._storage.generation
        self.counter = t._counter or t._storage
        self.version = self.counter.version
        self.grad, self.node, self.nr, self.requires_grad, self.view, self.aval = t._grad, t._node, t._nr, t._requires_grad, t._view, t._aval
        if self.view is not None:
            # So that the value of a view is an input of its own.
            value_of(t)

    def described(self) -> tuple:
        """As `owners.described` has it."""
        t = self.tensor
        return self.aval, self.requires_grad, self.node is None, self.view is None, t._inference, type(t)

    def restore(self) -> None:
        """Undo what the run did to it."""
        t = self.tensor
        t._storage, t._grad, t._node, t._nr, t._requires_grad = self.storage, self.grad, self.node, self.nr, self.requires_grad
        t._view, t._aval = self.view, self.aval
        self.storage.value, self.storage.generation, self.counter.version = self.value, self.generation, self.version
        if self.view is not None:
            self.view.seen = -1

    def moved(self) -> str | None:
        """What happened to it beyond a new value or a new gradient; None if nothing."""
        t = self.tensor
        if t._storage is not self.storage or t._view is not self.view or t._aval is not self.aval:
            return "a Tensor's data was replaced"
        if t._node is not self.node or t._requires_grad != self.requires_grad:
            return "a Tensor from outside got a history, or lost it"
        return None


def recorded(run, fullgraph: bool, device) -> tuple[Any, Recording]:
    """`run()` under a recording on a segment of its own."""
    deferred = executor.deferred
    deferred.flush("a compiled function began")
    mode = executor.mode
    if mode != "deferred":
        executor.use("deferred")
    segment = deferred.segment_on(device)
    recording = Recording(segment, fullgraph)
    segment.recording = deferred.recording = recording
    try:
        return run(), recording
    finally:
        deferred.recording = segment.recording = None
        if executor.mode != mode:
            # What is pending stays so until the recording has been read.
            executor.resume(mode)
