"""The switches behind autocast that PyTorch offers at its top level: per kind of device whether it is on, and its dtype."""

from __future__ import annotations

import threading
import warnings

from ..core.autocast import cache, enter, forget_casts, leave, set_casting
from ..core.device import device as _Device
from ..core.dtype import bfloat16, float16
from ..core.modes import state

_DEFAULTS = {"cuda": float16}


class _Chosen(threading.local):
    dtypes: dict = {}


_chosen = _Chosen()


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether autocast is on for a kind of device (torch.is_autocast_enabled)."""
    return _Device(device_type).type in state.casting


def get_autocast_dtype(device_type: str):
    """What autocast casts to there (torch.get_autocast_dtype)."""
    kind = _Device(device_type).type
    return _chosen.dtypes.get(kind, _DEFAULTS.get(kind, bfloat16))


def set_dtype(kind: str, dtype) -> None:
    """Choose what autocast casts to there, in this thread."""
    _chosen.dtypes = {**_chosen.dtypes, kind: dtype}
    if kind in state.casting:
        set_casting(kind, dtype)


def set_autocast_dtype(device_type: str, dtype) -> None:
    """Choose what autocast casts to there (torch.set_autocast_dtype)."""
    set_dtype(_Device(device_type).type, dtype)


def set_autocast_enabled(device_type, enabled: bool | None = None) -> None:
    """Switch autocast on or off for a kind of device; with one argument for the GPU (torch.set_autocast_enabled)."""
    device_type, enabled = ("cuda", device_type) if enabled is None else (device_type, enabled)
    kind = _Device(device_type).type
    set_casting(kind, get_autocast_dtype(kind) if enabled else None)


def autocast_increment_nesting() -> int:
    """Begin a region by hand (torch.autocast_increment_nesting)."""
    return enter()


def autocast_decrement_nesting() -> int:
    """End a region by hand (torch.autocast_decrement_nesting)."""
    return leave()


def clear_autocast_cache() -> None:
    """Forget the casts made so far (torch.clear_autocast_cache)."""
    forget_casts()


def is_autocast_cache_enabled() -> bool:
    """Whether casts of trained leaves are remembered (torch.is_autocast_cache_enabled)."""
    return cache.enabled


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Say whether casts of trained leaves are to be remembered (torch.set_autocast_cache_enabled)."""
    cache.enabled = enabled


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"torch.{old} is deprecated. Please use torch.{new} instead.", DeprecationWarning, stacklevel=3)


def is_autocast_cpu_enabled() -> bool:
    """Deprecated: `is_autocast_enabled("cpu")`."""
    _deprecated("is_autocast_cpu_enabled()", "is_autocast_enabled('cpu')")
    return is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """Deprecated: `set_autocast_enabled("cpu", enabled)`."""
    _deprecated("set_autocast_cpu_enabled(enabled)", "set_autocast_enabled('cpu', enabled)")
    set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype():
    """Deprecated: `get_autocast_dtype("cpu")`."""
    _deprecated("get_autocast_cpu_dtype()", "get_autocast_dtype('cpu')")
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype():
    """Deprecated: `get_autocast_dtype("cuda")`."""
    _deprecated("get_autocast_gpu_dtype()", "get_autocast_dtype('cuda')")
    return get_autocast_dtype("cuda")


def set_autocast_cpu_dtype(dtype) -> None:
    """Deprecated: `set_autocast_dtype("cpu", dtype)`."""
    _deprecated("set_autocast_cpu_dtype(dtype)", "set_autocast_dtype('cpu', dtype)")
    set_autocast_dtype("cpu", dtype)


def set_autocast_gpu_dtype(dtype) -> None:
    """Deprecated: `set_autocast_dtype("cuda", dtype)`."""
    _deprecated("set_autocast_gpu_dtype(dtype)", "set_autocast_dtype('cuda', dtype)")
    set_autocast_dtype("cuda", dtype)


NAMES = [
    "is_autocast_enabled", "get_autocast_dtype", "set_autocast_dtype", "set_autocast_enabled", "autocast_increment_nesting",
    "autocast_decrement_nesting", "clear_autocast_cache", "is_autocast_cache_enabled", "set_autocast_cache_enabled",
    "is_autocast_cpu_enabled", "set_autocast_cpu_enabled",
    "get_autocast_cpu_dtype", "get_autocast_gpu_dtype", "set_autocast_cpu_dtype", "set_autocast_gpu_dtype",
]  # fmt: skip
