"""Processes: Tensors cross, errors come back, and a program run under the alias stays under it in its processes."""

import subprocess
import sys

PROGRAM = """
import os
import time

import torch
import torch.multiprocessing as mp


def work(index, queue, x):
    queue.put((index, x * index))


def fail(index):
    if index == 1:
        raise ValueError("boo")
    time.sleep(60)


def leave(index):
    os._exit(3)


if __name__ == "__main__":
    queue = mp.Queue()
    mp.spawn(work, (queue, torch.arange(3.0)), nprocs=1)
    process = mp.Process(target=work, args=(2, queue, torch.ones(2)))
    process.start()
    print(sorted([queue.get(), queue.get()], key=lambda pair: pair[0]))
    process.join()
    try:
        mp.spawn(fail, nprocs=2)
    except mp.ProcessRaisedException as error:
        print(error.error_index, str(error).strip().splitlines()[-1])
    try:
        mp.spawn(leave)
    except mp.ProcessExitedException as error:
        print(error, error.exit_code)
    with mp.Pool(1) as pool:
        print(pool.map(torch.sum, [torch.ones(3)]))
"""


def test_a_program_with_processes(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    done = subprocess.run([sys.executable, "-m", "torchlike", str(path)], capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines() == [
        "[(0, tensor([0., 0., 0.])), (2, tensor([2., 2.]))]", "1 ValueError: boo", "process 0 terminated with exit code 3 3", "[tensor(3.)]",
    ], done.stderr  # fmt: skip


def test_the_start_method_is_set_once():
    from torchlike import multiprocessing as mp

    assert mp.get_start_method() == "spawn" and mp.get_start_method(allow_none=True) is None
    try:
        mp.set_start_method("forkserver")
        assert mp.get_start_method() == "forkserver" and mp.get_context().get_start_method() == "forkserver"
        try:
            mp.set_start_method("spawn")
        except RuntimeError as error:
            assert str(error) == "context has already been set"
        else:
            raise AssertionError("set twice")
    finally:
        mp.set_start_method(None, force=True)
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()
