"""Storages that know the dtype of their elements (torch.TypedStorage, deprecated): a dtype and the bytes of an UntypedStorage."""

from __future__ import annotations

import numpy as np

from ..core.dtype import ALL, FROM_NUMPY, default_dtype, scalar_type_name
from ..core.dtype import dtype as Dtype
from ..core.once import warn_once
from ..core.storage import Storage
from ..core.tensor import Tensor
from .memory import UntypedStorage, _StorageBase, buffered, untyped_storage

_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. This should only matter "
    "to you if you are using storages directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()"
)
_FORMS = """ * (*, torch.device device, torch.dtype dtype)
 * (int size, *, torch.device device, torch.dtype dtype)
 * (Sequence data, *, torch.device device, torch.dtype dtype)
 * (*, UntypedStorage wrap_storage, torch.dtype dtype)
"""


def shown(kind) -> str:
    """A class as PyTorch's messages show it: Tensors as `torch.Tensor`."""
    return f"<class 'torch.{kind.__name__}'>" if kind is Tensor else str(kind)


def check_arguments(refused: str, args: tuple, wrapped) -> None:
    """Raise, with `refused` before the reason, unless there is nothing, a size, a sequence, or an UntypedStorage to wrap."""
    if len(args) > 1:
        raise RuntimeError(f"{refused}Too many positional arguments")
    if wrapped is not None:
        if args:
            raise RuntimeError(f"{refused}No positional arguments should be given when using 'wrap_storage'")
        if not isinstance(wrapped, UntypedStorage):
            raise TypeError(f"{refused}Argument 'wrap_storage' must be UntypedStorage, but got {type(wrapped)}")
    elif args and isinstance(args[0], str):
        raise TypeError(f"new(): invalid data type '{type(args[0]).__name__}'")
    elif args and (isinstance(args[0], Tensor) or not (isinstance(args[0], int | np.integer) or hasattr(args[0], "__len__"))):
        raise TypeError(f"{refused}Argument type not recognized: {shown(type(args[0]))}")


class TypedStorage(_StorageBase):
    """The elements behind Tensors (torch.TypedStorage, deprecated): of `dtype`, a number of zeros or given ones."""

    dtype: Dtype

    def __init__(self, *args, wrap_storage: UntypedStorage | None = None, dtype: Dtype | None = None, device=None, _internal=False):
        refused = f"TypedStorage.__init__ received an invalid combination of arguments. Expected one of:\n{_FORMS}"
        if wrap_storage is not None and not args and dtype is None:
            raise RuntimeError(f"{refused}Argument 'dtype' must be specified")
        if wrap_storage is not None and not args and not isinstance(dtype, Dtype):
            raise TypeError(f"{refused}Argument 'dtype' must be torch.dtype, not {type(dtype)}")
        if wrap_storage is not None and not args and device is not None:
            raise RuntimeError(f"{refused}Argument 'device' should not be specified when 'wrap_storage' is given")
        check_arguments(refused, args, wrap_storage)
        self.dtype = FROM_NUMPY[default_dtype()] if dtype is None else dtype
        if not isinstance(self.dtype, Dtype):
            raise RuntimeError(f"expected torch.dtype, but got {type(dtype)}")
        self._bytes = self._made(args[0] if args else 0, device) if wrap_storage is None else wrap_storage

    def _made(self, data, device) -> UntypedStorage:
        if isinstance(data, int | np.integer):
            return UntypedStorage(int(data) * self.dtype.itemsize, device=device)
        return UntypedStorage._holding(np.asarray(data).astype(self.dtype.np), device)

    @classmethod
    def from_buffer(cls, buffer, byte_order=None, count: int = -1, offset: int = 0, *, dtype: Dtype | None = None, device=None) -> TypedStorage:
        """A copy of the elements of a buffer, `dtype` in the byte order "big", "little" or "native"."""
        dtype = FROM_NUMPY[default_dtype()] if dtype is None else dtype
        return cls(wrap_storage=UntypedStorage._holding(buffered(buffer, byte_order, count, offset, dtype)), dtype=dtype)

    @property
    def _cell(self) -> Storage:  # type: ignore[override]
        return self._bytes._cell

    def _on(self, cell: Storage) -> TypedStorage:
        return self._of_bytes(UntypedStorage._of(cell))

    def _of_bytes(self, memory: UntypedStorage) -> TypedStorage:
        return TypedStorage(wrap_storage=memory, dtype=self.dtype)

    def __reduce__(self):
        return _remade, (self._array(), self.dtype)

    def size(self) -> int:
        """The number of elements."""
        return self.nbytes() // self.dtype.itemsize

    def element_size(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    def resize_(self, size: int) -> None:
        """Change the number of elements; RuntimeError while a Tensor is on them."""
        self._bytes.resize_(size * self.dtype.itemsize)

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._bytes

    _untyped_storage = property(untyped)

    def _array(self) -> np.ndarray:
        return self._bytes._array().view(self.dtype.np)

    def _kind(self) -> str:
        return "<class 'torch.storage.TypedStorage'>"

    def _element_kind(self) -> str:
        return f"torch.{scalar_type_name(self.dtype.np)}Tensor"

    def _shown_type(self, value) -> str:
        return str(type(value))

    def _described(self) -> str:
        return f"torch.storage.TypedStorage(dtype={self.dtype}, device={self.device})"

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not isinstance(index, int | np.integer):
            raise RuntimeError(f"can't index a {self._kind()} with {type(index)}")
        return self._readable()[self._checked(index)].item()

    def type(self, dtype=None) -> str:
        """The name of the storage's class: 'torch.FloatStorage'."""
        return f"torch.{self.pickle_storage_type()}"

    def pickle_storage_type(self) -> str:
        """The name under which a checkpoint has it."""
        return f"{scalar_type_name(self.dtype.np)}Storage"

    def cpu(self) -> TypedStorage:
        """The elements on the CPU."""
        return self._of_bytes(self._bytes.cpu())

    def cuda(self, device=None) -> TypedStorage:
        """The elements on a GPU."""
        return self._of_bytes(self._bytes.cuda(device))


def _remade(array: np.ndarray, dtype: Dtype) -> TypedStorage:
    return TypedStorage(array, dtype=dtype)


def _cast(dtype: Dtype):
    def method(self) -> TypedStorage:
        return TypedStorage(self._array().astype(dtype.np), dtype=dtype, device=self.device)

    method.__doc__ = f"The elements as {dtype}."
    return method


_CASTS = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "int": "int32", "long": "int64", "short": "int16",
          "char": "int8", "byte": "uint8", "bool": "bool", "complex_float": "complex64", "complex_double": "complex128"}
for _name, _kind in _CASTS.items():
    setattr(TypedStorage, _name, _cast(next(d for d in ALL if d.name == _kind)))
# The names by which PyTorch's own code calls these methods, to keep quiet about the class being deprecated.
for _name in ("resize_", "size", "is_shared", "share_memory_", "pickle_storage_type", "element_size", "data_ptr", "nbytes"):
    setattr(TypedStorage, f"_{_name}", getattr(TypedStorage, _name))
TypedStorage._setitem = TypedStorage.__setitem__  # type: ignore[attr-defined]
TypedStorage._deepcopy = TypedStorage.__deepcopy__  # type: ignore[attr-defined]


def _of_tensor(self: Tensor) -> TypedStorage:
    return TypedStorage(wrap_storage=untyped_storage(self), dtype=self.dtype)


def storage(self: Tensor) -> TypedStorage:
    """The elements of the memory that this Tensor is a window on (torch.Tensor.storage, deprecated)."""
    warn_once("TypedStorage", _DEPRECATED)
    return _of_tensor(self)
