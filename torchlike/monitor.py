"""Events that a program tells whoever listens, and statistics over windows of time (torch.monitor)."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

data_value_t = int | float | bool | str
_lock = threading.Lock()
_handlers: list[EventHandlerHandle] = []


class Event:
    """Something that happened: `name`, `timestamp` and `data`, a dictionary of numbers, booleans and strings."""

    def __init__(self, name: str, timestamp: datetime, data: Mapping[str, data_value_t]):
        if not (isinstance(name, str) and isinstance(timestamp, datetime) and isinstance(data, Mapping)):
            raise TypeError(
                "__init__(): incompatible constructor arguments. The following argument types are supported:\n"
                "    1. torch._C._monitor.Event(name: str, timestamp: datetime.datetime, data: collections.abc.Mapping[str, data_value_t])\n\n"
                f"Invoked with: {name!r}, {timestamp!r}, {data!r}"
            )
        self.name, self.timestamp, self.data = name, timestamp, dict(data)


class EventHandlerHandle:
    """What `register_event_handler` returns, to unregister with."""

    def __init__(self, callback: Callable[[Event], None]):
        self._callback = callback


def register_event_handler(callback: Callable[[Event], None]) -> EventHandlerHandle:
    """Call `callback(event)` for each event from now on."""
    handle = EventHandlerHandle(callback)
    with _lock:
        _handlers.append(handle)
    return handle


def unregister_event_handler(handler: EventHandlerHandle) -> None:
    """Call it no more."""
    with _lock:
        if handler in _handlers:
            _handlers.remove(handler)


def log_event(event: Event) -> None:
    """Tell every handler of an event."""
    with _lock:
        listening = list(_handlers)
    for handler in listening:
        handler._callback(event)


class Aggregation(enum.Enum):
    """What a Stat makes of the values of a window."""

    VALUE = 1
    MEAN = 2
    COUNT = 3
    SUM = 4
    MAX = 5
    MIN = 6


def _aggregated(kind: Aggregation, values: list[float]) -> float:
    if kind is Aggregation.COUNT:
        return float(len(values))
    if not values:
        return 0.0
    total = sum(values)
    made = {Aggregation.VALUE: values[-1], Aggregation.MEAN: total / len(values), Aggregation.SUM: total, Aggregation.MAX: max(values),
            Aggregation.MIN: min(values)}  # fmt: skip
    return float(made[kind])


class Stat:
    """Aggregations of the values added within windows of time; each window that closes, by time or with `max_samples` values, is logged as an
    event torch.monitor.Stat."""

    def __init__(self, name: str, aggregations: Iterable[Aggregation], window_size: timedelta, max_samples: int = (1 << 63) - 1):
        self.name = name
        self._kinds = tuple(aggregations)
        self._size, self._most = window_size, max_samples
        self._values: list[float] = []
        self._closed: list[float] = []
        self._end = datetime.now() + window_size

    @property
    def count(self) -> int:
        """How many values the open window has."""
        self._close_if_due()
        return len(self._values)

    def add(self, v: float) -> None:
        """Add a value to the open window."""
        self._close_if_due()
        self._values.append(float(v))
        if len(self._values) >= self._most:
            self._close()

    def get(self) -> dict[Aggregation, float]:
        """The aggregations of the last window that closed."""
        self._close_if_due()
        return {kind: _aggregated(kind, self._closed) for kind in self._kinds}

    def _close_if_due(self) -> None:
        if datetime.now() >= self._end:
            self._close()

    def _close(self) -> None:
        values, self._values = self._values, []
        self._end = datetime.now() + self._size
        self._closed = values
        if values:
            data = {f"{self.name}.{kind.name.lower()}": _aggregated(kind, values) for kind in self._kinds}
            log_event(Event("torch.monitor.Stat", datetime.now(), data))

    def __del__(self):
        if getattr(self, "_values", None):
            self._close()


class TensorboardEventHandler:
    """A handler that writes the numbers of Stat events to a `SummaryWriter`."""

    def __init__(self, writer):
        self._writer = writer

    def __call__(self, event: Event) -> None:
        if event.name == "torch.monitor.Stat":
            for name, value in event.data.items():
                self._writer.add_scalar(name, value, walltime=event.timestamp.timestamp())


__all__ = ["Aggregation", "Event", "EventHandlerHandle", "Stat", "TensorboardEventHandler", "data_value_t", "log_event",
           "register_event_handler", "unregister_event_handler"]
