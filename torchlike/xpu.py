"""Intel's GPUs (torch.xpu): none here. Seeding and emptying caches is accepted, what needs the device raises AssertionError."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def manual_seed(seed: int) -> None:
    """Nothing: there is no device to seed."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Nothing."""


def _needs_device(name: str):
    def function(*args, **kwargs):
        raise AssertionError("Torch not compiled with XPU enabled")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises AssertionError: there is no such device."
    return function


(current_device, set_device, get_device_name, get_device_properties, get_device_capability, synchronize, current_stream, init) = map(
    _needs_device,
    ("current_device", "set_device", "get_device_name", "get_device_properties", "get_device_capability", "synchronize", "current_stream", "init"),
)
