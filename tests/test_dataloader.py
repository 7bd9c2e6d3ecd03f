"""Loading by workers: the batches of one process, in order, ahead of time; failures and ends of workers reach the program."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import torchlike
from torchlike.utils import data

pytestmark = [pytest.mark.filterwarnings("ignore:This DataLoader will create"), pytest.mark.xdist_group("dataloader")]


class Squares(data.Dataset):
    def __init__(self, n=9):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"x": torchlike.full((2,), float(i)), "y": i * i, "name": f"s{i}", "pid": os.getpid()}


class Counting(data.IterableDataset):
    def __repr__(self):
        return "Counting()"

    def __iter__(self):
        info = data.get_worker_info()
        return iter(range(info.id * 10, info.id * 10 + 3 + info.id))

    def __len__(self):
        return 4


class Draws(data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        seed = data.get_worker_info().seed
        return seed, torchlike.rand(1).item(), random.random(), np.random.rand(), torchlike.initial_seed() == seed


class Misbehaving(data.Dataset):
    def __init__(self, how):
        self.how = how

    def __len__(self):
        return 4

    def __getitem__(self, i):
        if i == 2:
            self.how(i)
        return i


def fails(i):
    return {}["absent"]


def exits(i):
    os._exit(3)


def is_killed(i):
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps(i):
    time.sleep(60)


def answers_what_cannot_be_sent(samples):
    return lambda: samples


class NeedsTwo(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


def raises_needs_two(i):
    raise NeedsTwo(1, 2)


def init_notes(number):
    data.get_worker_info().dataset.n = 100 + number


def init_fails(number):
    raise ValueError(f"no worker {number}")


class NoteOfInit(Squares):
    def __getitem__(self, i):
        return self.n


def plain(batch):
    return {key: value.tolist() if isinstance(value, torchlike.Tensor) else value for key, value in batch.items() if key != "pid"}


@pytest.mark.parametrize("options", [{"batch_size": 2}, {"batch_size": 4, "drop_last": True}, {"sampler": [3, 1, 4, 1, 5]}], ids=str)
def test_the_batches_of_one_process(options):
    alone = [plain(b) for b in data.DataLoader(Squares(), **options)]
    found = list(data.DataLoader(Squares(), num_workers=2, **options))
    assert [plain(b) for b in found] == alone
    pids = {int(p) for batch in found for p in batch["pid"]}
    assert len(pids) == 2 and os.getpid() not in pids


def test_shuffling_needs_the_generator_alone():
    orders = []
    for workers in (0, 2):
        loader = data.DataLoader(Squares(), 3, shuffle=True, num_workers=workers, generator=torchlike.Generator().manual_seed(3))
        orders.append([[y for batch in loader for y in batch["y"].tolist()] for _ in range(2)])
    assert orders[0] == orders[1] and orders[0][0] != orders[0][1]


def test_iterable_datasets_are_shared_out_by_worker_info():
    batches = [b.tolist() for b in data.DataLoader(Counting(), 2, num_workers=2)]
    assert batches == [[0, 1], [10, 11], [2], [12, 13]]


def test_length_of_an_iterable_dataset():
    loader = data.DataLoader(Counting(), None, num_workers=2)
    assert len(loader) == 4
    with pytest.warns(UserWarning) as caught:
        assert len(list(loader)) == 7
    texts = [str(w.message) for w in caught]
    assert len(texts) == 3
    assert texts[0].startswith("Length of IterableDataset Counting() was reported to be 4(when accessing len(dataloader)), but 5 samples have been ")
    assert "For multiprocessing data-loading" in texts[0]


def test_seeds():
    def draws(seed):
        loader = data.DataLoader(Draws(), None, num_workers=2, generator=torchlike.Generator().manual_seed(seed))
        return list(loader)

    first, again, other = draws(1), draws(1), draws(2)
    assert first == again and all(a != b for a, b in zip(first, other, strict=True))
    assert first[1][0] == first[0][0] + 1 and all(sample[4] for sample in first)
    for column in range(1, 4):
        assert len({sample[column] for sample in first}) == 4


def test_worker_init_fn():
    assert sorted(data.DataLoader(NoteOfInit(4), None, num_workers=2, worker_init_fn=init_notes)) == [100, 100, 101, 101]
    with pytest.raises(ValueError, match=r"(?s)Caught ValueError in DataLoader worker process 0.\nOriginal Traceback.*no worker 0"):
        list(data.DataLoader(Squares(), num_workers=2, worker_init_fn=init_fails))


def test_an_exception_arrives_with_its_traceback_and_loading_goes_on():
    loader = iter(data.DataLoader(Misbehaving(fails), None, num_workers=2))
    assert [next(loader), next(loader)] == [0, 1]
    with pytest.raises(KeyError) as caught:
        next(loader)
    text = repr(caught.value)
    assert "Caught KeyError in DataLoader worker process 0.\nOriginal Traceback" in text and "in fails" in text and "'absent'" in text
    assert next(loader) == 3


def test_an_exception_that_cannot_be_made_from_a_text():
    with pytest.raises(RuntimeError, match="Caught NeedsTwo in DataLoader worker process 0"):
        list(data.DataLoader(Misbehaving(raises_needs_two), num_workers=1))


def test_a_batch_that_cannot_be_sent():
    with pytest.raises(Exception, match="(?s)in DataLoader worker process 0.*[Pp]ickle"):
        list(data.DataLoader(Squares(), num_workers=1, collate_fn=answers_what_cannot_be_sent))


@pytest.mark.parametrize(("how", "why"), [(exits, "exit code 3"), (is_killed, "killed by signal: Killed")])
def test_a_worker_that_dies(how, why):
    loader = iter(data.DataLoader(Misbehaving(how), num_workers=1))
    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly") as caught:
        list(loader)
    assert why in str(caught.value.__cause__)
    assert list(loader) == []


class SentLate:
    """An index that takes until after the end of the workers to be sent."""

    def __reduce__(self):
        for process in multiprocessing.active_children():
            process.join(10)
        time.sleep(0.2)  # for who watches the pipe to see its end
        return int, (1,)


def test_a_worker_that_dies_while_it_is_asked():
    loader = data.DataLoader(Misbehaving(exits), batch_sampler=[[2], [SentLate()]], num_workers=1)
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(loader)


def test_timeout():
    loader = iter(data.DataLoader(Misbehaving(sleeps), num_workers=1, timeout=1.5))
    with pytest.raises(RuntimeError, match="DataLoader timed out after 1.5 seconds"):
        list(loader)
    for process in loader._workers:
        process.kill()


def test_persistent_workers():
    loader = data.DataLoader(Squares(), 2, num_workers=2, persistent_workers=True)
    passes = [list(loader) for _ in range(2)]
    half = iter(loader)
    next(half)
    passes.append(list(loader))
    assert iter(loader) is half
    assert [[plain(b) for b in found] for found in passes] == [[plain(b) for b in passes[0]]] * 3
    assert len({int(p) for found in passes for b in found for p in b["pid"]}) == 2
    iterable = data.DataLoader(Counting(), 2, num_workers=2, persistent_workers=True)
    assert [len(list(iterable)) for _ in range(2)] == [4, 4]


def test_out_of_order():
    loader = data.DataLoader(Squares(), None, num_workers=2, in_order=False)
    assert sorted(b["y"] for b in loader) == [i * i for i in range(9)]


def test_workers_end_with_their_iterator():
    iterator = iter(data.DataLoader(Squares(50), num_workers=2))
    next(iterator)
    processes = iterator._workers
    assert all(p.is_alive() for p in processes)
    del iterator
    assert not any(p.is_alive() for p in processes)


def test_what_cannot_be_pickled_is_loaded_by_threads():
    class Local(data.Dataset):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            info = data.get_worker_info()
            return torchlike.tensor(float(i)) * 2, info.id, os.getpid()

    loader = data.DataLoader(Local(), 2, num_workers=2, collate_fn=lambda samples: [(float(x), w, p) for x, w, p in samples])
    me = os.getpid()
    assert list(loader) == [[(0.0, 0, me), (2.0, 0, me)], [(4.0, 1, me), (6.0, 1, me)], [(8.0, 0, me)]]
    assert data.get_worker_info() is None
    with pytest.raises(Exception, match="[Pp]ickle"):
        list(data.DataLoader(Local(), num_workers=1, multiprocessing_context="spawn"))


def test_what_workers_know():
    info = data._utils.worker.WorkerInfo(0, 2, 7, Counting())
    assert repr(info) == "WorkerInfo(id=0, num_workers=2, seed=7, dataset=Counting(), rng=None, worker_method='multiprocessing')"
    with pytest.raises(AttributeError):
        info.id = 3


def test_more_workers_than_cores(monkeypatch):
    monkeypatch.setattr("torchlike.utils.data.dataloader.get_num_threads", lambda: 1)
    text = "will create 2 worker processes in total. Our suggested max number of worker in current system is 1"
    with pytest.warns(UserWarning, match=text):
        loader = data.DataLoader([1], num_workers=2, collate_fn=lambda samples: samples)
    with pytest.warns(UserWarning, match=text):
        list(loader)


SCRIPT = """
import os, torch
from torch.utils.data import DataLoader, Dataset
class Own(Dataset):
    def __len__(self): return 4
    def __getitem__(self, i): return torch.tensor([i]), torch.tensor(os.getpid())
def main():
    torch.set_default_dtype(torch.float64)
    found = list(DataLoader(Own(), 2, num_workers=1))
    print([b[0].flatten().tolist() for b in found], torch.__name__, int(found[0][1][0]) != os.getpid())
"""


@pytest.mark.parametrize("processes", [True, False], ids=["guarded", "unguarded"])
def test_scripts_run_as_torch(processes, tmp_path):
    last = "if __name__ == '__main__':\n    main()\n" if processes else "main()\n"
    path = tmp_path / "script.py"
    path.write_text(SCRIPT + last)
    done = subprocess.run([sys.executable, "-m", "torchlike", str(path)], capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.stdout == f"[[0, 1], [2, 3]] torchlike {processes}\n", done.stderr
