"""PyTorch's device objects over JAX's backends. `cuda` and `gpu` both name JAX's GPU backend; the default is the CPU, as in PyTorch."""

from __future__ import annotations

import functools
import re
import threading
from typing import Any

import jax

from ..execution import META

_PLATFORMS = {"cpu": "cpu", "cuda": "gpu", "gpu": "gpu", "tpu": "tpu"}
NO_CUDA = "Torch not compiled with CUDA enabled"
_KNOWN = ("cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, "
          "privateuseone")


class device:
    """A place where tensors live: `device("cpu")`, `device("cuda", 1)`, `device("tpu:0")` (torch.device). Also a context manager."""

    __slots__ = ("type", "index")
    type: Any
    index: Any

    def __new__(cls, type=None, index=None):
        if isinstance(type, device):
            return type
        if type is None:
            raise TypeError("Device(): argument 'type' must be str, not None")
        if isinstance(type, int):
            if type < 0:
                raise RuntimeError("Device index must not be negative")
            if not has_platform("cuda"):
                raise RuntimeError("Cannot access accelerator device when none is available.")
            type, index = "cuda", type
        match = re.fullmatch(r"([a-z]+)(?::(\d+))?", type)
        if match is None:
            raise RuntimeError(f"Invalid device string: '{type}'")
        kind, number = match.groups()
        if kind not in _PLATFORMS and kind not in _KNOWN.split(", "):
            raise RuntimeError(f"Expected one of {_KNOWN} device type at start of device string: {kind}")
        if number is not None and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        self = super().__new__(cls)
        object.__setattr__(self, "type", "cuda" if kind == "gpu" else kind)
        object.__setattr__(self, "index", int(number) if number is not None else index)
        return self

    def __setattr__(self, name, value):
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __repr__(self):
        return f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self):
        return device, (self.type, self.index)

    def __enter__(self):
        _stack.devices = (*_stack.devices, self)
        return self

    def __exit__(self, *error):
        _stack.devices = _stack.devices[:-1]


class _Stack(threading.local):
    devices: tuple = ()
    current = 0  # the index of the GPU that "cuda" alone means


_stack = _Stack()
_default: device | None = None


def set_default_device(d) -> None:
    """Where tensors are made when no device is given (torch.set_default_device); None restores the CPU."""
    global _default
    _default = None if d is None else device(d)


_CPU = device("cpu")


def get_default_device() -> device:
    """The device new tensors go to."""
    if _stack.devices:
        return _stack.devices[-1]
    return _default if _default is not None else _CPU


def default_setting():
    """Whatever decides where new tensors go, as a value to compare."""
    return _stack.devices or _default


@functools.cache
def _jax_devices(platform: str) -> list:
    try:
        return jax.devices(platform)
    except RuntimeError:
        return []


def has_platform(kind: str) -> bool:
    """Whether JAX sees a device of this kind."""
    return bool(_jax_devices(_PLATFORMS[kind]))


def has_accelerator() -> bool:
    """Whether JAX sees anything but CPUs."""
    return has_platform("cuda") or has_platform("tpu")


def device_count(kind: str) -> int:
    """How many devices of this kind JAX sees."""
    return len(_jax_devices(_PLATFORMS[kind]))


@functools.lru_cache(maxsize=256)
def _resolve(d: device):
    if d.type == "meta":
        return META
    if d.type not in _PLATFORMS:
        raise NotImplementedError(f"torchlike has no {d.type!r} device; it runs on cpu, cuda and tpu, whatever JAX sees")
    found = _jax_devices(_PLATFORMS[d.type])
    index = d.index or 0
    if not found and d.type == "cuda":
        raise AssertionError(NO_CUDA)
    if not found:
        raise RuntimeError(f"No {d.type} device is available: JAX sees {', '.join(str(x) for x in jax.devices())}")
    if index >= len(found):
        raise RuntimeError(f"{d.type} error: invalid device ordinal {index}; JAX sees {len(found)}")
    return found[index]


def to_jax_device(d=None):
    """The `jax.Device` a device argument (None: the default) means; RuntimeError when JAX has none."""
    d = device(d) if d is not None else get_default_device()
    if d.index is None and _stack.current and d.type == "cuda":
        d = device("cuda", _stack.current)
    return _resolve(d)


def current_index() -> int:
    """The index of the GPU that "cuda" alone means on this thread."""
    return _stack.current


def set_current_index(index: int) -> None:
    """Let "cuda" alone mean the GPU of that index on this thread."""
    _stack.current = index


@functools.cache
def from_jax_device(d) -> device:
    """The device object of a `jax.Device`; None (a tracer) counts as the CPU."""
    if d is None or d == _jax_devices("cpu")[0]:
        return device("cpu")
    if d is META:
        return device("meta")
    kind = "cuda" if d.platform in ("gpu", "cuda", "rocm") else d.platform
    return device(kind, _jax_devices(_PLATFORMS[kind]).index(d))
