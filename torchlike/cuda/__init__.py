"""Questions about GPUs, answered from what JAX sees (torch.cuda)."""

from __future__ import annotations

import jax

from ..core.device import device as _Device
from ..core.device import device_count as _count
from ..core.device import has_platform as _has
from ..core.device import to_jax_device as _resolve
from ..core.missing import missing as _missing
from ..core.random import default_generator as _generator
from ..execution.segment import OutOfMemoryError as OutOfMemoryError
from ..execution_mode import synchronize as _synchronize


def is_available() -> bool:
    """Whether JAX sees a GPU."""
    return _has("cuda")


def device_count() -> int:
    """How many GPUs JAX sees."""
    return _count("cuda")


def current_device() -> int:
    """The index of the default GPU."""
    if not is_available():
        raise RuntimeError("No CUDA GPUs are available")
    return 0


def get_device_name(device=None) -> str:
    """The name of a GPU."""
    return _resolve(_Device("cuda") if device is None else device).device_kind


def synchronize(device=None) -> None:
    """Wait until everything given to a GPU so far has run: its work is done in order, so that one more addition comes last."""
    _synchronize()
    if is_available():
        with jax.default_device(_resolve(_Device("cuda") if device is None else device)):
            jax.block_until_ready(jax.numpy.zeros(()) + 1)


def manual_seed(seed: int) -> None:
    """Seed the random stream; one generator serves all devices."""
    _generator.manual_seed(seed)


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Nothing: XLA's allocator needs no help."""


def _memory(key: str, device) -> int:
    stats = _resolve(_Device("cuda") if device is None else device).memory_stats() if is_available() else None
    return stats[key] if stats else 0


def memory_allocated(device=None) -> int:
    """Bytes in use on a GPU, 0 without one."""
    return _memory("bytes_in_use", device)


def max_memory_allocated(device=None) -> int:
    """The most bytes that were in use on a GPU, 0 without one."""
    return _memory("peak_bytes_in_use", device)


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """bfloat16 works wherever XLA runs."""
    return is_available()


__getattr__ = _missing(__name__, on_demand=("amp",))
