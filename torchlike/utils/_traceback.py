"""Where an error came from, in one line (torch.utils._traceback)."""

from __future__ import annotations

import contextlib
import os
import traceback
from types import TracebackType


def format_frame(frame: traceback.FrameSummary, *, base: str | None = None, line: bool = False) -> str:
    """`file:line in function`, the file relative to `base`; with `line` the source as well."""
    extra = f"  # {frame.line}" if line else ""
    return f"{frame.filename if base is None else os.path.relpath(frame.filename, base)}:{frame.lineno} in {frame.name}{extra}"


def format_traceback_short(tb: TracebackType) -> str:
    """The place of the innermost frame of a traceback."""
    return format_frame(traceback.extract_tb(tb)[-1])


# There is no generated source that a report would have to add.
report_compile_source_on_error = contextlib.nullcontext


class CapturedTraceback:
    """The stack of a moment, kept until somebody asks for its text."""

    __slots__ = ("frames",)

    def __init__(self, frames: traceback.StackSummary):
        self.frames = frames

    @staticmethod
    def extract(*, script: bool = False, cpp: bool = False, skip: int = 0) -> CapturedTraceback:
        """The stack at the call, without its `skip` innermost frames."""
        return CapturedTraceback(traceback.StackSummary.from_list(traceback.extract_stack()[: -1 - skip]))

    def summary(self) -> traceback.StackSummary:
        """The frames, outermost first."""
        return self.frames

    def format(self) -> list[str]:
        """The lines of the text."""
        return traceback.format_list(self.frames)

    @staticmethod
    def format_all(tbs: list) -> list:
        """The lines of several."""
        return [None if tb is None else tb.format() for tb in tbs]
