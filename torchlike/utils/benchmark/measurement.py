"""The times that a Timer took."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable

from .task import TaskSpec
from .units import select_unit

_MANY_ENOUGH = 4  # fewer times have no quartiles
_WIDE = 0.1  # a wider interquartile range, against the median, deserves a warning
_Z = 1.645  # of a confidence of 90 %


def _quantile(ordered: list[float], q: float) -> float:
    place = q * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclasses.dataclass(init=True, repr=False)
class Measurement:
    """Seconds of several blocks of `number_per_run` runs, and what they say about one run (torch.utils.benchmark.Measurement)."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict | None = None

    @property
    def times(self) -> list[float]:
        """Seconds of one run, by block."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def _sorted(self) -> list[float]:
        return sorted(self.times)

    @property
    def median(self) -> float:
        """The median of the times."""
        return _quantile(self._sorted, 0.5)

    @property
    def mean(self) -> float:
        """The mean of the times."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """The distance of the quartiles."""
        return _quantile(self._sorted, 0.75) - _quantile(self._sorted, 0.25)

    @property
    def significant_figures(self) -> int:
        """How many figures of the median can be trusted, judging by the times between the quartiles."""
        n, ordered = len(self.raw_times), self._sorted
        middle = ordered[n // 4 : max(math.ceil(3 * n / 4), n // 4 + 1)]
        interval = 2 * _Z * statistics.pstdev(middle) / math.sqrt(len(middle))
        return 5 if interval == 0 else min(max(math.floor(math.log10(self.median / interval)), 1), 5)

    @property
    def has_warnings(self) -> bool:
        """Whether the times scatter so much that the median means little."""
        return len(self.raw_times) >= _MANY_ENOUGH and not self.meets_confidence()

    def meets_confidence(self, threshold: float = _WIDE) -> bool:
        """Whether the interquartile range is below that part of the median."""
        return self.iqr / self.median < threshold

    @property
    def title(self) -> str:
        """What was timed."""
        return self.task_spec.title

    @property
    def env(self) -> str:
        """Where it was timed, for comparisons."""
        return self.task_spec.env or "Unspecified env"

    @property
    def as_row_name(self) -> str:
        """The name of its row in a table."""
        return self.task_spec.sub_label or self.task_spec.stmt

    @property
    def description(self) -> str | None:
        """The name of its column in a table."""
        return self.task_spec.description

    def __getattr__(self, name: str):
        if name in TaskSpec.__dataclass_fields__:
            return getattr(self.task_spec, name)
        raise AttributeError(f"'Measurement' object has no attribute '{name}'")

    def __repr__(self):
        n, (unit, scale) = len(self.raw_times), select_unit(self.median)
        lines = [f"{super().__repr__()}", self.task_spec.summarize()]
        lines.append(f"  {'Median: ' if n > 1 else ''}{self.median / scale:.2f} {unit}")
        if n >= _MANY_ENOUGH:
            low, high = (_quantile(self._sorted, q) / scale for q in (0.25, 0.75))
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        threads = self.task_spec.num_threads
        lines.append(f"  {n} measurement{'s' if n > 1 else ''}, {self.number_per_run} runs {'per measurement' if n > 1 else ''}, "
                     f"{threads} thread{'s' if threads > 1 else ''}")
        if self.has_warnings:
            lines.append(f"  WARNING: Interquartile range is {self.iqr / self.median * 100:.1f}% of the median measurement.\n"
                         "           This could indicate system fluctuation.")
        return "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One Measurement for each different task: the times of one run of all those of the task."""
        times: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            times.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, found, task, None) for task, found in times.items()]
