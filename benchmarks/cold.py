"""`suite.py --cold`: what a fresh process pays. Every figure comes from a process of its own.

`import`: the library. `build`: the model, its data, the optimiser. `first`: the first step, to the end of its loss. `again` is a process that
finds the compile cache which the one before left. `peak` is the resident memory after 20 steps.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
from common import Candidate, fail_without_torch, peak_memory, table

STEPS = 20
COLUMNS = ("torch", "deferred", "compile", "jax.jit")


def build(column: str, name: str, place: dict, weights: str) -> tuple[float, Callable[[], Candidate]]:
    """Seconds to import the column's library, and a function that builds the step."""
    start = time.perf_counter()
    m = importlib.import_module({"torch": "torch", "jax.jit": "jax"}.get(column, "torchlike"))
    imported = time.perf_counter() - start
    if column == "torch":
        # The hand-written steps stand in the same files; torch's process is not to carry JAX for them.
        with mock.patch.dict(sys.modules, {name: mock.MagicMock() for name in ("jax", "jax.numpy")}):
            from workloads import WORKLOADS
    else:
        from suite import place as computing_on
        from workloads import WORKLOADS

        computing_on(**place)
    workload = WORKLOADS[name]

    def candidate():
        if column == "jax.jit":
            with np.load(weights) as stored:
                return Candidate(*workload.hand_written(dict(stored), place["dtype"]), workload.looks)
        if column == "deferred":
            m.set_execution("deferred")
        program = workload.framework(m, **place)
        return Candidate(m.compile(program.step) if column == "compile" else program.step, program.batches, workload.looks)

    return imported, candidate


def child(column: str, name: str, place: dict, weights: str) -> dict:
    """In a fresh process: seconds and MiB."""
    if column == "jax itself":
        start = time.perf_counter()
        import jax
        import jax.numpy as jnp

        imported = time.perf_counter() - start
        jax.jit(lambda x: x + 1)(jnp.zeros(4)).block_until_ready()
        return {"import": imported, "build": 0.0, "first": time.perf_counter() - start - imported, "peak": peak_memory()}
    imported, candidate = build(column, name, place, weights)
    start = time.perf_counter()
    c = candidate()
    built = time.perf_counter()
    c.run(c.epochs(1))
    first = time.perf_counter()
    c.run(list(c.epochs(STEPS))[1:])
    return {"import": imported, "build": built - start, "first": first - built, "peak": peak_memory()}


def spawn(*arguments: str, cache: str) -> dict:
    """The figures of one child, which keeps what it compiles in this folder."""
    variables = {"TORCHLIKE_CACHE_DIR": cache, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if arguments[0] == "jax.jit":
        variables |= {"JAX_COMPILATION_CACHE_DIR": cache, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                      "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, env=os.environ | variables)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def store_weights(name: str, path: str) -> None:
    """The weights of a torch model, for the hand-written step."""
    from workloads import WORKLOADS
    from workloads.program import weights_of

    np.savez(path, **weights_of(WORKLOADS[name].framework(fail_without_torch()).model))


def measure_cold(names: list[str], place: dict, rounds: int) -> dict:
    """Row, column: medians over rounds of an empty cache's figures and, as `again`, those of the process after it."""
    columns = [c for c in COLUMNS if c != "compile" or has_compile()]
    record: dict = {"jax itself": medians([spawn("jax itself", "", "{}", "", cache="") for _ in range(rounds)])}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            weights = str(Path(folder) / f"{name}.npz")
            store_weights(name, weights)
            record[name] = {}
            for column in columns:
                pairs = []
                for _ in range(rounds):
                    with tempfile.TemporaryDirectory() as cache:
                        pairs.append([spawn(column, name, json.dumps(place), weights, cache=cache) for _ in range(1 if column == "torch" else 2)])
                record[name][column] = medians([p[0] for p in pairs])
                if column != "torch":
                    record[name][column]["again"] = medians([p[1] for p in pairs])
                print(f"{name} {column}: {record[name][column]}", file=sys.stderr, flush=True)
    return record


def has_compile() -> bool:
    """Whether torchlike.compile exists."""
    import torchlike

    return hasattr(torchlike, "compile")


def medians(runs: list[dict]) -> dict:
    """Key by key."""
    return {k: statistics.median(r[k] for r in runs) for k in runs[0]}


def report_cold(record: dict) -> str:
    """The table."""
    rows = []
    for name, columns in record.items():
        for column, r in ({"": columns} if name == "jax itself" else columns).items():
            again = r.get("again")
            warm = [f"{again['build']:.2f}", f"{again['first']:.2f}"] if again else ["-", "-"]
            rows.append([f"{name} {column}", f"{r['import']:.2f}", f"{r['build']:.2f}", f"{r['first']:.2f}", *warm, f"{r['peak']:.0f}"])
    return table(["cold start", "import s", "build s", "first s", "build again s", "first again s", "peak MiB"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="one child of suite.py --cold")
    for argument in ("column", "name", "place", "weights"):
        parser.add_argument(argument)
    args = parser.parse_args()
    print(json.dumps(child(args.column, args.name, json.loads(args.place), args.weights)))
