"""DataLoader: batches of a dataset, in the order of a sampler."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...core.device import has_platform
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


def get_worker_info() -> None:
    """What worker process this is: None, because loading happens in the main process."""
    return None


class _Forever:
    """The sampler of an iterable dataset, which has no indices."""

    def __iter__(self):
        return itertools.repeat(None)


class DataLoader:
    """Iterates over batches of a dataset (torch.utils.data.DataLoader).

    Every argument of PyTorch's is accepted. Loading happens in the calling process: with `num_workers > 0` the batches are the same,
    but no processes are started, and `worker_init_fn`, `prefetch_factor`, `timeout` and `persistent_workers` have no effect.
    `batch_size=None` gives single samples, converted but not collated.
    """

    def __init__(self, dataset: Dataset, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Iterable | None = None,
                 batch_sampler: Iterable | None = None, num_workers: int = 0, collate_fn: Callable | None = None, pin_memory: bool = False,
                 drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable | None = None, multiprocessing_context=None,
                 generator=None, *, prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
                 in_order: bool = True):  # fmt: skip
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._iterable:
                sampler = _Forever()
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        vars(self).update(
            dataset=dataset, batch_size=batch_size, sampler=sampler, batch_sampler=batch_sampler, drop_last=drop_last,
            persistent_workers=persistent_workers,
        )  # fmt: skip
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.in_order = in_order
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._reported_length: int | None = None

    dataset: Any
    batch_size: int | None
    sampler: Any
    batch_sampler: Any
    drop_last: bool

    def __setattr__(self, name: str, value) -> None:
        if name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __len__(self) -> int:
        """The number of batches; for an iterable dataset an estimate from its length."""
        if not self._iterable:
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        self._reported_length = length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    def __iter__(self) -> Iterator:
        if self.pin_memory and not (has_platform("cuda") or has_platform("tpu")):
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.", stacklevel=2
            )
        return self._iterate_samples(self._reported_length) if self._iterable else self._iterate_indices()

    def _iterate_indices(self) -> Iterator:
        if self.batch_sampler is None:
            for index in self.sampler:
                yield self.collate_fn(self.dataset[index])
            return
        at_once = getattr(self.dataset, "_collated", None) if self.collate_fn is default_collate else None
        many = getattr(self.dataset, "__getitems__", None)
        for indices in self.batch_sampler:
            batch = at_once(list(indices)) if at_once is not None else None
            if batch is None:
                batch = self.collate_fn(many(indices) if many is not None else [self.dataset[i] for i in indices])
            yield batch

    def _iterate_samples(self, reported_length: int | None) -> Iterator:
        samples = iter(self.dataset)
        for count in itertools.count(1):
            if self.batch_size is None:
                try:
                    found = next(samples)
                except StopIteration:
                    return
            else:
                found = list(itertools.islice(samples, self.batch_size))
                if not found or self.drop_last and len(found) < self.batch_size:
                    return
            batch = self.collate_fn(found)
            if reported_length is not None and count > reported_length:
                warnings.warn(
                    f"Length of IterableDataset {self.dataset} was reported to be {reported_length}(when accessing len(dataloader)), "
                    f"but {count} samples have been fetched. ",
                    stacklevel=2,
                )
            yield batch


def _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, context) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing, otherwise set "
            "prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if context is not None and num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0"
        )


def _check_iterable(shuffle, sampler, batch_sampler) -> None:
    given = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}")
