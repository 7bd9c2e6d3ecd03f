"""The old class of storages of each dtype, `torch.FloatStorage` and friends, and which dtype has which."""

from __future__ import annotations

import functools

from ..core.dtype import ALL, scalar_type_name
from ..core.dtype import dtype as Dtype
from ..core.tensor import Tensor
from .typed_storage import TypedStorage, check_arguments

_FORMS = " * no arguments\n * (int size)\n * (Sequence data)\n * (*, UntypedStorage wrap_storage)\n"


class _Kind(type):
    """The type of `torch.FloatStorage` and friends: they make TypedStorages of their dtype, and answer isinstance by it."""

    dtype: Dtype
    is_cuda: bool
    is_sparse = False

    def __call__(cls, *args, wrap_storage=None, _internal=False, **others):
        if cls is _LegacyStorage:
            raise RuntimeError("Only child classes of _LegacyStorage can be instantiated")
        refused = f"<class '{cls.__module__}.{cls.__name__}'>.__new__ received an invalid combination of arguments. Expected one of:\n{_FORMS}"
        for name in ("device", "dtype"):
            if others.pop(name, None) is not None:
                raise RuntimeError(f"{refused}Keyword argument '{name}' cannot be specified")
        if others:
            raise TypeError(f"TypedStorage.__new__() got an unexpected keyword argument '{next(iter(others))}'")
        check_arguments(refused, args, wrap_storage)
        if wrap_storage is not None:
            return TypedStorage(wrap_storage=wrap_storage, dtype=cls.dtype)
        return TypedStorage(*args, dtype=cls.dtype, device="cuda" if cls.is_cuda else None)

    def __instancecheck__(cls, instance):
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype and instance.is_cuda is cls.is_cuda

    @property
    def _dtype(cls) -> Dtype:
        return cls.dtype


class _LegacyStorage(metaclass=_Kind):
    """What `torch.FloatStorage` and friends have in common."""

    @classmethod
    def from_buffer(cls, *args, dtype=None, device=None, **kwargs) -> TypedStorage:
        """A copy of the elements of a buffer (buffer, byte_order, count, offset)."""
        if dtype is not None:
            raise RuntimeError("from_buffer: 'dtype' can only be specified in UntypedStorage.from_buffer and TypedStorage.from_buffer")
        cls._refuse_cuda("from_buffer")
        return TypedStorage.from_buffer(*args, dtype=cls.dtype, **kwargs)

    @classmethod
    def _refuse_cuda(cls, name: str) -> None:
        if cls.is_cuda:
            raise RuntimeError(f"{name}: Not available for CUDA storage")

    @classmethod
    def _new_with_weak_ptr(cls, *args, **kwargs):
        cls._refuse_cuda("_new_with_weak_ptr")
        raise NotImplementedError("_new_with_weak_ptr: torchlike's storages have no address")

    @classmethod
    def _new_shared_filename(cls, *args, **kwargs):
        cls._refuse_cuda("_new_shared_filename")
        raise NotImplementedError("_new_shared_filename: torchlike has no files behind its memory")


def _legacy(is_cuda: bool) -> dict[str, type]:
    package = "torch.cuda" if is_cuda else "torch"
    found: dict[str, type] = {}
    for d in ALL:
        name = f"{scalar_type_name(d.np)}Storage"
        if not name.startswith("UInt"):
            doc = f"Storages of {d}{' on a GPU' if is_cuda else ''} ({package}.{name})."
            found[name] = _Kind(name, (_LegacyStorage,), {"dtype": d, "is_cuda": is_cuda, "__module__": package, "__doc__": doc})
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
