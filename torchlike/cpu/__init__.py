"""The CPU as a device like others (torch.cpu): one device, one stream, nothing to wait for but torchlike's own pending work."""

from __future__ import annotations

import contextlib

from ..core.missing import missing
from ..execution_mode import synchronize as _synchronize


class Stream:
    """A stream that is as good as any other: there is one."""

    def __init__(self, priority: int = -1):
        self.priority = priority

    def wait_stream(self, stream) -> None:
        """Nothing: work runs in the order in which it is given."""


_stream = Stream()


def is_available() -> bool:
    """True."""
    return True


def is_initialized() -> bool:
    """True."""
    return True


def device_count() -> int:
    """1, however many XLA was told to see."""
    return 1


def current_device() -> str:
    """The name of the only device."""
    return "cpu"


def set_device(device) -> None:
    """Nothing: there is one device."""


def current_stream(device=None) -> Stream:
    """The only stream."""
    return _stream


def stream(stream) -> contextlib.AbstractContextManager:
    """A context in which that stream is used; there is one."""
    return contextlib.nullcontext(stream)


def synchronize(device=None) -> None:
    """Wait until everything pending has run."""
    _synchronize()


__getattr__ = missing(__name__, on_demand=("amp",))
