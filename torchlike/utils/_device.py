"""Running functions with another default device (torch.utils._device)."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..core.device import device as Device

# `with DeviceContext("cpu")` is `with torch.device("cpu")`.
DeviceContext = Device


def device_decorator(device, func: Callable) -> Callable:
    """`func`, making its Tensors on `device` where it names none."""

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        with Device(device):
            return func(*args, **kwargs)

    return wrapped


def set_device(device) -> Callable:
    """A decorator: the function makes its Tensors on `device` where it names none."""
    return lambda func: device_decorator(device, func)
