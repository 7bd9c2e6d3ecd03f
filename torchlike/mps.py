"""Apple's GPUs (torch.mps): none here. Seeding is accepted, what needs the device raises RuntimeError."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no device to seed."""


def _needs_device(name: str, call: str):
    def function(*args, **kwargs):
        raise RuntimeError(f"Cannot execute {call}() without MPS backend.")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises RuntimeError: there is no such device."
    return function


synchronize = _needs_device("synchronize", "deviceSynchronize")
empty_cache = _needs_device("empty_cache", "emptyCache")
current_allocated_memory = _needs_device("current_allocated_memory", "getCurrentAllocatedMemory")
driver_allocated_memory = _needs_device("driver_allocated_memory", "getDriverAllocatedMemory")
recommended_max_memory = _needs_device("recommended_max_memory", "getRecommendedMaxMemory")
set_per_process_memory_fraction = _needs_device("set_per_process_memory_fraction", "setMemoryFraction")
get_rng_state = _needs_device("get_rng_state", "getDefaultGenerator")
set_rng_state = _needs_device("set_rng_state", "getDefaultGenerator")
