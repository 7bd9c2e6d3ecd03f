"""What of the override protocol is in force in this thread: the stack of modes, and whether they and subclasses are asked at all."""

from __future__ import annotations

import enum
import threading


class TorchFunctionState(enum.Enum):
    """Who is asked before a function runs (torch._C._TorchFunctionState)."""

    ENABLED = 0
    SUBCLASSES_DISABLED = 1
    ALL_DISABLED = 2


ENABLED, SUBCLASSES_DISABLED, ALL_DISABLED = TorchFunctionState


class _State(threading.local):
    def __init__(self):
        self.level = ENABLED
        self.modes: list = []
        # Set by redispatch_function: the next question whether anybody overrides is answered no.
        self.skip_next = False


state = _State()


class _Level:
    """A context in which the state is `to`."""

    to: TorchFunctionState

    def __enter__(self):
        self.before, state.level = state.level, self.to

    def __exit__(self, *error):
        state.level = self.before


class DisableTorchFunction(_Level):
    """Neither subclasses nor modes are asked (torch._C.DisableTorchFunction)."""

    to = ALL_DISABLED


class DisableTorchFunctionSubclass(_Level):
    """Subclasses are not asked, modes are (torch._C.DisableTorchFunctionSubclass)."""

    def __enter__(self):
        self.before = state.level
        if self.before is ENABLED:
            state.level = SUBCLASSES_DISABLED


class EnableTorchFunction:
    """Subclasses and modes are asked again for as long as this object lives (torch._C._EnableTorchFunction)."""

    def __init__(self):
        self._before, state.level = state.level, ENABLED

    def __del__(self):
        state.level = self._before


class WithoutTopMode:
    """A context in which the newest mode is off the stack; gives the mode."""

    def __enter__(self):
        self.mode = state.modes.pop()
        return self.mode

    def __exit__(self, *error):
        state.modes.append(self.mode)
