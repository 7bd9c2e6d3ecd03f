"""NumPy arrays on their way to a device."""

from __future__ import annotations

import functools

import jax
import numpy as np
from jax._src.core import ShapedArray
from jax._src.interpreters.pxla import batched_device_put


def placed(array: np.ndarray, device: jax.Device) -> jax.Array:
    """The array on a device, committed to it; on a CPU it may be the same memory. What `jax.device_put` ends in: its way there, by which a tracer
    or a tree of arrays could go as well, takes five times as long as the rest. Concrete inside a trace, too."""
    return batched_device_put(_kind(array.shape, array.dtype), _only_on(device), [array], [device])


_kind = functools.lru_cache(maxsize=4096)(ShapedArray)


@functools.lru_cache(maxsize=64)
def _only_on(device: jax.Device) -> jax.sharding.Sharding:
    return jax.sharding.SingleDeviceSharding(device)
