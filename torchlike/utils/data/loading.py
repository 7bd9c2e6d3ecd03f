"""Iterating over a DataLoader: in this process, or by workers that are a few batches ahead."""

from __future__ import annotations

import itertools
import pickle
import queue
import warnings
import weakref
from typing import Any

from .dataset import IterableDataset
from .fetch import IterableFetcher, MapFetcher
from .processes import start_workers
from .sampler import fresh_seed
from .worker import Ended, Failure, Resume, Task

_BEYOND = "Length of IterableDataset {} was reported to be {}(when accessing len(dataloader)), but {} samples have been fetched. "
_BEYOND_WORKERS = (
    "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica at each worker. Please see "
    "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
)


class _BaseDataLoaderIter:
    """One pass over a DataLoader: subclasses give `_next_data`."""

    def __init__(self, loader):
        self._dataset = loader.dataset
        self._num_workers = loader.num_workers
        self._index_sampler = loader._index_sampler
        self._base_seed = fresh_seed(loader.generator)
        iterable = isinstance(loader.dataset, IterableDataset)
        self._make_fetcher: type[MapFetcher] | type[IterableFetcher] = IterableFetcher if iterable else MapFetcher
        self._options = (loader._auto_collation, loader.collate_fn, loader.drop_last)
        self._begin(loader)

    def _begin(self, loader) -> None:
        self._indices = iter(self._index_sampler)
        self._num_yielded = 0
        self._reported_length = loader._reported_length

    def __iter__(self):
        return self

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __next__(self):
        batch = self._next_data()
        self._num_yielded += 1
        if self._reported_length is not None and self._num_yielded > self._reported_length:
            text = _BEYOND.format(self._dataset, self._reported_length, self._num_yielded)
            warnings.warn(text + (_BEYOND_WORKERS if self._num_workers else ""), stacklevel=2)
        return batch

    def _reset(self, loader) -> None:
        raise NotImplementedError

    def _next_data(self):
        raise NotImplementedError


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Loading in the calling process, a batch when it is asked for."""

    def __init__(self, loader):
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetcher = self._make_fetcher(self._dataset, *self._options)

    def _next_data(self):
        return self._fetcher.fetch(next(self._indices))


def _stop(workers: list) -> None:
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.join()


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Loading by workers. Batches are numbered as the sampler gives them; worker after worker gets the next one, `prefetch_factor` ahead."""

    def __init__(self, loader):
        super().__init__(loader)
        self._timeout, self._in_order, self._persistent = loader.timeout, loader.in_order, loader.persistent_workers
        self._ahead = loader.prefetch_factor
        self._arrived: queue.Queue = queue.Queue()
        task = Task(self._dataset, self._make_fetcher, self._options, loader.worker_init_fn, self._base_seed, self._num_workers)
        self._started = start_workers(task, loader.multiprocessing_context, self._arrived)
        self._workers = [worker.process for worker in self._started if worker.process is not None]
        self._shutdown_workers = weakref.finalize(self, _stop, self._started)
        self._plan()

    def _plan(self) -> None:
        self._asked: dict[int, int] = {}  # position of a batch: the worker it was asked of
        self._answers: dict[int, Any] = {}
        self._active = [True] * self._num_workers
        self._positions = itertools.count()
        self._turn = itertools.cycle(range(self._num_workers))
        self._exhausted = False
        for _ in range(self._ahead * self._num_workers):
            self._ask()

    def _reset(self, loader) -> None:
        """Begin another pass with the same workers; answers still to come belong to the last one and are thrown away."""
        self._begin(loader)
        self._active = [True] * self._num_workers
        for number, worker in enumerate(self._started):
            worker.request(-1 - number, Resume())
        waiting = set(range(self._num_workers))
        while waiting:
            position, answer = self._receive()
            if position < 0:
                waiting.discard(-1 - position)
                if isinstance(answer, Failure):
                    answer.reraise()
        self._plan()

    def _next_worker(self) -> int | None:
        """The next worker in turn that has not come to its end; out of order, one that is not busier than the others."""
        busy = [list(self._asked.values()).count(n) for n in range(self._num_workers)]
        fair = sum(busy) // max(1, sum(self._active)) + 1
        for number in itertools.islice(self._turn, self._num_workers):
            if self._active[number] and (self._in_order or busy[number] < fair):
                return number
        return None

    def _ask(self) -> None:
        """Ask for one more batch, if there is one and somebody to ask."""
        number = None if self._exhausted else self._next_worker()
        if number is None:
            return
        try:
            indices = next(self._indices)
        except StopIteration:
            self._exhausted = True
            return
        position = next(self._positions)
        self._asked[position] = number
        self._started[number].request(position, indices)

    def _receive(self) -> tuple[int, Any]:
        """The next (position, answer) from whichever worker; RuntimeError when none comes in time or a worker has died."""
        try:
            number, content = self._arrived.get(timeout=self._timeout or None)
            while content is None and not self._active[number]:  # the end of a worker that had nothing left to give
                number, content = self._arrived.get(timeout=self._timeout or None)
        except queue.Empty:
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds") from None
        if content is None:
            worker = self._started[number]
            error = worker.what_happened()
            self._shutdown_workers()
            self._asked.clear()
            raise RuntimeError(f"DataLoader worker (pid(s) {worker.process.pid}) exited unexpectedly") from error
        return pickle.loads(content) if isinstance(content, bytes) else content

    def _ready(self) -> int | None:
        """The position of the batch to give out next, if it is here."""
        wanted = next(iter(self._asked)) if self._in_order else next(iter(self._answers), None)
        return wanted if wanted in self._answers else None

    def _next_data(self):
        while self._asked:
            position = self._ready()
            if position is not None:
                del self._asked[position]
                self._ask()
                answer = self._answers.pop(position)
                return answer.reraise() if isinstance(answer, Failure) else answer
            position, answer = self._receive()
            if isinstance(answer, Ended):
                self._retire(self._asked[position])
            else:
                self._answers[position] = answer
        if not self._persistent:
            self._shutdown_workers()
        raise StopIteration

    def _retire(self, number: int) -> None:
        """A worker's dataset has ended: what was asked of it and not answered never comes; the others get more to do."""
        self._active[number] = False
        lost = [p for p, worker in self._asked.items() if worker == number and p not in self._answers]
        for position in lost:
            del self._asked[position]
        if not self._persistent:
            self._started[number].stop()
        for _ in lost:
            self._ask()
