"""The programs of tests/programs/, whole, from the same text: PyTorch eager, torchlike deferred, and with every module compiled in place.

    python benchmarks/programs.py [--only NAME]... [--rounds N] [--json FILE]

A time is that of a whole program (some twenty steps of a small model, data and set-up included), the median over rounds that take turns. Every
program has run in each column before, so that kernels are compiled; modules and optimisers are made anew in each run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from common import fail_without_torch, geometric_mean, header, median_ratio, table

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.programs import NAMES, common, load  # noqa: E402

COLUMNS = ("torch", "deferred", "compile")


def settled_and_compiled(*modules, seed: int = 0):
    """What programs call `settle`, followed by `Module.compile()`."""
    first = common.settle(*modules, seed=seed)
    for module in modules:
        module.compile()
    return first


def columns_of(name: str) -> dict[str, Callable]:
    """The program's `main` in each column."""
    compiled = load(name, "torchlike")
    compiled["settle"] = settled_and_compiled
    return {"torch": load(name, "torch")["main"], "deferred": load(name, "torchlike")["main"], "compile": compiled["main"]}


def timed(main: Callable) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    main()
    return time.perf_counter() - start


def measure(names: list[str], rounds: int) -> dict:
    """Per program: milliseconds of each column and PyTorch's time divided by ours."""
    record = {}
    for name in names:
        columns = columns_of(name)
        for main in columns.values():
            for _ in range(3):
                main()
        samples: dict[str, list[float]] = {c: [] for c in COLUMNS}
        for _ in range(rounds):
            for column, main in columns.items():
                samples[column].append(timed(main))
        record[name] = {
            "ms": {c: statistics.median(s) * 1e3 for c, s in samples.items()},
            "ratios": {c: median_ratio(samples["torch"], samples[c]) for c in COLUMNS[1:]},
        }
        print(name, record[name]["ms"], file=sys.stderr, flush=True)
    return record


def report(record: dict) -> str:
    """The table with its geometric means."""
    rows = [[name, *(f"{r['ms'][c]:.0f}" for c in COLUMNS), *(f"{r['ratios'][c]:.2f}" for c in COLUMNS[1:])] for name, r in record.items()]
    means = [geometric_mean([r["ratios"][c] for r in record.values()]) for c in COLUMNS[1:]]
    rows.append(["geometric mean", "", "", "", *(f"{x:.2f}" for x in means)])
    return table(["ms per program", *COLUMNS, "torch/deferred", "torch/compile"], rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    fail_without_torch()
    warnings.simplefilter("ignore")
    versions = header()
    print(versions)
    record = measure(args.only or NAMES, args.rounds)
    print(report(record))
    if args.json:
        args.json.write_text(json.dumps({"header": versions.splitlines(), "programs": record}, indent=1) + "\n")


if __name__ == "__main__":
    main()
