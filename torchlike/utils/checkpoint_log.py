"""What ran in a checkpointed region, forward and again: the report of a CheckpointError under `debug=True`."""

from __future__ import annotations

import contextlib
import traceback
from pathlib import Path

from ..autograd.profiling.names import op_name
from ..core.interception import push, remove

_HOME = str(Path(__file__).parent.parent)
_REPORT = """
Recomputing a checkpointed region did not give what its forward pass had saved. You are seeing this error because you passed `debug=True` to
checkpoint, or set_checkpoint_debug_enabled(True): the ops of both runs follow, then where each was called from. Look for the first line
in which the two lists differ; the region depends there on something that has changed since: a global, a counter, a random
number drawn outside of torch, the state of a module.

Operations executed during the original forward:

{forward}

Operations executed during recomputation:

{again}

Stack traces of the operators that ran in the original forward:

{forward_traces}
Stack traces of the operators that ran during recomputation:

{again_traces}
ERROR: Detected non-determinism while running activation checkpointing
"""


def _kind(aval) -> str:
    return f"{aval.dtype}{list(aval.shape)}"


class _Log:
    """The ops of one run, and the user's stack at each."""

    def __init__(self):
        self.lines: list[str] = []
        self.traces: list[str] = []

    def _intercept(self, plan, values, run):
        result = run(plan, values)
        inputs = ", ".join(_kind(a) if a is not None and not a.weak else str(v) for v, a in zip(values, plan.in_avals, strict=True))
        outputs = ", ".join(map(_kind, plan.out_avals))
        self.lines.append(f"${len(self.lines)}: {outputs} = torch.ops.aten.{op_name(plan.op).removeprefix('aten::')}.default({inputs})")
        frames = [f for f in traceback.extract_stack() if not f.filename.startswith(_HOME)]
        self.traces.append("".join(f"{f.filename}:{f.lineno}:{f.name}\n" for f in reversed(frames)))
        return result

    @contextlib.contextmanager
    def recording(self):
        """A context in which every kernel is noted."""
        self.__init__()  # type: ignore[misc]
        push(self._intercept)
        try:
            yield
        finally:
            remove(self._intercept)

    def numbered(self, label: str) -> str:
        """The lines with their stacks."""
        pairs = enumerate(zip(self.lines, self.traces, strict=True), 1)
        return "".join(f"{line}   ({i} of {len(self.lines)} in {label})\n\n{trace}\n" for i, (line, trace) in pairs)


class OpLog:
    """Watches both runs of one checkpointed call."""

    def __init__(self):
        self.forward, self.again = _Log(), _Log()

    def contexts(self) -> tuple:
        """The contexts for the two runs, as `context_fn` gives them; each can be entered more than once."""
        return self.forward.recording(), _Again(self.again)

    def report(self) -> str:
        """The message of the error."""
        return _REPORT.format(
            forward="\n".join(self.forward.lines), again="\n".join(self.again.lines),
            forward_traces=self.forward.numbered("original"), again_traces=self.again.numbered("recompute"),
        )  # fmt: skip


class _Again:
    """The context of recomputation, entered once per backward pass."""

    def __init__(self, log: _Log):
        self.log = log

    def __enter__(self):
        self.run = self.log.recording()
        return self.run.__enter__()

    def __exit__(self, *error):
        return self.run.__exit__(*error)
