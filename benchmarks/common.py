"""What every benchmark prints and how it times: interleaved rounds in one process, medians, ratios."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path


def header(precision: str = "float32, true float32 products") -> str:
    """Versions, machine and flags, so that a table can be read later."""
    import jax
    import jaxlib

    lines = [
        f"python {platform.python_version()}, jax {jax.__version__}, jaxlib {jaxlib.__version__}, {_torch_version()}",
        f"{os.cpu_count()} cores, {platform.machine()}; devices: {', '.join(str(d) for d in jax.devices())}; precision: {precision}",
        " ".join(f"{name}={os.environ.get(name, '')!r}" for name in ("XLA_FLAGS", "TORCHLIKE_EXECUTION", "TORCHLIKE_MALLOC")),
    ]
    return "\n".join(lines)


def _torch_version() -> str:
    try:
        import torch
    except ImportError:
        return "torch not installed (its columns are left out)"
    return f"torch {torch.__version__} ({torch.get_num_threads()} threads)"


def interleaved(candidates: dict, rounds: int, calls: int) -> dict:
    """Median seconds per call of each candidate, taking turns so that drift of the machine hits all alike."""
    samples: dict = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, fn in candidates.items():
            start = time.perf_counter()
            for _ in range(calls):
                fn()
            samples[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(s) for name, s in samples.items()}


class Candidate:
    """A training step in one column. `step(*batch)` returns the loss, whose `.item()` is looked at after every step (`looks`) or at the
    end of a turn, as a training loop that logs now and then does; `mode()` is a context manager held for the whole turn."""

    def __init__(self, step: Callable, batches: list[tuple], looks: bool = False, mode: Callable = contextlib.nullcontext):
        self.step, self.batches, self.looks, self.mode = step, batches, looks, mode
        self.calls = 1

    def run(self, batches) -> float:
        """Steps on these batches; the last loss."""
        loss = None
        for batch in batches:
            loss = self.step(*batch)
            if self.looks:
                loss.item()
        return loss.item()

    def epochs(self, calls: int):
        """So many batches, beginning with the first."""
        return itertools.islice(itertools.cycle(self.batches), calls)

    def losses(self, calls: int) -> list[float]:
        """The loss of each step."""
        with self.mode():
            return [self.run([batch]) for batch in self.epochs(calls)]

    def turn(self, rest: float) -> float:
        """Seconds per step. Untimed steps come first, two and for `rest` seconds: the threads of whoever ran before may still be spinning."""
        with self.mode():
            begin = time.perf_counter()
            while True:
                self.run(self.epochs(2))
                if time.perf_counter() - begin >= rest:
                    break
            start = time.perf_counter()
            self.run(self.epochs(self.calls))
            return (time.perf_counter() - start) / self.calls

    def prepare(self, seconds: float) -> None:
        """Run until everything is compiled, and choose the number of steps of a turn: whole passes over the batches, so many seconds long."""
        with self.mode():
            for _ in range(4):
                self.run(self.batches)
        self.calls, best = len(self.batches), math.inf
        for _ in range(4):
            best = min(best, self.turn(0))
            self.calls = len(self.batches) * min(max(round(seconds / (best * len(self.batches))), 1), 5000)


class Foreign:
    """How many cores others keep busy while this runs; 0 where the system does not tell. A spinning barrier of torch's threads takes many
    times as long when another process has one of the cores, so that a disturbed time says nothing."""

    QUIET = 0.1

    def __init__(self):
        self.begin = self.now()

    @staticmethod
    def now() -> tuple[float, float]:
        """Seconds by the clock, and seconds of processor time that were not this process's."""
        stat = Path("/proc/stat")
        if not stat.exists():
            return time.perf_counter(), 0.0
        user, nice, system, _, _, irq, soft, steal, *_ = map(int, stat.read_text().splitlines()[0].split()[1:])
        return time.perf_counter(), (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK") - time.process_time()

    def cores(self) -> float:
        """Since the beginning."""
        (clock, busy), (clock0, busy0) = self.now(), self.begin
        return max(busy - busy0, 0.0) / (clock - clock0)

    @classmethod
    def wait(cls, patience: float) -> float:
        """Wait for a quiet moment, so many seconds at most; what is left of them."""
        begin = time.perf_counter()
        while time.perf_counter() - begin < patience:
            foreign = cls()
            time.sleep(0.2)
            if foreign.cores() < cls.QUIET:
                break
        return max(patience - (time.perf_counter() - begin), 0.0)


def take_turns(candidates: dict[str, Candidate], rounds: int, seconds: float = 0.04, rest: float = 0.015,
               patience: float = 20.0) -> tuple[dict[str, list[float]], float]:
    """Seconds per step of each candidate in each round, and how many cores others kept busy meanwhile. Another candidate begins each round. A
    round that others disturb is made again while patience lasts: seconds of waiting, and then of measuring. The quietest rounds count."""
    patience = Foreign.wait(patience)
    deadline = time.perf_counter() + 2 * patience + 20
    for c in candidates.values():
        c.prepare(seconds)
    names, made = list(candidates), []
    while sum(foreign < Foreign.QUIET for foreign, _ in made) < rounds and (len(made) < min(rounds, 3) or time.perf_counter() < deadline):
        if made and made[-1][0] >= Foreign.QUIET:
            patience = Foreign.wait(patience)
        first, foreign = len(made) % len(names), Foreign()
        turns = {name: candidates[name].turn(rest) for name in names[first:] + names[:first]}
        made.append((foreign.cores(), turns))
    kept = sorted(made, key=lambda r: r[0])[:rounds]
    return {name: [turns[name] for _, turns in kept] for name in names}, statistics.median(foreign for foreign, _ in kept)


def median_ratio(a: list[float] | None, b: list[float] | None) -> float | None:
    """Median over rounds of a / b; drift of the machine from round to round cancels. None without one of them."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True)) if a and b else None


def geometric_mean(values: list[float]) -> float | None:
    """The mean of ratios; None of none."""
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def peak_memory() -> float:
    """The highest resident size of this process in MiB. Not `ru_maxrss` where Linux tells better: that begins with the size of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Plain columns."""
    widths = [max(len(str(r[i])) for r in [columns, *rows]) for i in range(len(columns))]
    return "\n".join("  ".join(str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True)))
                     for r in [columns, *rows])


def fail_without_torch():
    """The torch module, or a sentence and exit."""
    try:
        import torch
    except ImportError:
        sys.exit('this benchmark compares with PyTorch: pip install -e ".[parity]"')
    return torch
