"""Streams and events of GPUs (torch.cuda.streams): one stream a GPU, and events that take the time when the work before them is done."""

from __future__ import annotations

from .. import streams as _streams
from ..core.device import device as Device
from .devices import current_index, index_of, is_available, place


class Stream(_streams.Stream):
    """The queue of a GPU's work (torch.cuda.Stream). There is one, so work in another Stream is not concurrent."""

    def __init__(self, device=None, priority: int = 0, **kwargs):
        if not is_available():
            raise RuntimeError("torch.cuda.Stream requires CUDA support")
        place(device)
        super().__init__(Device("cuda", index_of(device)), priority=priority)

    cuda_stream = 0

    def __repr__(self):
        return f"<torch.cuda.Stream device={self.device} cuda_stream={hex(self.cuda_stream)}>"


class ExternalStream(Stream):
    """Another library's stream; stands for the GPU's own."""

    def __init__(self, stream_ptr, device=None, **kwargs):
        super().__init__(device)


class Event(_streams.Event):
    """A mark in a GPU's work (torch.cuda.Event); `elapsed_time` gives the milliseconds between two."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False, external: bool = False):
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class Event")
        super().__init__(Device("cuda", current_index()), enable_timing=enable_timing)

    def query(self) -> bool:
        """True: `record` has waited."""
        return True

    def __repr__(self):
        return "<torch.cuda.Event uninitialized>" if self._at is None else f"<torch.cuda.Event {id(self):#x}>"


class StreamContext:
    """The block in which a stream's GPU is the current one (torch.cuda.StreamContext); None changes nothing."""

    def __init__(self, stream):
        self.stream = stream
        self._device = None

    def __enter__(self):
        from .devices import device

        if self.stream is not None:
            self._device = device(self.stream.device)
            self._device.__enter__()

    def __exit__(self, *error):
        if self._device is not None:
            self._device.__exit__(*error)


def stream(stream) -> StreamContext:
    """A block in which that stream is used."""
    return StreamContext(stream)


def set_stream(stream) -> None:
    """Use that stream: its GPU becomes the current one; None changes nothing."""
    from .devices import set_device

    if stream is not None:
        set_device(stream.device)


def current_stream(device=None) -> Stream:
    """The stream of a GPU."""
    place(device)
    return Stream(device)


default_stream = current_stream


def get_stream_from_external(data_ptr: int, device=None) -> ExternalStream:
    """The stream of a GPU, whatever the other library's."""
    place(device)
    return ExternalStream(data_ptr, device)


def is_current_stream_capturing() -> bool:
    """False: nothing is captured, XLA compiles."""
    return False
