"""`Timer`: runs a statement many times and takes the time.

Deferred execution would never compute a result that nobody looks at, so after each run what is pending is run with the statement's
result still there, and a block ends when the last result has been computed.
"""

from __future__ import annotations

import enum
import time
import timeit
from collections.abc import Callable
from typing import Any

from ...core.tensor import Tensor
from ...execution import executor
from .measurement import Measurement
from .task import TaskSpec

_last: list = [None]


def _run(result) -> None:
    """Run what is pending while `result` still wants its value."""
    _last[0] = result
    executor.flush()


def timer() -> float:
    """Seconds on a steady clock, once everything given so far has been computed."""
    import jax

    executor.flush()
    for leaf in jax.tree.leaves(_last[0], is_leaf=lambda x: isinstance(x, Tensor)):
        if isinstance(leaf, Tensor):
            jax.block_until_ready(leaf.jax())
    _last[0] = None
    return time.perf_counter()


class Language(enum.Enum):
    """The language of a statement: Python."""

    PYTHON = 0
    CPP = 1


def _is_expression(source: str) -> bool:
    try:
        compile(source, "<timed>", "eval")
    except SyntaxError:
        return False
    return True


class Timer:
    """Times `stmt` after `setup`, with `globals` as the names it sees; the labels are for tables (torch.utils.benchmark.Timer)."""

    def __init__(
        self, stmt: str = "pass", setup: str = "pass", global_setup: str = "", timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None, label: str | None = None, sub_label: str | None = None, description: str | None = None,
        env: str | None = None, num_threads: int = 1, language: Language | str = Language.PYTHON,
    ):
        if language not in (Language.PYTHON, "py", "python"):
            raise NotImplementedError("torchlike times Python only; there is no C++ interface to time")
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if global_setup:
            raise ValueError(f"global_setup is C++ only, got `{global_setup}`. Most likely this code can simply be moved to `setup`.")
        self._task_spec = TaskSpec(stmt=stmt, setup=setup, label=label, sub_label=sub_label, description=description, env=env,
                                   num_threads=num_threads)
        source = f"_torchlike_run((\n{stmt}\n))" if _is_expression(stmt) else f"{stmt}\n_torchlike_run(None)"
        names = {**(globals or {}), "_torchlike_run": _run}
        if "torch" not in names:
            import torchlike

            names["torch"] = torchlike
        self._timer = timeit.Timer(stmt=source, setup=setup, timer=timer, globals=names)

    def _timeit(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)

    def _measured(self, number: int, times: list[float]) -> Measurement:
        return Measurement(number, times, self._task_spec)

    def timeit(self, number: int = 1000000) -> Measurement:
        """One block of `number` runs, after a hundredth as many to warm up."""
        self._timeit(max(number // 100, 2))
        return self._measured(number, [self._timeit(number)])

    def _block_size(self, min_run_time: float) -> int:
        """How many runs make the reading of the clock not matter: a block of at least a thousandth of the whole."""
        overhead = sorted(self._timeit(0) for _ in range(5))[2]
        number = 1
        while True:
            taken = self._timeit(number)
            if overhead / taken <= 1e-4 and taken >= min_run_time / 1000 or taken > min_run_time:
                return number
            number *= 10

    def _blocks(self, number: int, enough: Callable[[list[float], float], bool], callback) -> Measurement:
        times: list[float] = []
        total = 0.0
        while True:
            taken = self._timeit(number)
            if callback is not None:
                callback(number, taken)
            times.append(taken)
            total += taken
            if enough(times, total):
                return self._measured(number, times)

    def blocked_autorange(self, callback: Callable[[int, float], None] | None = None, min_run_time: float = 0.2) -> Measurement:
        """As many blocks as `min_run_time` seconds take, each long enough for the clock not to matter."""
        return self._blocks(self._block_size(min_run_time), lambda times, total: total >= min_run_time, callback)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01, max_run_time: float = 10.0,
        callback: Callable[[int, float], None] | None = None,
    ) -> Measurement:
        """Blocks until the interquartile range is below `threshold` times the median, or `max_run_time` seconds have gone by."""
        number = self._block_size(0.05)

        def enough(times: list[float], total: float) -> bool:
            if total >= max_run_time:
                return True
            return total >= min_run_time and len(times) > 3 and self._measured(number, times).meets_confidence(threshold)

        return self._blocks(number, enough, callback)

    def autorange(self, *args, **kwargs):
        """Raises NotImplementedError: see `blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def repeat(self, *args, **kwargs):
        """Raises NotImplementedError: see `blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def collect_callgrind(self, *args, **kwargs):
        """Raises NotImplementedError: instructions are not counted here."""
        raise NotImplementedError("torchlike counts no instructions; time the statement with blocked_autorange")
