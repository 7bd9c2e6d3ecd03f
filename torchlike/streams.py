"""Streams and events (torch.Stream, torch.Event). XLA orders the work of a device itself, so each device has one stream."""

from __future__ import annotations

import time

from .core.device import device as Device
from .core.device import get_default_device, has_platform
from .execution_mode import synchronize as _run_pending


def _device(device) -> Device:
    found = get_default_device() if device is None else Device(device)
    if found.type != "cpu" and not (found.type in ("cuda", "tpu") and has_platform(found.type)):
        raise RuntimeError(f"PyTorch is not linked with support for {found.type} devices")
    return found


def _index(device: Device) -> int:
    return -1 if device.type == "cpu" else device.index or 0


class Stream:
    """A queue of work on a device; the device's only one, so that all Streams of a device are equal (torch.Stream)."""

    def __init__(self, device=None, *, priority: int = 0, **kwargs):
        self.device = _device(device)
        self.priority = priority
        self.stream_id = 0

    @property
    def device_type(self) -> int:
        """PyTorch's number for the kind of device."""
        return {"cpu": 0, "cuda": 1}.get(self.device.type, 9)

    @property
    def device_index(self) -> int:
        """The device's index, -1 for the CPU."""
        return _index(self.device)

    def synchronize(self) -> None:
        """Wait until everything given to the device so far has run."""
        wait_for(self.device)

    def query(self) -> bool:
        """Whether everything given so far has run. Asking waits, so the answer is True."""
        self.synchronize()
        return True

    def record_event(self, event: Event | None = None) -> Event:
        """Record an event here; returns it."""
        event = Event(self.device) if event is None else event
        event.record(self)
        return event

    def wait_event(self, event) -> None:
        """Nothing: a device does its work in order."""

    def wait_stream(self, stream) -> None:
        """Nothing: a device does its work in order."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def __eq__(self, other):
        return isinstance(other, Stream) and self.device == other.device

    def __hash__(self):
        return hash(("stream", self.device))

    def __repr__(self):
        return f"torch.Stream device_type={self.device.type}, device_index={self.device_index}, stream_id={self.stream_id}"


class Event:
    """A mark in a device's work (torch.Event). `record` waits until the work before it is done and takes the time, so that
    `elapsed_time` is the time between two marks."""

    def __init__(self, device=None, *, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False):
        self.device = _device(device)
        self.enable_timing = enable_timing
        self._at: float | None = None

    def record(self, stream=None) -> None:
        """Mark the work given so far. RuntimeError for the CPU, which has no events in PyTorch."""
        if self.device.type == "cpu":
            raise RuntimeError("cpu backend doesn't support events.")
        wait_for(self.device)
        self._at = time.perf_counter()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to a later one; ValueError unless both are recorded and were made to take times."""
        if self._at is None or end_event._at is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        if not (self.enable_timing and end_event.enable_timing):
            raise ValueError("Both events must be created with argument 'enable_timing=True'.")
        return (end_event._at - self._at) * 1e3

    def query(self) -> bool:
        """True: `record` has waited."""
        return True

    def wait(self, stream=None) -> None:
        """Nothing: a device does its work in order."""

    def synchronize(self) -> None:
        """Nothing: `record` has waited."""

    def __repr__(self):
        return f"torch.Event device_type={self.device.type}, device_index={_index(self.device)}, event_flag=0, event_id=0"


def wait_for(device: Device) -> None:
    """Run what is pending and wait for the device: its work is done in order, so that one more addition comes last."""
    _run_pending()
    if device.type != "cpu":
        import jax

        from .core.device import to_jax_device

        with jax.default_device(to_jax_device(device)):
            jax.block_until_ready(jax.numpy.zeros(()) + 1)
