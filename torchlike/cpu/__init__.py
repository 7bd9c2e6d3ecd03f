"""The CPU as a device like others (torch.cpu): one device, one stream, nothing to wait for but torchlike's own pending work."""

from __future__ import annotations

import os
import platform

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


class Event:
    """A mark in the work of the CPU, which is always done (torch.cpu.Event)."""

    def query(self) -> bool:
        """True."""
        return True

    def record(self, stream=None) -> None:
        """Nothing."""

    def synchronize(self) -> None:
        """Nothing."""

    def wait(self, stream=None) -> None:
        """Nothing."""


class StreamContext:
    """A block in which that stream is used; there is one (torch.cpu.StreamContext)."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return None

    def __exit__(self, *error):
        return False


def stream(stream) -> StreamContext:
    """A block in which that stream is used; there is one."""
    return StreamContext(stream)


def get_capabilities() -> dict:
    """The processor's architecture: XLA asks it for the rest."""
    return {"architecture": platform.machine(), "num_logical_cores": os.cpu_count()}


def synchronize(device=None) -> None:
    """Wait until everything pending has run."""
    _synchronize()


__getattr__ = missing(__name__, on_demand=("amp",))
