"""DistributedSampler: each of several processes gets its own share of a dataset."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from .sampler import Sampler

T_co = TypeVar("T_co", covariant=True)


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index from the `rank`-th on (torch.utils.data.distributed.DistributedSampler).

    The order is shuffled by `seed` and the epoch, alike in all processes; `set_epoch` before each epoch gives another one. Indices from the
    beginning fill up the last shares, or with `drop_last` the end is cut off. Both numbers must be given: torchlike knows no process groups.
    """

    def __init__(self, dataset, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True, seed: int = 0,
                 drop_last: bool = False):  # fmt: skip
        if num_replicas is None or rank is None:
            raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")
        if rank >= num_replicas or rank < 0:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.epoch, self.drop_last, self.shuffle, self.seed = 0, drop_last, shuffle, seed
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last and size % num_replicas else math.ceil(size / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        order = np.random.default_rng([self.seed, self.epoch]).permutation(size).tolist() if self.shuffle else range(size)
        filled = itertools.islice(itertools.cycle(order), self.total_size)
        return itertools.islice(filled, self.rank, None, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch."""
        self.epoch = epoch
