"""A result that comes later (torch.futures)."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable


class Future:
    """A value or an error that is not there yet, and what is to be done when it is (torch.futures.Future)."""

    def __init__(self, *, devices=None):
        from .core.device import device as Device

        for d in devices or ():
            if Device(d).index is None:
                raise ValueError(f"Expected devices to have indices, got {d}")
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._value: object = None
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[Future], object]] = []

    def done(self) -> bool:
        """Whether it is there."""
        return self._done.is_set()

    def wait(self):
        """The value, once it is there; raises the error."""
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._value

    def value(self):
        """The value, which must be there; raises the error."""
        if not self.done():
            raise RuntimeError("the value of a Future that is not done was asked for; use wait()")
        return self.wait()

    def _complete(self, value, error: BaseException | None) -> None:
        with self._lock:
            if self.done():
                raise RuntimeError(
                    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked completed once.")
            self._value, self._error = value, error
            self._done.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._tell(callback)

    def _tell(self, callback: Callable[[Future], object]) -> None:
        """Call back; an error is told on stderr and ends nothing."""
        try:
            callback(self)
        except Exception as error:
            print(_from_callback(error), file=sys.stderr)

    def set_result(self, result) -> None:
        """Put the value there; RuntimeError the second time."""
        self._complete(result, None)

    def set_exception(self, result: BaseException) -> None:
        """Let `wait` raise this."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._complete(None, result)

    def add_done_callback(self, callback: Callable[[Future], object]) -> None:
        """Call callback(self) when the value is there, at once if it is. What it raises is printed and goes no further."""
        with self._lock:
            if not self.done():
                self._callbacks.append(callback)
                return
        self._tell(callback)

    def then(self, callback: Callable[[Future], object]) -> Future:
        """The Future of what callback(self) will give; RuntimeError is its error, with that of the callback in words."""
        following = Future()

        def run(done: Future) -> None:
            try:
                result = callback(done)
            except Exception as error:
                following.set_exception(RuntimeError(_from_callback(error)))
            else:
                following.set_result(result)

        self.add_done_callback(run)
        return following

    def __reduce__(self):
        raise RuntimeError("Can not pickle torch.futures.Future")

    def __class_getitem__(cls, item):
        return cls


def _from_callback(error: Exception) -> str:
    """PyTorch's text for what a callback raised, with the calls that led to it, innermost first."""
    calls = reversed(traceback.extract_tb(error.__traceback__))
    where = "\n".join(f"  {call.filename}({call.lineno}): {call.name}" for call in calls if call.filename != __file__)
    return f"Got the following error when running the callback: {type(error).__name__}: {error}\n\nAt:\n{where}\n"


def refuse_none(futures) -> None:
    """RuntimeError if one of them is None."""
    if any(future is None for future in futures):
        raise RuntimeError("Future can't be None")


def collect_all(futures: list[Future]) -> Future:
    """A Future of the list itself, there when all of them are; it has the first error that one of them has."""
    refuse_none(futures)
    gathered, left, lock = Future(), [len(futures)], threading.Lock()
    if not futures:
        gathered.set_result([])

    def one_less(_) -> None:
        with lock:
            left[0] -= 1
            last = not left[0]
        if last:
            error = next((future._error for future in futures if future._error is not None), None)
            gathered._complete(list(futures), error)

    for future in futures:
        future.add_done_callback(one_less)
    return gathered


def wait_all(futures: list[Future]) -> list:
    """The values of all; raises the first error."""
    return [future.wait() for future in collect_all(futures).wait()]


__all__ = ["Future", "collect_all", "wait_all"]
