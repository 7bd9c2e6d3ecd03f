"""Where the time of a step goes, for the rows of suite.py: the arithmetic, what `compile` puts around it, and Python.

    python benchmarks/breakdown.py [--only NAME]... [--rounds N]

*program* is the XLA program of the step alone, called with the buffers of one real step and waited for: no way of running the step can take less
with this lowering. *torch/2* and *torch/2.5* are what the targets leave for the whole step: where the program alone takes longer, Python is not
what keeps a row from them. *main* is processor time of the thread that runs the loop, per step, with `compile` and deferred; divided by the ops of
a step it is the price of one deferred op. All columns of a row take turns in one process.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings

import jax
from common import Candidate, fail_without_torch, header, table, take_turns

fail_without_torch()
from suite import candidates_of  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

import torchlike  # noqa: E402
from torchlike.execution.program import Program  # noqa: E402

COLUMNS = ("torch", "torch/2", "torch/2.5", "jax.jit", "program", "compile", "main", "deferred", "main", "ops", "us per op")


def last_program(candidate: Candidate) -> tuple:
    """The jitted function that one more step runs, and its arguments: (donated, others, numbers). The largest, if it runs several."""
    found, call = [], Program.__call__

    def spy(program, arrays, scalars, words):
        donated = [jax.numpy.array(arrays[slot], copy=True) for slot in program.donated]
        found.append((program.fn, donated, [arrays[slot] for slot in program.kept], program._packs(scalars, words)))
        return call(program, arrays, scalars, words)

    Program.__call__ = spy
    try:
        candidate.losses(1)
    finally:
        Program.__call__ = call
    return max(found, key=lambda f: len(f[1]) + len(f[2]))


def alone(fn, donated: list, others: list, numbers: list, calls: int) -> float:
    """Seconds per run of a program, each waited for; what it takes over is copied before."""
    copies = [[jax.numpy.array(x, copy=True) for x in donated] for _ in range(calls)]
    jax.block_until_ready(copies)
    start = time.perf_counter()
    for taken in copies:
        jax.block_until_ready(fn(taken, others, numbers))
    return (time.perf_counter() - start) / calls


def on_main(candidate: Candidate) -> float:
    """Processor seconds of this thread per step; the least of a few turns."""
    found = []
    with candidate.mode():
        for _ in range(5):
            start = time.thread_time()
            candidate.run(candidate.epochs(candidate.calls))
            found.append((time.thread_time() - start) / candidate.calls)
    return min(found)


def ops_of(candidate: Candidate) -> float:
    """How many values a step computes."""
    before = torchlike.debug.stats()["ops"]
    calls = len(candidate.batches)
    with candidate.mode():
        candidate.run(candidate.epochs(calls))
    return (torchlike.debug.stats()["ops"] - before) / calls


def breakdown(name: str, rounds: int) -> list[str]:
    """One row."""
    found = candidates_of(WORKLOADS[name], {"device": "cpu", "dtype": "float32"}, torch_compile=False)
    del found["immediate"]
    samples, _ = take_turns(found, rounds)
    ms = {column: statistics.median(times) * 1e3 for column, times in samples.items()}
    arithmetic = last_program(found["compile"])
    least = statistics.median(alone(*arithmetic, calls=10) for _ in range(2 * rounds)) * 1e3
    compiled, deferred = (on_main(found[column]) * 1e3 for column in ("compile", "deferred"))
    ops = ops_of(found["deferred"])
    figures = (ms["torch"], ms["torch"] / 2, ms["torch"] / 2.5, ms["jax.jit"], least, ms["compile"], compiled, ms["deferred"], deferred)
    return [name + "*" * WORKLOADS[name].looks, *(f"{x:.3f}" for x in figures), f"{ops:.0f}", f"{deferred / ops * 1e3:.1f}"]


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=WORKLOADS, action="append", metavar="NAME", help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    warnings.filterwarnings("ignore", module="torch")
    rows = []
    for name in args.only or WORKLOADS:
        rows.append(breakdown(name, args.rounds))
        print(*rows[-1], file=sys.stderr, flush=True)
    print(f"{header()}\n\n{table(['ms per step', *COLUMNS], rows)}")


if __name__ == "__main__":
    main()
