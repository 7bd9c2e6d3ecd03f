"""Process-wide switches that PyTorch programs set. XLA decides these matters itself; the switches are kept and reported back."""

from __future__ import annotations

import os

from .core.determinism import flags as _deterministic
from .core.once import always as _always


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for deterministic algorithms (torch.use_deterministic_algorithms): XLA is on CPU; on GPU set --xla_gpu_deterministic_ops=true."""
    for argument, flag in (("'mode' (position 1)", mode), ("'warn_only'", warn_only)):
        if not isinstance(flag, bool):
            raise TypeError(f"_set_deterministic_algorithms(): argument {argument} must be bool, not {type(flag).__name__}")
    _deterministic.update(enabled=mode, warn_only=warn_only)


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
    _check_count("set_num_threads", num)


def _check_count(name: str, num) -> None:
    if not isinstance(num, int):
        raise RuntimeError(f"{name} expects an int, but got {type(num).__name__}")
    if num >= 1 << 63:
        raise ValueError("Overflow when unpacking long long")
    if num <= 0:
        raise RuntimeError(f"{name} expects a positive integer")


def get_num_interop_threads() -> int:
    """XLA has one pool (torch.get_num_interop_threads)."""
    return get_num_threads()


def set_num_interop_threads(num: int) -> None:
    """Accepted (torch.set_num_interop_threads): XLA has one pool."""
    _check_count("set_num_interop_threads", num)


def set_flush_denormal(mode: bool) -> bool:
    """False: the mode of the processor is not changed (torch.set_flush_denormal)."""
    return False


_DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by name or number: 0 default, 1 warn, 2 error (torch.set_deterministic_debug_mode)."""
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}")
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if not 0 <= debug_mode <= 2:
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, as `set_deterministic_debug_mode` takes it (torch.get_deterministic_debug_mode)."""
    return 0 if not _deterministic["enabled"] else 1 if _deterministic["warn_only"] else 2


def set_warn_always(b: bool) -> None:
    """Ask that warnings which come once come always (torch.set_warn_always)."""
    if not isinstance(b, bool):
        raise TypeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    _always["on"] = b


def is_warn_always_enabled() -> bool:
    """What was asked for (torch.is_warn_always_enabled)."""
    return _always["on"]


def compiled_with_cxx11_abi() -> bool:
    """True (torch.compiled_with_cxx11_abi)."""
    return True


def is_vulkan_available() -> bool:
    """False (torch.is_vulkan_available)."""
    return False


def get_device_module(device=None):
    """The package of a kind of device, such as `torch.cuda`; the accelerator's unless given (torch.get_device_module)."""
    import importlib

    from . import accelerator
    from .core.device import device as Device

    kind = (accelerator.current_accelerator() or Device("cpu")).type if device is None else Device(device).type
    try:
        return importlib.import_module(f"{__package__}.{kind}")
    except ModuleNotFoundError:
        raise RuntimeError(f"Device '{kind}' does not have a corresponding module registered as 'torch.{kind}'.") from None


has_lapack, has_mkl, has_openmp, has_spectral = True, False, False, True
NAMES = (
    "compiled_with_cxx11_abi", "get_deterministic_debug_mode", "get_device_module", "has_lapack", "has_mkl", "has_openmp", "has_spectral",
    "is_vulkan_available", "is_warn_always_enabled", "set_deterministic_debug_mode", "set_warn_always",
)  # fmt: skip
