"""Whole training steps of many kinds of models, side by side: PyTorch eager and compiled, torchlike in its ways to run, hand-written `jax.jit`.

    python benchmarks/suite.py [--only NAME]... [--rounds N] [--json FILE] [--png FILE] [--device cuda] [--dtype bfloat16]
    python benchmarks/suite.py --check           all columns train alike from the same weights on the same data
    python benchmarks/suite.py --cold            fresh processes: import, first step without and with a filled compile cache, peak memory

All columns of a row take turns in one process. A turn is untimed steps, then about 40 ms of steps whose last loss is looked at (every one in
rows marked *). Times are medians over rounds; a ratio is the median of the ratios of single rounds, above 1 when the second is faster. Rounds
in which other processes kept the cores busy are made again; a row that never had a quiet machine is marked ! and does not count.
"""

from __future__ import annotations

import argparse
import functools
import json
import statistics
import sys
import warnings
from collections.abc import Callable

from common import Candidate, Foreign, fail_without_torch, geometric_mean, header, median_ratio, table, take_turns
from workloads import WORKLOADS
from workloads.program import load, weights_of

COLUMNS = ("torch", "torch.compile", "immediate", "deferred", "compile", "jax.jit")
RATIOS = (("torch", "deferred"), ("torch", "compile"), ("jax.jit", "compile"), ("jax.jit", "deferred"))
CHECK_STEPS = 5


def place(device: str, dtype: str) -> None:
    """JAX computes on this device, and products in float32 are true ones everywhere."""
    import jax

    jax.config.update("jax_default_device", jax.devices("gpu" if device.startswith("cuda") else device)[0])
    if dtype == "float32" and not device.startswith("cpu"):
        jax.config.update("jax_default_matmul_precision", "highest")
        fail_without_torch().backends.cudnn.allow_tf32 = False


def candidates_of(workload, place: dict, torch_compile: bool = True, check: bool = False) -> dict[str, Candidate]:
    """Every column of a row, from the same weights: those of a torch model."""
    torch = fail_without_torch()
    import torchlike

    program = workload.framework(torch, check=check, **place)
    weights = weights_of(program.model)
    found = {"torch": Candidate(program.step, program.batches, workload.looks)}
    if torch_compile:
        torch._dynamo.reset()
        torch._dynamo.config.recompile_limit = 16  # rnn_loop has 8 lengths
        program = workload.framework(torch, check=check, **place)
        program.loss_of = torch.compile(program.loss_of)
        found["torch.compile"] = Candidate(program.step, program.batches, workload.looks)

    def ours(wrap=lambda step: step, mode="immediate"):
        program = workload.framework(torchlike, check=check, **place)
        load(torchlike, program.model, weights)
        return Candidate(wrap(program.step), program.batches, workload.looks, functools.partial(torchlike.set_execution, mode))

    found["immediate"] = ours()
    found["deferred"] = ours(mode="deferred")
    found["compile"] = ours(torchlike.compile)
    step, batches = workload.hand_written(weights, place["dtype"], check)
    found["jax.jit"] = Candidate(step, batches, workload.looks)
    return found


def first_losses(name: str, candidates: dict[str, Candidate], steps: int) -> dict[str, list[float]]:
    """The losses of the first steps of every column. torch.compile is taken out, and a sentence printed, where it does not run."""
    losses = {}
    for column, c in list(candidates.items()):
        try:
            losses[column] = c.losses(steps)
        except Exception as error:  # whatever the compiler or its tool chain raises
            if column != "torch.compile":
                raise
            del candidates[column]
            print(f"torch.compile does not run {name}: {type(error).__name__}: {str(error).strip().splitlines()[0][:150]}", file=sys.stderr)
    return losses


def check(names: list[str], place: dict, torch_compile: bool) -> bool:
    """Whether all columns train alike; prints the losses of the last step and the largest relative difference from torch's."""
    tolerance = 1e-4 if place["dtype"] == "float32" else 0.1
    rows, good = [], True
    for name in names:
        found = first_losses(name, candidates_of(WORKLOADS[name], place, torch_compile, check=True), CHECK_STEPS)
        expected = found["torch"]
        off = {c: max(abs(a - b) / max(abs(b), 1e-3) for a, b in zip(losses, expected, strict=True)) for c, losses in found.items()}
        bad = [c for c, d in off.items() if not d <= tolerance]
        good &= not bad
        rows.append([name, f"{expected[0]:.5f}", *(f"{found[c][-1]:.5f}" if c in found else "-" for c in COLUMNS), f"{max(off.values()):.1e}",
                     "differs: " + ", ".join(bad) if bad else "agrees"])
    print(table([f"loss of step {CHECK_STEPS}", "step 1", *COLUMNS, "difference", ""], rows))
    return good


def measure(names: list[str], place: dict, rounds: int, torch_compile: bool, patience: float, keep: Callable[[dict], None]) -> dict:
    """Per row: milliseconds of every column, and the ratios. What there is so far is given to `keep` after each row."""
    record = {}
    for name in names:
        candidates = candidates_of(WORKLOADS[name], place, torch_compile)
        first_losses(name, candidates, 1)
        samples, foreign = take_turns(candidates, rounds, patience=patience)
        record[name] = {
            "others_cores": foreign,
            "ms": {c: statistics.median(s) * 1e3 for c, s in samples.items()},
            "ratios": {f"{a}/{b}": median_ratio(samples.get(a), samples.get(b)) for a, b in (*RATIOS, ("torch", "immediate"))},
            "rounds_ms": {c: [x * 1e3 for x in s] for c, s in samples.items()},
        }
        print(f"{name}: {', '.join(f'{c} {ms:.3f} ms' for c, ms in record[name]['ms'].items())}", file=sys.stderr, flush=True)
        keep(record)
    return record


def figures(record: dict, a: str, b: str) -> dict[str, float]:
    """Row: ratio, where both columns are there and the machine was quiet."""
    return {name: r["ratios"][f"{a}/{b}"] for name, r in record.items() if r["ratios"][f"{a}/{b}"] and r["others_cores"] < Foreign.QUIET}


def report(record: dict) -> str:
    """The table, its geometric means, and how they stand to the targets."""
    rows = []
    for name, r in record.items():
        times = [f"{r['ms'][c]:.3f}" if c in r["ms"] else "-" for c in COLUMNS]
        ratios = [r["ratios"][f"{a}/{b}"] for a, b in RATIOS]
        marks = "*" * WORKLOADS[name].looks + "!" * (r["others_cores"] >= Foreign.QUIET)
        rows.append([name + marks, *times, *("-" if x is None else f"{x:.2f}" for x in ratios)])
    means = [geometric_mean(list(figures(record, a, b).values())) for a, b in RATIOS]
    rows.append(["geometric mean", *[""] * len(COLUMNS), *("-" if x is None else f"{x:.2f}" for x in means)])
    columns = ["ms per step", *COLUMNS, "torch/deferred", "torch/compile", "jit/compile", "jit/deferred"]
    return table(columns, rows) + "\n\n" + "\n".join(targets(record))


def targets(record: dict) -> list[str]:
    """One sentence per target."""
    lines = []
    for column, least in (("deferred", 2.0), ("compile", 2.5)):
        found = figures(record, "torch", column)
        if found:
            mean, low = geometric_mean(list(found.values())), [f"{n} {x:.2f}" for n, x in found.items() if x < 0.9]
            lines.append(f"torch/{column}: mean {mean:.2f}, target {least}: {'met' if mean >= least else 'missed'}; "
                         f"rows under 0.9: {', '.join(low) or 'none'}")
    for column, most, above in (("compile", 1.1, 0.0), ("deferred", 1.5, 1.0)):
        found = {n: 1 / x for n, x in figures(record, "jax.jit", column).items() if record[n]["ms"]["jax.jit"] > above}
        if found:
            over = [f"{n} {x:.2f}" for n, x in found.items() if x > most]
            where = f" where that takes over {above:g} ms" if above else ""
            lines.append(f"{column} within {most} times hand-written jax.jit{where}: {len(found) - len(over)} of {len(found)} rows"
                         + (f"; not {', '.join(over)}" if over else ""))
    return lines


def draw(record: dict, path: str, title: str) -> None:
    """Bars of torch's time over that of the others."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    series = [c for c in COLUMNS[1:] if any(c in r["ms"] for r in record.values())]
    figure, axes = pyplot.subplots(figsize=(max(6, 1.1 * len(record) + 2), 4.5), layout="constrained")
    width = 0.8 / len(series)
    for i, c in enumerate(series):
        heights = [median_ratio(r["rounds_ms"]["torch"], r["rounds_ms"].get(c)) for r in record.values()]
        axes.bar([x + (i - (len(series) - 1) / 2) * width for x in range(len(record))], [(h or 1) - 1 for h in heights], width, bottom=1, label=c)
    axes.set_yscale("log")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.axhline(2, color="grey", linewidth=0.8, linestyle=":")
    ticks = [t for t in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20) if axes.get_ylim()[0] <= t <= axes.get_ylim()[1]]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_xticks(range(len(record)), record, rotation=30, ha="right")
    axes.set_ylabel("times as fast as torch eager")
    axes.set_title(title, fontsize=8)
    axes.legend(ncols=len(series), fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Parse, measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=WORKLOADS, action="append", metavar="NAME", help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, help="9; with --cold 1")
    parser.add_argument("--patience", type=float, default=20, help="seconds per row to wait for a machine that others leave alone (default 20)")
    parser.add_argument("--check", action="store_true", help="compare the losses of all columns instead")
    parser.add_argument("--cold", action="store_true", help="fresh processes instead: import, first step, peak memory")
    parser.add_argument("--no-torch-compile", action="store_true", help="leave torch.compile out, which takes longest to begin")
    parser.add_argument("--json", help="also write the figures to this file")
    parser.add_argument("--png", help="also draw the ratios into this file")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    args = parser.parse_args()
    names, where = args.only or list(WORKLOADS), {"device": args.device, "dtype": args.dtype}
    precision = "float32, true float32 products" if args.dtype == "float32" else args.dtype

    def keep(found: dict) -> None:
        if args.json:
            kept = {"header": head.split("\n"), "device": args.device, "precision": precision, "cold" if args.cold else "steady": found}
            with open(args.json, "w") as f:
                json.dump(kept, f, indent=1)

    if args.cold:
        from cold import measure_cold, report_cold

        found = measure_cold(names, where, args.rounds or 1)
        head, text = header(precision), report_cold(found)
        keep(found)
    else:
        warnings.filterwarnings("ignore", module="torch")
        fail_without_torch()
        import torchlike  # noqa: F401  (its process-wide settings come first, then ours)

        place(args.device, args.dtype)
        head = header(precision)
        if args.check:
            print(head + "\n")
            sys.exit(not check(names, where, not args.no_torch_compile))
        found = measure(names, where, args.rounds or 9, not args.no_torch_compile, args.patience, keep)
        text = report(found)
    print(f"{head}\n\n{text}")
    if args.png and not args.cold:
        draw(found, args.png, head.split("\n")[0] + ", " + args.dtype)


if __name__ == "__main__":
    main()
