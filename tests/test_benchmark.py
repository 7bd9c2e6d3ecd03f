"""torch.utils.benchmark: what is timed is computed, statistics, and the table."""

import pytest

import torchlike as torch
from torchlike.utils.benchmark import Compare, Measurement, TaskSpec, Timer, select_unit, trim_sigfig


def measured(times, **labels):
    return Measurement(10, times, TaskSpec(stmt="foo()", setup="pass", **labels))


def test_statistics():
    m = measured([1.0, 1.2, 1.1, 1.05, 3.0, 1.0, 1.1, 1.1], label="L", sub_label="a", description="d")
    assert (m.median, m.mean, m.iqr) == pytest.approx((0.11, 0.131875, 0.00875)) and m.significant_figures == 1 and not m.has_warnings
    assert repr(m).split("\n")[1:] == ["L: a", "d", "  Median: 110.00 ms", "  IQR:    8.75 ms (103.75 to 112.50)",
                                       "  8 measurements, 10 runs per measurement, 1 thread"]
    assert "WARNING" in repr(measured([1.0, 2.0, 3.0, 4.0]))
    (merged,) = Measurement.merge([m, m])
    assert len(merged.times) == 16 and merged.median == m.median
    assert select_unit(2e-5) == ("us", 1e-6) and trim_sigfig(1.2345, 2) == 1.2


def test_table():
    results = [measured([1.1], label="L", sub_label="a", description="d1"), measured([0.0011], label="L", sub_label="b", description="d1"),
               measured([0.0021], label="L", sub_label="a", description="d2", num_threads=4)]
    table = Compare(results)
    assert str(table) == """\
[------------ L -------------]
         |     d1     |    d2\x20
1 threads: -------------------
      a  |  110000.0  |      \x20
      b  |     110.0  |      \x20
4 threads: -------------------
      a  |            |  210.0

Times are in microseconds (us).
"""
    table.colorize()
    assert "\033[92m\033[1m   110.0\033[0m\033[0m" in str(table) and "\033[31m" in str(table)


@pytest.mark.parametrize("mode", ["deferred", "immediate"])
def test_what_is_timed_is_computed(mode):
    counted = []

    def count(x):
        counted.append(x)
        return x + 1

    with torch.set_execution(mode):
        m = Timer("count(x)", globals={"count": count, "x": torch.ones(2)}, num_threads=2).timeit(10)
        assert m.number_per_run == 10 and len(counted) == 12 and m.median > 0
        big, small = (Timer("x @ x", setup="x = torch.ones(n, n)", globals={"n": n}).blocked_autorange(min_run_time=0.02) for n in (400, 4))
    assert big.median > 3 * small.median


def test_refusals():
    with pytest.raises(NotImplementedError, match="Python only"):
        Timer("x", language="c++")
    with pytest.raises(NotImplementedError):
        Timer("x").collect_callgrind()
