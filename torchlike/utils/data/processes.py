"""Starting the workers of a DataLoader.

A process that has used XLA must not be forked: the copy has none of its threads and all of its locks. Workers are therefore forked by a
server process (`multiprocessing`'s forkserver) that has imported torchlike and never used it. They receive the dataset as a pickle. What cannot
be pickled (a lambda, a class inside a function, anything of a script without `if __name__ == "__main__"`) is served by threads instead.
"""

from __future__ import annotations

import ast
import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import types
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from ...core.dtype import get_default_dtype, set_default_dtype
from ...execution_mode import set_execution, synchronize
from .worker import Failure, Task, seed_process, serve

_GRACE = 5.0  # seconds a worker has to end of its own accord


@dataclass(frozen=True)
class Main:
    """The program's main module, for workers that must find its classes: its file and, if started by `-m`, its name."""

    path: str
    name: str | None


def _main_module() -> Main | None:
    """The main module if it can be run again without starting the program again: a file that asks for its `__name__`."""
    module = sys.modules["__main__"]
    path = getattr(module, "__file__", None)
    if path is None or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    guards = [node for node in tree.body if isinstance(node, ast.If)]
    if not any(isinstance(n, ast.Name) and n.id == "__name__" for guard in guards for n in ast.walk(guard.test)):
        return None
    return Main(os.path.abspath(path), getattr(module.__spec__, "name", None))


def _import_main(main: Main) -> None:
    module = types.ModuleType("__mp_main__")
    module.__file__ = main.path
    if main.name is not None:
        module.__package__ = main.name.rpartition(".")[0]
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    with open(main.path, "rb") as file:
        exec(compile(file.read(), main.path, "exec"), vars(module))


@dataclass(frozen=True)
class Parcel:
    """All a worker process needs to become like its parent, and the pickled task."""

    task: bytes
    main: Main | None
    as_torch: bool
    default_dtype: Any

    def open(self) -> Task:
        """The task, in a worker process prepared for it."""
        import jax

        jax.config.update("jax_platforms", "cpu")
        set_execution("immediate")
        set_default_dtype(self.default_dtype)
        if self.as_torch:
            from ... import alias

            alias.install()
        if self.main is not None:
            _import_main(self.main)
        return pickle.loads(self.task)


def pack(task: Task) -> Parcel:
    """The task as it can be sent to another process; PicklingError, AttributeError or TypeError if it cannot."""
    content = bytes(ForkingPickler.dumps(task))
    main = _main_module() if b"__main__" in content else None
    if main is None and b"__main__" in content:
        raise pickle.PicklingError("the main module cannot be imported by another process: it is no file, or does not check its __name__")
    return Parcel(content, main, sys.modules.get("torch") is sys.modules["torchlike"], get_default_dtype())


def _run(connection, parcel: Parcel, number: int, base_seed: int) -> None:
    """The life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process decides when to end

    def receive():
        try:
            return connection.recv()
        except EOFError:
            return None

    def send(position, answer):
        try:
            content = ForkingPickler.dumps((position, answer))
        except Exception:
            if isinstance(answer, Failure):
                answer.kind = None
            else:
                answer = Failure(f"in DataLoader worker process {number}")
            content = ForkingPickler.dumps((position, answer))
        connection.send_bytes(content)

    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        try:
            task = parcel.open()
            seed_process(base_seed, number)
        except Exception:
            failure = Failure(f"in DataLoader worker process {number}")
            while (request := receive()) is not None:
                send(request[0], failure)
            return
        serve(task, number, "multiprocessing", receive, send)


class ProcessWorker:
    """A worker process and the pipe to it."""

    def __init__(self, context, parcel: Parcel, number: int, base_seed: int):
        self.connection, theirs = context.Pipe()
        self._sending = threading.RLock()  # re-entrant: a collection in mid-request may stop the worker
        self.process = context.Process(target=_run, args=(theirs, parcel, number, base_seed), daemon=True)
        with _without_main():
            self.process.start()
        theirs.close()

    def request(self, position: int, indices) -> None:
        """Ask for a batch. A worker that is gone is noticed when its answer is waited for."""
        self._send((position, indices))

    def stop(self) -> None:
        """Tell the worker to end."""
        self._send(None)

    def _send(self, message) -> None:
        with self._sending, contextlib.suppress(OSError):
            self.connection.send(message)

    def close(self) -> None:
        """Close the pipe, whose other end is gone: never under a message that another thread is sending."""
        with self._sending:
            self.connection.close()

    def join(self) -> None:
        """Wait for the end, not for ever."""
        self.process.join(_GRACE)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()

    def what_happened(self) -> RuntimeError:
        """Why a worker is gone that should be there."""
        self.process.join(_GRACE)
        code = self.process.exitcode
        if code is not None and code < 0:
            return RuntimeError(f"DataLoader worker (pid {self.process.pid}) is killed by signal: {signal.strsignal(-code)}. ")
        return RuntimeError(
            f"DataLoader worker (pid {self.process.pid}) exited unexpectedly with exit code {code}. Details are lost due to multiprocessing. "
            "Rerunning with num_workers=0 may give better error trace."
        )


@contextlib.contextmanager
def _without_main():
    """Hide the main module from `multiprocessing`, which would run its file again in every worker; `Parcel` does so where it must."""
    main, blank = sys.modules["__main__"], types.ModuleType("__main__")
    blank.__spec__ = None
    sys.modules["__main__"] = blank
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _forward(workers: list[ProcessWorker], arrived: queue.Queue) -> None:
    """Bring what the processes send into one queue as (worker, content), None as content when a pipe closes; ends with the last pipe."""
    numbers = {worker.connection: number for number, worker in enumerate(workers)}
    connection: Any  # `wait` is typed for sockets and file numbers as well
    while numbers:
        for connection in wait(list(numbers)):
            try:
                arrived.put((numbers[connection], connection.recv_bytes()))
            except (EOFError, OSError):
                number = numbers.pop(connection)
                arrived.put((number, None))
                workers[number].close()


class ThreadWorker:
    """A worker thread."""

    process = None

    def __init__(self, task: Task, number: int, arrived: queue.Queue):
        self.requests: queue.SimpleQueue = queue.SimpleQueue()

        def send(position, answer):
            synchronize()
            arrived.put((number, (position, answer)))

        self.thread = threading.Thread(target=serve, args=(task, number, "thread", self.requests.get, send), daemon=True)
        self.thread.start()

    def request(self, position: int, indices) -> None:
        """Ask for a batch."""
        self.requests.put((position, indices))

    def stop(self) -> None:
        """Tell the worker to end."""
        self.requests.put(None)

    def join(self) -> None:
        """Wait for the end, not for ever."""
        self.thread.join(_GRACE)


def start_workers(task: Task, context, arrived: queue.Queue) -> list:
    """The workers of a DataLoader, whose answers come as (worker, pickled or plain (position, answer)).

    `context` names how processes are started, and then what cannot be pickled is an error; None lets threads do it.
    """
    chosen = context if context is not None and context.get_start_method() != "fork" else None
    try:
        parcel = pack(task)
    except (pickle.PicklingError, AttributeError, TypeError):
        if chosen is not None:
            raise
        return [ThreadWorker(task, number, arrived) for number in range(task.num_workers)]
    if chosen is None:
        chosen = multiprocessing.get_context("forkserver")
        chosen.set_forkserver_preload([__name__])
    workers = [ProcessWorker(chosen, parcel, number, task.base_seed) for number in range(task.num_workers)]
    threading.Thread(target=_forward, args=(workers, arrived), daemon=True).start()
    return workers
