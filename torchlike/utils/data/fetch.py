"""Fetching: from the indices of a batch, or the next samples of an iterable dataset, to what the DataLoader yields."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from .collate import default_collate


class MapFetcher:
    """Batches of a dataset with indices; `batched` False takes one index at a time."""

    def __init__(self, dataset, batched: bool, collate_fn: Callable, drop_last: bool):
        self.dataset, self.batched, self.collate_fn = dataset, batched, collate_fn
        self.at_once = getattr(dataset, "_collated", None) if batched and collate_fn is default_collate else None
        self.many = getattr(dataset, "__getitems__", None)

    def fetch(self, index):
        """The batch of these indices."""
        if not self.batched:
            return self.collate_fn(self.dataset[index])
        batch = self.at_once(list(index)) if self.at_once is not None else None
        if batch is not None:
            return batch
        return self.collate_fn(self.many(index) if self.many else [self.dataset[i] for i in index])


class IterableFetcher:
    """Batches of a dataset that can only be iterated over: as many samples as there are indices, whatever these are."""

    def __init__(self, dataset, batched: bool, collate_fn: Callable, drop_last: bool):
        self.samples = iter(dataset)
        self.batched, self.collate_fn, self.drop_last = batched, collate_fn, drop_last

    def fetch(self, index):
        """The next batch; StopIteration at the end, or when `drop_last` leaves out a shorter one."""
        if not self.batched:
            return self.collate_fn(next(self.samples))
        found = list(itertools.islice(self.samples, len(index)))
        if not found or self.drop_last and len(found) < len(index):
            raise StopIteration
        return self.collate_fn(found)
