"""Several processes that run one function, and whose errors come back (torch.multiprocessing.spawn)."""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from multiprocessing import connection
from typing import Any

from .process import Process, get_context


class ProcessException(Exception):
    """A process has failed: which one (`error_index`) and its id."""

    def __init__(self, msg: str, error_index: int, pid: int | None):
        super().__init__(msg)
        self.msg, self.error_index, self.pid = msg, error_index, pid

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.pid)


class ProcessRaisedException(ProcessException):
    """The function has raised in a process; the text has its traceback."""


class ProcessExitedException(ProcessException):
    """A process has ended before its function returned."""

    def __init__(self, msg: str, error_index: int, error_pid: int | None, exit_code: int, signal_name: str | None = None):
        super().__init__(msg, error_index, error_pid)
        self.exit_code, self.signal_name = exit_code, signal_name

    def __reduce__(self):
        return type(self), (self.msg, self.error_index, self.pid, self.exit_code, self.signal_name)


def _run(fn, index: int, args: tuple, errors) -> None:
    try:
        fn(index, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        errors.send(traceback.format_exc())
        raise SystemExit(1) from None


class ProcessContext:
    """Running processes (torch.multiprocessing.ProcessContext): `join` waits for them."""

    def __init__(self, processes: list, errors: list):
        self.processes, self.error_pipes = processes, errors
        self.sentinels = {p.sentinel: index for index, p in enumerate(processes)}

    def pids(self) -> list[int]:
        """The ids of the processes."""
        return [p.pid for p in self.processes]

    def join(self, timeout: float | None = None, grace_period: float | None = None) -> bool:
        """Whether all have ended, after waiting for one to end or `timeout` seconds. When one has failed the others are stopped, after
        `grace_period` seconds to end by themselves, and ProcessRaisedException or ProcessExitedException is raised."""
        for sentinel in connection.wait(list(self.sentinels), timeout):
            index = self.sentinels.pop(sentinel)  # type: ignore[call-overload]
            self.processes[index].join()
            if self.processes[index].exitcode != 0:
                self._stop_others(grace_period)
                raise self._failure(index)
        return not self.sentinels

    def _stop_others(self, grace_period: float | None) -> None:
        deadline = time.monotonic() + (grace_period or 0)
        for p in self.processes:
            p.join(max(deadline - time.monotonic(), 0))
        for stop in ("terminate", "kill"):
            for p in self.processes:
                if p.is_alive():
                    getattr(p, stop)()
            for p in self.processes:
                p.join(30)

    def _failure(self, index: int) -> ProcessException:
        failed = self.processes[index]
        with contextlib.suppress(EOFError):
            text = f"\n\n-- Process {index} terminated with the following error:\n{self.error_pipes[index].recv()}"
            return ProcessRaisedException(text, index, failed.pid)
        if failed.exitcode < 0:
            name = signal.Signals(-failed.exitcode).name
            return ProcessExitedException(f"process {index} terminated with signal {name}", index, failed.pid, failed.exitcode, name)
        return ProcessExitedException(f"process {index} terminated with exit code {failed.exitcode}", index, failed.pid, failed.exitcode)


SpawnContext = ProcessContext


def start_processes(fn, args: tuple = (), nprocs: int = 1, join: bool = True, daemon: bool = False, start_method: str = "spawn"):
    """Run fn(index, *args) in `nprocs` processes. Waits for all and returns None, or, without `join`, returns their ProcessContext."""
    started: list[Any] = []
    pipes: list[Any] = []
    for index in range(nprocs):
        receiver, sender = get_context(start_method).Pipe(duplex=False)
        make = Process if start_method == "spawn" else get_context(start_method).Process
        p = make(target=_run, args=(fn, index, args, sender), daemon=daemon)
        p.start()
        sender.close()
        started.append(p)
        pipes.append(receiver)
    context = ProcessContext(started, pipes)
    if not join:
        return context
    while not context.join():
        pass
    return None


def spawn(fn, args: tuple = (), nprocs: int = 1, join: bool = True, daemon: bool = False, start_method: str = "spawn"):
    """`start_processes` by "spawn" (torch.multiprocessing.spawn). `fn` must be importable: defined at the top of a module."""
    if start_method != "spawn":
        raise ValueError(f"This method only supports start_method=spawn (got: {start_method}); use start_processes for another one")
    return start_processes(fn, args, nprocs, join, daemon, start_method)
