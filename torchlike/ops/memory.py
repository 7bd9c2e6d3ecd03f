"""The memory behind Tensors as an object (torch.storage): how large it is, whose it is, and its elements or bytes.

A storage here is a handle on the cell that Tensors share. Values are immutable, so a write puts a new value into the cell, which every
Tensor on it then reads.
"""

from __future__ import annotations

import warnings
import weakref

import jax
import numpy as np

from ..core.device import device as Device
from ..core.dtype import ALL, FROM_NUMPY, c_type_name, default_dtype, scalar_type_name, uint8
from ..core.dtype import dtype as Dtype
from ..core.storage import Storage
from ..core.tensor import Tensor, _new
from ..core.write import write_storage
from .convert import from_array, to

_WARNED = False
_DEPRECATED = (
    "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage class. This should only matter "
    "to you if you are using storages directly.  To access UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()"
)
_FIXED = "a storage cannot be resized here: a JAX array has the size it was made with; use Tensor.resize_, or make another tensor"


def _whole(cell: Storage) -> Tensor:
    tensor = _new(Tensor)
    tensor._storage, tensor._aval = cell, cell.aval
    return tensor


class _StorageBase:
    """What both kinds of storage answer."""

    _cell: Storage

    @property
    def device(self) -> Device:
        """Where the memory is."""
        return _whole(self._cell).device

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is a GPU's."""
        return self.device.type == "cuda"

    @property
    def _cdata(self) -> int:
        return id(self._cell)

    is_sparse = False

    @property
    def _is_meta(self) -> bool:
        return self.device.type == "meta"

    def nbytes(self) -> int:
        """The size in bytes."""
        return self._cell.aval.size * self._cell.aval.dtype.itemsize

    def data_ptr(self) -> int:
        """What `Tensor.data_ptr` gives for a Tensor that begins here; 0 on the meta device."""
        return 0 if self._is_meta else id(self._cell)

    def get_device(self) -> int:
        """The index of the device; -1 on the CPU."""
        return _whole(self._cell).get_device()  # type: ignore[attr-defined]

    def is_pinned(self, device=None) -> bool:
        """False: host memory is not pinned here."""
        return False

    def is_shared(self) -> bool:
        """Whether `share_memory_` was called on this memory."""
        return self._cell.shared

    def share_memory_(self):
        """Say that this memory is shared; it stays in this process. Returns self."""
        if self._is_meta:
            raise RuntimeError("_share_fd_: only available on CPU")
        self._cell.shared = True
        return self

    def _share_fd_cpu_(self, *args, **kwargs):
        return self._refuse_to_share("_share_fd_")

    def _share_filename_cpu_(self, *args, **kwargs):
        return self._refuse_to_share("_share_filename_")

    def _refuse_to_share(self, name: str):
        if self.device.type != "cpu":
            raise RuntimeError(f"{name}: only available on CPU")
        raise NotImplementedError(f"{name}: torchlike has no files behind its memory; another process gets a copy")

    def resize_(self, size: int):
        """Accepted when the size stays the same, and on the meta device; RuntimeError otherwise."""
        if self._is_meta:
            self._cell = from_array(np.zeros(size * self.element_size(), np.uint8), "meta")._storage
        elif size != self.size():
            raise RuntimeError(_FIXED)
        return self

    def size(self) -> int:
        """How many elements there are."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.size()

    def tolist(self) -> list:
        """The elements as Python numbers."""
        return self._readable().tolist()

    def __iter__(self):
        return iter(self.tolist())

    def __repr__(self):
        shown = "...\n" if self._is_meta else "".join(f" {x}\n" for x in self.tolist()) or " \n"
        return f"{shown}[{self._described()} of size {self.size()}]"

    def __eq__(self, other):
        return isinstance(other, type(self)) and self._cell is other._cell

    def __hash__(self):
        return id(self._cell)

    def _array(self) -> np.ndarray:
        raise NotImplementedError

    def _readable(self) -> np.ndarray:
        if self._is_meta:
            raise NotImplementedError("Not available for 'meta' device type")
        return self._array()

    def _described(self) -> str:
        raise NotImplementedError

    def _put(self, array: np.ndarray) -> None:
        """Give the whole memory these elements, read as its own dtype."""
        aval = self._cell.aval
        value = np.ascontiguousarray(array).view(aval.dtype).reshape(aval.shape)
        write_storage(_whole(self._cell), jax.device_put(value, aval.device))

    def _checked(self, index: int) -> int:
        if not -self.size() <= index < self.size():
            raise IndexError(f"index {index} out of range for storage of size {self.size()}")
        return index

    def __setitem__(self, index, value):
        if self._is_meta:
            return
        array = self._array().copy()
        array[index if isinstance(index, slice) else self._checked(index)] = value
        self._put(array)

    def fill_(self, value):
        """Set every element to `value`; returns self."""
        self[:] = value
        return self

    def copy_(self, source, non_blocking=None):
        """Take over the bytes of a storage of the same size; returns self."""
        if source.nbytes() != self.nbytes():
            raise RuntimeError(f"size does not match, self was {self.nbytes()} bytes but src was {source.nbytes()} bytes")
        self._put(source._array())
        return self

    def __deepcopy__(self, memo: dict):
        cells = memo.setdefault("torchlike storages", {})
        cell = cells.setdefault(id(self._cell), Storage(self._cell.value, self._cell.aval))
        return self._on(cell)

    def _on(self, cell: Storage):
        """A storage like this one for another cell."""
        raise NotImplementedError


class UntypedStorage(_StorageBase):
    """The bytes behind Tensors (torch.UntypedStorage): `UntypedStorage(n)` makes n of them, `UntypedStorage([1, 2])` these."""

    dtype = uint8

    def __init__(self, data=0, *, device=None):
        wrong = [] if isinstance(data, int) else [x for x in data if not isinstance(x, int | np.integer)]
        if wrong:
            raise RuntimeError(f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(data).__name__}), but one of the "
                               f"items was of type {type(wrong[0]).__name__} instead of int")
        array = np.zeros(data, np.uint8) if isinstance(data, int) else np.asarray(data, np.uint8)
        self._cell = from_array(array, device)._storage

    @classmethod
    def _of(cls, cell: Storage) -> UntypedStorage:
        """The one object for a cell, as long as anyone has it."""
        self = cell.face() if cell.face is not None else None
        if self is None:
            self = cls.__new__(cls)
            self._cell, cell.face = cell, weakref.ref(self)
        return self

    _on = _of

    def __reduce__(self):
        return UntypedStorage, (self.tolist(),)

    def size(self) -> int:
        """The number of bytes."""
        return self.nbytes()

    def element_size(self) -> int:
        """1."""
        return 1

    def _array(self) -> np.ndarray:
        return np.ascontiguousarray(_whole(self._cell).jax()).reshape(-1).view(np.uint8)

    def _described(self) -> str:
        return f"torch.storage.UntypedStorage(device={self.device})"

    def __getitem__(self, index):
        if isinstance(index, slice):
            return UntypedStorage(self._array()[index])
        return int(self._readable()[self._checked(index)])

    def untyped(self) -> UntypedStorage:
        """`self`."""
        return self

    def clone(self) -> UntypedStorage:
        """A copy."""
        return self._of(Storage(self._cell.value, self._cell.aval))

    def to(self, device) -> UntypedStorage:
        """The bytes on another device; itself when they are there."""
        return self._of(to(_whole(self._cell), device=device)._storage)

    def cpu(self) -> UntypedStorage:
        """The bytes on the CPU."""
        return self.to("cpu")

    def cuda(self, device=None) -> UntypedStorage:
        """The bytes on a GPU."""
        return self.to("cuda" if device is None else Device("cuda", device) if isinstance(device, int) else device)


class TypedStorage(_StorageBase):
    """The elements behind Tensors (torch.TypedStorage, deprecated): of `dtype`, a number of zeros or given ones."""

    dtype: Dtype

    def __init__(self, data=0, *, wrap_storage: UntypedStorage | None = None, dtype: Dtype | None = None, device=None):
        self.dtype = dtype or FROM_NUMPY[default_dtype()]
        if isinstance(data, str):
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        if wrap_storage is not None:
            self._cell = wrap_storage._cell
        else:
            array = np.zeros(data, self.dtype.np) if isinstance(data, int) else np.asarray(data).astype(self.dtype.np)
            self._cell = from_array(array, device)._storage

    def _on(self, cell: Storage) -> TypedStorage:
        return TypedStorage(wrap_storage=UntypedStorage._of(cell), dtype=self.dtype)

    def __reduce__(self):
        return _remade, (self._array(), self.dtype)

    def size(self) -> int:
        """The number of elements."""
        return self.nbytes() // self.dtype.itemsize

    def element_size(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return UntypedStorage._of(self._cell)

    _untyped_storage = property(untyped)

    def _array(self) -> np.ndarray:
        return self.untyped()._array().view(self.dtype.np)

    def _described(self) -> str:
        return f"torch.storage.TypedStorage(dtype={self.dtype}, device={self.device})"

    def __getitem__(self, index):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return self._readable()[self._checked(index)].item()

    def type(self, dtype=None) -> str:
        """The name of the storage's class: 'torch.FloatStorage'."""
        return f"torch.{self.pickle_storage_type()}"

    def pickle_storage_type(self) -> str:
        """The name under which a checkpoint has it."""
        return f"{scalar_type_name(self.dtype.np)}Storage"

    def clone(self) -> TypedStorage:
        """A copy."""
        return TypedStorage(wrap_storage=self.untyped().clone(), dtype=self.dtype)

    def cpu(self) -> TypedStorage:
        """The elements on the CPU."""
        return TypedStorage(wrap_storage=self.untyped().cpu(), dtype=self.dtype)

    def cuda(self, device=None) -> TypedStorage:
        """The elements on a GPU."""
        return TypedStorage(wrap_storage=self.untyped().cuda(device), dtype=self.dtype)


def _remade(array: np.ndarray, dtype: Dtype) -> TypedStorage:
    return TypedStorage(array, dtype=dtype)


def _cast(dtype: Dtype):
    def method(self) -> TypedStorage:
        return TypedStorage(self._array().astype(dtype.np), dtype=dtype, device=self.device)

    method.__doc__ = f"The elements as {dtype}."
    return method


for _name in ("float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte", "bool"):
    _kind = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64", "short": "int16", "char": "int8",
             "byte": "uint8"}.get(_name, _name)
    setattr(TypedStorage, _name, _cast(next(d for d in ALL if d.name == _kind)))


def is_storage(obj) -> bool:
    """Whether `obj` is a storage (torch.is_storage)."""
    return isinstance(obj, _StorageBase)


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes of the memory that this Tensor is a window on (torch.Tensor.untyped_storage)."""
    return UntypedStorage._of(self._storage)


def storage(self: Tensor) -> TypedStorage:
    """The elements of the memory that this Tensor is a window on (torch.Tensor.storage, deprecated)."""
    global _WARNED
    if not _WARNED:
        _WARNED = True
        warnings.warn(_DEPRECATED, UserWarning, stacklevel=2)
    return TypedStorage(wrap_storage=untyped_storage(self), dtype=self.dtype)


def tensor_on(memory: _StorageBase, dtype: Dtype) -> Tensor:
    """All of a storage as a one-dimensional Tensor of `dtype`, on the same memory. RuntimeError for a storage of another dtype."""
    if isinstance(memory, TypedStorage) and memory.dtype is not dtype:
        wanted, got = c_type_name(dtype.np), scalar_type_name(memory.dtype.np)
        raise RuntimeError(f"Expected a Storage of type {wanted} or an UntypedStorage, but got type {got} for argument 1 'storage'")
    flat = _whole(memory._cell).view(-1)  # type: ignore[attr-defined]
    return flat if flat.dtype is dtype else flat.view(dtype)


def install(cls: type) -> None:
    """Attach the storages to Tensor."""
    from .storage_types import storage_type

    for method in (untyped_storage, storage, storage_type):
        setattr(cls, method.__name__, method)

