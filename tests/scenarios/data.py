"""What datasets, samplers, collation and the DataLoader must do, as programs that run under torch and torchlike alike."""

# ruff: noqa: D103

from __future__ import annotations

from collections import OrderedDict, namedtuple

import numpy as np

from .collect import attempts, collect

CASES, scenario = collect()

Point = namedtuple("Point", ["x", "y"])


def squares(torch, n=7):
    class Squares(torch.utils.data.Dataset):
        def __len__(self):
            return n

        def __getitem__(self, i):
            return {"x": torch.tensor([float(i)]), "y": i * i, "name": f"s{i}"}

    return Squares()


def counting(torch, n=5):
    class Counting(torch.utils.data.IterableDataset):
        def __repr__(self):
            return "Counting()"

        def __iter__(self):
            return iter(range(n))

        def __len__(self):
            return 3

    return Counting()


def pairs(torch, n=7):
    return torch.utils.data.TensorDataset(torch.arange(2.0 * n).reshape(n, 2), torch.arange(n))


@scenario
def batches(torch):
    loader = torch.utils.data.DataLoader
    return [
        [list(loader(d, **options)) for d in (squares(torch), pairs(torch))]
        for options in ({}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}, {"batch_size": 9})
    ], [len(loader(squares(torch), b, drop_last=d)) for b in (1, 3, 7, 9) for d in (False, True)]


@scenario
def own_samplers_and_collation(torch):
    data = torch.utils.data
    order = [5, 1, 1, 0]
    return [
        list(data.DataLoader(pairs(torch), 2, sampler=order)),
        list(data.DataLoader(squares(torch), batch_sampler=[[0, 1], [4], [2, 3]])),
        list(data.DataLoader(squares(torch), 3, collate_fn=lambda samples: [s["y"] for s in samples])),
        list(data.DataLoader([1, 2, 3], 2)), list(data.DataLoader([(1, 2.0), (3, 4.0)], 2)), list(data.DataLoader(range(4), None)),
        list(data.BatchSampler(data.SequentialSampler(range(5)), 2, False)), list(data.BatchSampler(range(5), 2, True)),
        len(data.BatchSampler(range(5), 2, True)), len(data.BatchSampler(range(5), 2, False)),
    ]  # fmt: skip


@scenario
def iterables(torch):
    data = torch.utils.data
    counted = data.DataLoader(counting(torch), 1)
    chained = counting(torch, 2) + counting(torch, 3)
    return [
        list(data.DataLoader(counting(torch), 2)), list(data.DataLoader(counting(torch), 2, drop_last=True)),
        list(data.DataLoader(counting(torch), None)), len(data.DataLoader(counting(torch), 2)), len(counted), len(list(counted)),
        list(data.DataLoader(chained, 2)), len(chained),
    ]  # fmt: skip


@scenario
def shuffled(torch):
    data = torch.utils.data
    loader = data.DataLoader(pairs(torch, 50), 8, shuffle=True, generator=torch.Generator().manual_seed(3))
    first, second = ([int(i) for batch in loader for i in batch[1]] for _ in range(2))
    again = data.DataLoader(pairs(torch, 50), 8, shuffle=True, generator=torch.Generator().manual_seed(3))
    repeated = [int(i) for batch in again for i in batch[1]]
    torch.manual_seed(1)
    a = list(data.RandomSampler(range(20)))
    torch.manual_seed(1)
    b = list(data.RandomSampler(range(20)))
    return [
        sorted(first) == list(range(50)), first != second, first == repeated, first != list(range(50)), a == b,
        len(list(data.RandomSampler(range(5), num_samples=12))), sorted(list(data.RandomSampler(range(5), num_samples=12))[:10]),
        len(list(data.RandomSampler(range(5), replacement=True, num_samples=40))), sorted(data.SubsetRandomSampler([3, 1, 2])),
        set(data.WeightedRandomSampler([0.0, 1.0, 0.0], 4)), sorted(data.WeightedRandomSampler([0.1, 0.2, 0.7], 3, replacement=False)),
        len(data.WeightedRandomSampler([1.0], 4)), len(data.RandomSampler(range(5))), len(data.SubsetRandomSampler([3, 1, 2])),
    ]  # fmt: skip


@scenario
def datasets(torch):
    data = torch.utils.data
    both = squares(torch, 3) + squares(torch, 2)
    subset = data.Subset(pairs(torch), [4, 2, 0])
    stacked, named = data.StackDataset(pairs(torch), range(7)), data.StackDataset(a=pairs(torch), b=range(7))
    parts = data.random_split(range(10), [0.55, 0.45], generator=torch.Generator().manual_seed(0))
    return [
        len(both), both[3], both[-1], both.cumulative_sizes, len(subset), subset[1], list(data.DataLoader(subset, 2)), stacked[2], named[2],
        named.__getitems__([1, 2]), stacked.__getitems__([1, 2]), len(stacked), [len(p) for p in parts], sorted(i for p in parts for i in p),
        [len(p) for p in data.random_split(range(5), [2, 3])], [len(p) for p in data.random_split(range(2), [0.9, 0.1])],
        list(data.DataLoader(data.Subset(squares(torch), [1, 2]), 2)), pairs(torch)[1:3], len(pairs(torch)), subset[[0, 1]],
    ]  # fmt: skip


@scenario
def collation(torch):
    collate, convert = torch.utils.data.default_collate, torch.utils.data.default_convert
    array = np.arange(3, dtype=np.float32)
    return attempts(
        lambda: collate([torch.ones(2), torch.zeros(2)]), lambda: collate([1, 2]), lambda: collate([1.5, 2.5]), lambda: collate([True, False]),
        lambda: collate(["a", "b"]), lambda: collate([b"a"]), lambda: collate([array, array]), lambda: collate([np.float32(1), np.float32(2)]),
        lambda: collate([np.int16(1), np.int16(2)]), lambda: collate([(1, "a"), (2, "b")]), lambda: collate([[1, 2], [3, 4]]),
        lambda: collate([{"a": 1, "b": [1]}, {"a": 2, "b": [2]}]), lambda: collate([Point(1, 2.0), Point(3, 4.0)]).y,
        lambda: list(collate([OrderedDict(b=1, a=2)])), lambda: collate([[1], [1, 2]]), lambda: collate([object()]),
        lambda: collate([np.array(["a"])]), lambda: collate([torch.ones(2), torch.ones(3)]), lambda: collate([None]),
        lambda: convert([1, array, (array, 2), {"a": array}, "text", None, np.float64(3)]), lambda: convert(np.array(["a"])).tolist(),
        lambda: convert(Point(array, 1)).x, lambda: collate([np.bool_(True), np.bool_(False)]),
    )  # fmt: skip


@scenario
def errors(torch):
    data = torch.utils.data
    d, it = squares(torch), counting(torch)
    loader = data.DataLoader(d)

    class Half(data.Subset):
        def __getitem__(self, i):
            return 3

    results = attempts(
        lambda: data.DataLoader(d, num_workers=-1), lambda: data.DataLoader(d, timeout=-1), lambda: data.DataLoader(d, prefetch_factor=2),
        lambda: data.DataLoader(d, num_workers=1, prefetch_factor=-2), lambda: data.DataLoader(d, persistent_workers=True),
        lambda: data.DataLoader(it, shuffle=True), lambda: data.DataLoader(it, sampler=[1]), lambda: data.DataLoader(it, batch_sampler=[[1]]),
        lambda: data.DataLoader(d, sampler=[1], shuffle=True), lambda: data.DataLoader(d, batch_sampler=[[1]], batch_size=3),
        lambda: data.DataLoader(d, None, drop_last=True), lambda: data.DataLoader(d, 0), lambda: data.DataLoader(d, batch_size=-1),
        lambda: setattr(loader, "batch_size", 3), lambda: setattr(loader, "sampler", 3), lambda: data.RandomSampler(range(3), replacement=3),
        lambda: data.RandomSampler([]), lambda: data.RandomSampler(range(3), num_samples=0), lambda: data.WeightedRandomSampler([1.0], 0),
        lambda: data.WeightedRandomSampler([1.0], 1, 3), lambda: data.WeightedRandomSampler([[1.0]], 1), lambda: data.BatchSampler([1], 0, True),
        lambda: data.BatchSampler([1], 1, 3), lambda: data.TensorDataset(torch.ones(2), torch.ones(3)), lambda: data.StackDataset(),
        lambda: data.StackDataset(d, a=d), lambda: data.StackDataset(d, [1]), lambda: data.ConcatDataset([]), lambda: data.ConcatDataset([it]),
        lambda: (d + d)[-99], lambda: list(data.ChainDataset([d])), lambda: data.random_split(d, [1, 2]), lambda: data.random_split(d, [0.5, 0.6]),
        lambda: data.random_split(d, [1.5, -0.5]), lambda: Half(d, [1]), lambda: data.Dataset()[0], lambda: list(data.Sampler()),
        lambda: data.DataLoader(d, multiprocessing_context="fork"), lambda: data.DataLoader(d, num_workers=1, multiprocessing_context="x"),
        lambda: data.DataLoader(d, num_workers=1, multiprocessing_context=3), lambda: setattr(loader, "multiprocessing_context", "spawn"),
        lambda: list(data.DataLoader(range(2), timeout=3)), lambda: list(data.DataLoader(range(2), shuffle=True, generator=3)),
        lambda: list(data.DataLoader(range(2), pin_memory=True, pin_memory_device="cuda")), lambda: (d + d).cummulative_sizes,
        lambda: data.DistributedSampler(range(3), num_replicas=2, rank=2), lambda: data.DistributedSampler(range(3), 2, -1),
    )  # fmt: skip
    return results, data.get_worker_info()


@scenario
def distributed_samplers(torch):
    sampler = torch.utils.data.distributed.DistributedSampler
    shares = [sampler(range(11), 3, rank, shuffle=True, seed=5) for rank in range(3)]
    first = [list(s) for s in shares]
    for share in shares:
        share.set_epoch(1)
    return [
        [list(sampler(range(n), k, r, shuffle=False, drop_last=drop)) for n, k, r in ((5, 2, 1), (4, 2, 0), (1, 4, 2)) for drop in (False, True)],
        sorted({i for share in first for i in share}), [len(s) for s in shares], first != [list(s) for s in shares], shares[0].total_size,
        first[0] == list(sampler(range(11), 3, 0, seed=5)),
    ]  # fmt: skip


@scenario
def iterators(torch):
    data = torch.utils.data
    iterator = iter(data.DataLoader(range(5), 2))
    rest = [next(iterator), len(iterator), list(iterator), list(iterator), iter(iterator) is iterator]
    kept = data.DataLoader(range(3), num_workers=0)
    return rest, iter(kept) is iter(kept), kept.prefetch_factor, kept.multiprocessing_context, type(data.DataLoader[int]).__name__
