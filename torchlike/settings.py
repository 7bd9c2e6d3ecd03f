"""Process-wide switches that PyTorch programs set. XLA decides these matters itself; the switches are kept and reported back."""

from __future__ import annotations

import os

_deterministic = {"enabled": False, "warn_only": False}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for deterministic algorithms (torch.use_deterministic_algorithms): XLA is on CPU; on GPU set --xla_gpu_deterministic_ops=true."""
    _deterministic.update(enabled=bool(mode), warn_only=bool(warn_only))


def are_deterministic_algorithms_enabled() -> bool:
    """What was asked for (torch.are_deterministic_algorithms_enabled)."""
    return _deterministic["enabled"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What was asked for (torch.is_deterministic_algorithms_warn_only_enabled)."""
    return _deterministic["warn_only"]


def get_num_threads() -> int:
    """The cores XLA's thread pool may use (torch.get_num_threads)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(num: int) -> None:
    """Accepted (torch.set_num_threads): XLA sizes its thread pool when the process starts, from the cores it may use."""
    if not isinstance(num, int) or num <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")


def get_num_interop_threads() -> int:
    """XLA has one pool (torch.get_num_interop_threads)."""
    return get_num_threads()


set_num_interop_threads = set_num_threads


def set_flush_denormal(mode: bool) -> bool:
    """False: the mode of the processor is not changed (torch.set_flush_denormal)."""
    return False
