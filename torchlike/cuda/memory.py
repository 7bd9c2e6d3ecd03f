"""How much memory of a GPU is in use, as XLA's allocator tells (torch.cuda.memory). Without a GPU everything is zero.

XLA's peaks count from the start of the process: nothing resets them.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict

from .devices import is_available, place

_KEYS = {
    "allocated_bytes.all.current": "bytes_in_use", "allocated_bytes.all.peak": "peak_bytes_in_use", "allocation.all.current": "num_allocs",
    "reserved_bytes.all.current": "pool_bytes", "reserved_bytes.all.peak": "peak_pool_bytes",
}  # fmt: skip


def _stats(device=None) -> dict:
    stats = dict(place(device).memory_stats() or {}) if is_available() else {}
    for reserved, used in (("pool_bytes", "bytes_in_use"), ("peak_pool_bytes", "peak_bytes_in_use")):
        stats.setdefault(reserved, stats.get(used, 0))
    return stats


def memory_allocated(device=None) -> int:
    """Bytes in use on a GPU, 0 without one."""
    return _stats(device).get("bytes_in_use", 0)


def max_memory_allocated(device=None) -> int:
    """The most bytes that were in use on a GPU, 0 without one."""
    return _stats(device).get("peak_bytes_in_use", 0)


def memory_reserved(device=None) -> int:
    """Bytes that XLA has taken from a GPU."""
    return _stats(device)["pool_bytes"]


def max_memory_reserved(device=None) -> int:
    """The most bytes that XLA had taken from a GPU."""
    return _stats(device)["peak_pool_bytes"]


def memory_cached(device=None) -> int:
    """`memory_reserved` (deprecated)."""
    warnings.warn("`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`", FutureWarning, stacklevel=2)
    return memory_reserved(device)


def max_memory_cached(device=None) -> int:
    """`max_memory_reserved` (deprecated)."""
    warnings.warn("`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`", FutureWarning, stacklevel=2)
    return max_memory_reserved(device)


def memory_stats(device=None) -> OrderedDict:
    """What XLA's allocator counts, under PyTorch's names where it has one; empty without a GPU."""
    if not is_available():
        return OrderedDict()
    stats = _stats(device)
    named = {name: stats.get(key, 0) for name, key in _KEYS.items()}
    return OrderedDict(sorted({**stats, **named, "num_alloc_retries": 0, "num_ooms": 0}.items()))


def memory_stats_as_nested_dict(device=None) -> dict:
    """`memory_stats` with the parts of its names as levels."""
    nested: dict = {}
    for name, value in memory_stats(device).items():
        level = nested
        *outer, last = name.split(".")
        for part in outer:
            level = level.setdefault(part, {})
        level[last] = value
    return nested


def memory_summary(device=None, abbreviated: bool = False) -> str:
    """`memory_stats` as a table."""
    stats = _stats(device)
    rows = [("Allocated memory", "bytes_in_use", "peak_bytes_in_use"), ("Reserved memory", "pool_bytes", "peak_pool_bytes")]
    rule = "-" * 64
    lines = [rule, f"|{'Metric':^24}|{'Cur Usage':^18}|{'Peak Usage':^18}|", rule]
    for title, now, peak in rows:
        lines.append(f"| {title:<23}|{_size(stats.get(now, 0)):>17} |{_size(stats.get(peak, 0)):>17} |")
    return "\n".join([*lines, rule]) + "\n"


def _size(count: int) -> str:
    number = float(count)
    for unit in ("B", "KiB", "MiB"):
        if number < 10 * 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.0f} GiB"


def memory_snapshot(mempool_id=None) -> list:
    """Empty: XLA does not tell its blocks."""
    return []


def host_memory_stats() -> OrderedDict:
    """Empty: XLA counts no pinned memory of the host."""
    return OrderedDict()


def host_memory_stats_as_nested_dict() -> dict:
    """Empty, likewise."""
    return {}


def reset_peak_host_memory_stats() -> None:
    """Nothing."""


reset_accumulated_host_memory_stats = reset_peak_host_memory_stats


def mem_get_info(device=None) -> tuple[int, int]:
    """(free, all) bytes of what JAX may use of a GPU."""
    stats = place(device).memory_stats() or {}
    limit = stats.get("bytes_limit", 0)
    return limit - stats.get("bytes_in_use", 0), limit


def empty_cache() -> None:
    """Nothing: XLA's allocator needs no help."""


def reset_peak_memory_stats(device=None) -> None:
    """Nothing: XLA's peaks count from the start of the process."""


reset_accumulated_memory_stats = reset_peak_memory_stats


def reset_max_memory_allocated(device=None) -> None:
    """`reset_peak_memory_stats` (deprecated)."""
    warnings.warn("torch.cuda.reset_max_memory_allocated now calls torch.cuda.reset_peak_memory_stats, which resets /all/ peak memory stats.",
                  FutureWarning, stacklevel=2)


def reset_max_memory_cached(device=None) -> None:
    """`reset_peak_memory_stats` (deprecated)."""
    warnings.warn("torch.cuda.reset_max_memory_cached now calls torch.cuda.reset_peak_memory_stats, which resets /all/ peak memory stats.",
                  FutureWarning, stacklevel=2)


def set_per_process_memory_fraction(fraction: float, device=None) -> None:
    """NotImplementedError with a GPU: XLA takes its share when it starts (XLA_PYTHON_CLIENT_MEM_FRACTION)."""
    place(device)
    raise NotImplementedError("set the environment variable XLA_PYTHON_CLIENT_MEM_FRACTION before the program starts: XLA takes its share then")


def get_allocator_backend() -> str:
    """"xla"."""
    return "xla"
