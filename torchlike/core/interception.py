"""Standing between the tape and the executor: an interceptor sees every plan that a thread is about to run, and may answer in its place.

The profiler and selective checkpointing do. While no thread intercepts, the executor is untouched.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable

from ..execution import executor

# interceptor(plan, values, run): `run(plan, values)` goes on to the next one, and at last to the executor.
Interceptor = Callable


class _Stack(threading.local):
    interceptors: tuple[Interceptor, ...] = ()


_stack = _Stack()
_lock = threading.Lock()
_count = 0


def push(interceptor: Interceptor) -> None:
    """Show `interceptor` what this thread runs from now on, before those pushed earlier."""
    global _count
    with _lock:
        if not _count:
            executor.intercept(_run)
        _count += 1
    _stack.interceptors = (*_stack.interceptors, interceptor)


def remove(interceptor: Interceptor) -> None:
    """Take the newest entry of `interceptor` away; the last one puts the executor back as it was."""
    global _count
    place = len(_stack.interceptors) - 1 - _stack.interceptors[::-1].index(interceptor)
    _stack.interceptors = _stack.interceptors[:place] + _stack.interceptors[place + 1 :]
    with _lock:
        _count -= 1
        if not _count:
            executor.intercept(None)


def _run(plan, values):
    return _through(_stack.interceptors, plan, values)


def _through(interceptors: tuple, plan, values):
    if not interceptors:
        # Who intercepts wants each plan to run when it is handed on.
        return executor.immediate.run(plan, values)
    return interceptors[-1](plan, values, functools.partial(_through, interceptors[:-1]))
