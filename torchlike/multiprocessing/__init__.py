"""Processes (torch.multiprocessing): Python's own, started afresh ("spawn") unless asked otherwise.

JAX has threads, and a forked process would wait for them for ever. Tensors cross by value: a queue or a pipe sends their elements, and
a change in one process is not seen in another.
"""

from multiprocessing import (
    AuthenticationError,
    BufferTooShort,
    ProcessError,
    TimeoutError,
    active_children,
    allow_connection_pickling,
    cpu_count,
    current_process,
    freeze_support,
    get_all_start_methods,
    get_logger,
    log_to_stderr,
    parent_process,
    reducer,
    set_executable,
)

from ..core.missing import missing as _missing
from .process import Process, get_context, get_start_method, set_start_method
from .process import alias_carried_over as _alias_carried_over
from .spawn import ProcessContext, ProcessException, ProcessExitedException, ProcessRaisedException, SpawnContext, spawn, start_processes

_FROM_CONTEXT = ("Array", "Barrier", "BoundedSemaphore", "Condition", "Event", "JoinableQueue", "Lock", "Manager", "Pipe", "Pool", "Queue",
                 "RLock", "RawArray", "RawValue", "Semaphore", "SimpleQueue", "Value", "set_forkserver_preload")


def _by_context(name: str):
    def make(*args, **kwargs):
        with _alias_carried_over():
            return getattr(get_context(), name)(*args, **kwargs)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"`multiprocessing.{name}` for processes of the start method in use."
    return make


globals().update({name: _by_context(name) for name in _FROM_CONTEXT})
_strategy = ["file_descriptor"]


def get_all_sharing_strategies() -> set[str]:
    """The names of the ways in which PyTorch shares memory."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """What was set; Tensors cross by value anyway."""
    return _strategy[0]


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted, one of `get_all_sharing_strategies()`."""
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"unknown sharing strategy {new_strategy!r}")
    _strategy[0] = new_strategy


__getattr__ = _missing(__name__)
