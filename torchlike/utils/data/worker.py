"""What a worker of a DataLoader does, whether it is a process or a thread: it answers requests for batches, one after the other."""

from __future__ import annotations

import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.random import manual_seed
from .fetch import IterableFetcher


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this is: `id` of `num_workers`, its `seed`, its copy of the `dataset` (torch.utils.data.get_worker_info)."""

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str = "multiprocessing"


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a DataLoader this is; None outside of workers (torch.utils.data.get_worker_info)."""
    return getattr(_here, "info", None)


class Resume:
    """In place of indices: begin the dataset anew."""


class Ended:
    """The answer of a worker whose iterable dataset has no more samples."""


class _Verbatim(str):
    """A text that is its own `repr`, so that a KeyError shows its lines."""

    __repr__ = str.__str__


class Failure:
    """The exception being handled, as something that can be sent elsewhere and raised there with the original traceback as text."""

    def __init__(self, where: str):
        self.kind: type[BaseException] | None
        self.kind, error, trace = sys.exc_info()
        self.text = "".join(traceback.format_exception(self.kind, error, trace))
        self.name, self.where = getattr(self.kind, "__name__", "RuntimeError"), where

    def reraise(self):
        """Raise an exception of the same type; a RuntimeError if the type cannot be made from a text."""
        kind = self.kind or RuntimeError
        text = f"Caught {self.name} {self.where}.\nOriginal {self.text}"
        if kind is KeyError:
            text = _Verbatim(text)
        try:
            error = kind(message=text) if getattr(kind, "message", None) else kind(text)
        except Exception:
            raise RuntimeError(text) from None
        raise error


@dataclass
class Task:
    """What a worker is started with: how to fetch, who it is, and what to call first."""

    dataset: Any
    make_fetcher: Callable
    options: tuple
    init: Callable | None
    base_seed: int
    num_workers: int

    def fetcher(self):
        """A fetcher at the beginning of the dataset."""
        return self.make_fetcher(self.dataset, *self.options)


def seed_process(base_seed: int, number: int) -> None:
    """Seed torchlike, `random` and NumPy in a worker process, each worker differently."""
    random.seed(base_seed + number)
    manual_seed(base_seed + number)
    np.random.seed(np.random.SeedSequence([base_seed, number]).generate_state(4))


def serve(task: Task, number: int, method: str, receive: Callable, send: Callable) -> None:
    """Answer (position, indices) by (position, batch), in turn, until `receive` gives None.

    In place of a batch comes a Failure, or `Ended` once from an iterable dataset at its end. Resume() as indices begins the dataset anew.
    """
    where = f"in DataLoader worker process {number}"
    fetcher, failure, ended = None, None, False
    try:
        _here.info = WorkerInfo(number, task.num_workers, task.base_seed + number, task.dataset, None, method)
        if task.init is not None:
            task.init(number)
        fetcher = task.fetcher()
    except Exception:
        failure = Failure(where)
    while (request := receive()) is not None:
        position, indices = request
        answer: Any = failure
        if failure is None:
            try:
                if isinstance(indices, Resume):
                    fetcher, ended = task.fetcher(), False
                elif ended:
                    continue
                else:
                    answer = fetcher.fetch(indices)  # type: ignore[union-attr]
            except Exception as error:
                ended = isinstance(error, StopIteration) and task.make_fetcher is IterableFetcher
                answer = Ended() if ended else Failure(where)
        send(position, answer)
