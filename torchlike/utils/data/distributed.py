"""One process's share of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...core.random import Generator
from ...distributed.groups import get_rank, get_world_size
from .sampler import Sampler, permutation


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index, from `rank` on, of the dataset's shuffled by `seed` and epoch (torch.utils.data.DistributedSampler).

    All replicas get the same number of indices: some come twice, or, with `drop_last`, the last ones never. Where a number is not given,
    the process group is asked.
    """

    def __init__(self, dataset, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True, seed: int = 0,
                 drop_last: bool = False):
        num_replicas = get_world_size() if num_replicas is None else num_replicas
        rank = get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        self.num_samples = len(dataset) // num_replicas if drop_last else math.ceil(len(dataset) / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        count = len(self.dataset)
        order = permutation(count, Generator().manual_seed(self.seed + self.epoch)) if self.shuffle else list(range(count))
        return iter([order[i % count] for i in range(self.rank, self.total_size, self.num_replicas)])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle anew: to be called before each epoch, with its number."""
        self.epoch = epoch
