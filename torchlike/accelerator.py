"""The accelerator, whichever JAX sees (torch.accelerator). Without one, most functions raise RuntimeError as PyTorch's do."""

from __future__ import annotations

import warnings

from .core.device import current_index, set_current_index, to_jax_device
from .core.device import device as _Device
from .core.device import device_count as _count
from .core.device import has_platform as _has
from .core.missing import missing as _missing
from .streams import Stream as _Stream
from .streams import wait_for as _wait_for


def current_accelerator(check_available: bool = False):
    """The accelerator's device, or None."""
    return next((_Device(kind) for kind in ("cuda", "tpu") if _has(kind)), None)


def is_available() -> bool:
    """Whether there is an accelerator."""
    return current_accelerator() is not None


def device_count() -> int:
    """How many accelerators there are."""
    found = current_accelerator()
    return 0 if found is None else _count(found.type)


def _device(device=None) -> _Device:
    found = current_accelerator()
    if found is None:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    if device is None:
        return _Device(found.type, current_index())
    device = _Device(found.type, device) if isinstance(device, int) else _Device(device)
    if device.type != found.type:
        raise ValueError(f"{device.type} doesn't match the current accelerator {found}.")
    return _Device(found.type, current_index()) if device.index is None else device


def current_device_index() -> int:
    """The index of the accelerator that its name alone means."""
    return _device().index


def set_device_index(device) -> None:
    """Let the accelerator's name alone mean this one, on this thread."""
    set_current_index(_device(device).index)


def current_device_idx() -> int:
    """`current_device_index` (deprecated)."""
    warnings.warn("Use `current_device_index` instead.", FutureWarning, stacklevel=2)
    return current_device_index()


def set_device_idx(device) -> None:
    """`set_device_index` (deprecated)."""
    warnings.warn("Use `set_device_index` instead.", FutureWarning, stacklevel=2)
    set_device_index(device)


class device_index:
    """The block in which the accelerator's name alone means this one; None changes nothing (torch.accelerator.device_index)."""

    def __init__(self, device: int | None):
        self.idx = device

    def __enter__(self):
        if self.idx is not None:
            self.before = current_device_index()
            set_device_index(self.idx)

    def __exit__(self, *error):
        if self.idx is not None:
            set_current_index(self.before)


def current_stream(device=None) -> _Stream:
    """The stream of an accelerator."""
    return _Stream(_device(device))


def set_stream(stream) -> None:
    """Use that stream: its accelerator becomes the current one."""
    set_device_index(stream.device)


def synchronize(device=None) -> None:
    """Wait until everything given to an accelerator so far has run."""
    _wait_for(_device(device))


def get_device_capability(device=None) -> dict:
    """The dtypes that Tensors on an accelerator can have."""
    from .core.dtype import ALL

    _device(device)
    return {"supported_dtypes": set(ALL)}


def empty_cache() -> None:
    """Nothing: XLA's allocator needs no help."""
    _device()


def _stats(device) -> dict:
    return to_jax_device(_device(device)).memory_stats() or {}


def memory_stats(device=None) -> dict:
    """What XLA's allocator counts."""
    return dict(_stats(device))


def memory_allocated(device=None) -> int:
    """Bytes in use."""
    return _stats(device).get("bytes_in_use", 0)


def max_memory_allocated(device=None) -> int:
    """The most bytes that were in use."""
    return _stats(device).get("peak_bytes_in_use", 0)


def memory_reserved(device=None) -> int:
    """Bytes that XLA has taken."""
    return _stats(device).get("pool_bytes", memory_allocated(device))


def max_memory_reserved(device=None) -> int:
    """The most bytes that XLA had taken."""
    return _stats(device).get("peak_pool_bytes", max_memory_allocated(device))


def get_memory_info(device=None) -> tuple[int, int]:
    """(free, all) bytes of what JAX may use."""
    stats = _stats(device)
    limit = stats.get("bytes_limit", 0)
    return limit - stats.get("bytes_in_use", 0), limit


def reset_peak_memory_stats(device=None) -> None:
    """Nothing: XLA's peaks count from the start of the process."""
    _device(device)


reset_accumulated_memory_stats = reset_peak_memory_stats
__getattr__ = _missing(__name__)
