"""The old class of storages of each dtype, `torch.FloatStorage` and friends, and which dtype has which."""

from __future__ import annotations

import functools

from ..core.dtype import ALL, scalar_type_name
from ..core.dtype import dtype as Dtype
from ..core.tensor import Tensor
from .memory import TypedStorage


class _LegacyStorage(type):
    """`torch.FloatStorage` and friends: make a TypedStorage of their dtype, and answer isinstance by it."""

    dtype: Dtype
    is_cuda: bool

    def __call__(cls, data=0, *, wrap_storage=None, device=None):
        device = "cuda" if cls.is_cuda and device is None else device
        return TypedStorage(data, wrap_storage=wrap_storage, dtype=cls.dtype, device=device)

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype and instance.is_cuda is cls.is_cuda


def _legacy(is_cuda: bool) -> dict[str, type]:
    package = "torch.cuda" if is_cuda else "torch"
    found: dict[str, type] = {}
    for d in ALL:
        name = f"{scalar_type_name(d.np)}Storage"
        if not name.startswith("UInt"):
            doc = f"Storages of {d}{' on a GPU' if is_cuda else ''} ({package}.{name})."
            found[name] = _LegacyStorage(name, (), {"dtype": d, "is_cuda": is_cuda, "__module__": package, "__doc__": doc})
    return found


LEGACY = _legacy(is_cuda=False)


@functools.cache
def cuda_storages() -> dict[str, type]:
    """The classes `torch.cuda.FloatStorage` and friends, by name."""
    return _legacy(is_cuda=True)


def storage_type(self: Tensor) -> type:
    """The class of `storage()`, such as `torch.FloatStorage` (torch.Tensor.storage_type)."""
    return LEGACY[f"{scalar_type_name(self._aval.dtype)}Storage"]


@functools.cache
def _dtype_to_storage_type_map() -> dict[Dtype, str]:
    """The name of each dtype's class of storages."""
    return {cls.dtype: name for name, cls in LEGACY.items()}  # type: ignore[attr-defined]


@functools.cache
def _storage_type_to_dtype_map() -> dict[str, Dtype]:
    """The dtype of each class of storages."""
    return {name: dtype for dtype, name in _dtype_to_storage_type_map().items()}
