"""The memory behind Tensors as an object (torch.storage): how large it is, whose it is, and its elements or bytes.

A storage here is a handle on the cell that Tensors share. Values are immutable, so a write puts a new value into the cell, which every
Tensor on it then reads.
"""

from __future__ import annotations

import numbers
import sys
import weakref

import numpy as np

from ..core.device import device as Device
from ..core.dtype import FROM_NUMPY, c_type_name, default_dtype, scalar_type_name, uint8
from ..core.dtype import dtype as Dtype
from ..core.storage import Storage
from ..core.tensor import Tensor, _new
from ..core.write import write_storage
from ..execution import placed
from .convert import from_array, to

_KINDS = ("cpu", "cuda", "meta")
_FIXED = ("a storage cannot be resized here while a Tensor is on it: a JAX array has the size it was made with; use Tensor.resize_, or make "
          "another tensor")


def _whole(cell: Storage) -> Tensor:
    tensor = _new(Tensor)
    tensor._storage, tensor._aval = cell, cell.aval
    return tensor


class _StorageBase:
    """What both kinds of storage answer. Storages are equal when they are on the same memory."""

    _cell: Storage
    dtype: Dtype
    is_hpu = False

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
        """What `Tensor.data_ptr` gives for a Tensor that begins here; 0 on the meta device, and where nothing is stored."""
        return 0 if self._is_meta or not self._cell.aval.size else id(self._cell)

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

    def untyped(self) -> UntypedStorage:
        """The memory as bytes."""
        raise NotImplementedError

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
        write_storage(_whole(self._cell), placed(value, aval.device))

    def _checked(self, index: int) -> int:
        if not -self.size() <= index < self.size():
            raise IndexError(f"index {index} out of range for storage of size {self.size()}")
        return index

    def __setitem__(self, index, value):
        if not isinstance(index, slice | int | np.integer):
            raise RuntimeError(f"can't index a {self._kind()} with {self._shown_type(index)}")
        if is_storage(value):
            raise RuntimeError(f"cannot set item with value type <class 'torch.storage.{type(value).__name__}'>")
        if not isinstance(value, numbers.Number | np.bool_):
            raise TypeError(f"can't assign a {type(value).__name__} to a {self._element_kind()}")
        if self._is_meta:
            return
        array = self._array().copy()
        array[index if isinstance(index, slice) else self._checked(index)] = np.asarray(value).astype(array.dtype)
        self._put(array)

    def _kind(self) -> str:
        return "torch.UntypedStorage"

    def _element_kind(self) -> str:
        return "torch.UntypedStorage"

    def _shown_type(self, value) -> str:
        return type(value).__name__

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes()

    def __copy__(self):
        return self.clone()

    def clone(self):
        """A copy."""
        copy = self._on(Storage(self._cell.value, self._cell.aval))
        copy.untyped()._seen = False
        return copy

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
    filename = None
    # Whether a Tensor may read this memory, which then keeps its size.
    _seen = False

    def __init__(self, data=0, *, device=None):
        wrong = [] if isinstance(data, int) else [x for x in data if not isinstance(x, int | np.integer)]
        if wrong:
            raise RuntimeError(f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(data).__name__}), but one of the "
                               f"items was of type {type(wrong[0]).__name__} instead of int")
        if device is not None and Device(device).type not in _KINDS:
            raise RuntimeError(f"torch.UntypedStorage(): Storage device not recognized: {Device(device).type}")
        self._take(np.zeros(data, np.uint8) if isinstance(data, int) else np.asarray(data, np.uint8), device)

    def _take(self, array: np.ndarray, device) -> None:
        """Have new memory with these elements."""
        self._cell = from_array(array, device)._storage
        self._cell.face = weakref.ref(self)

    @classmethod
    def _holding(cls, array: np.ndarray, device=None) -> UntypedStorage:
        """The memory of a copy of an array, which no Tensor reads yet."""
        self = cls.__new__(cls)
        self._take(array, device)
        return self

    @classmethod
    def from_buffer(cls, buffer, byte_order=None, count: int = -1, offset: int = 0, *, dtype: Dtype | None = None) -> UntypedStorage:
        """A copy of the elements of a buffer, `dtype` in the byte order "big", "little" or "native"."""
        if dtype is None:
            raise RuntimeError("argument 'dtype' cannot be None")
        return cls._holding(buffered(buffer, byte_order, count, offset, dtype))

    @classmethod
    def _of(cls, cell: Storage) -> UntypedStorage:
        """The one object for a cell, as long as anyone has it."""
        self = cell.face() if cell.face is not None else None
        if self is None:
            self = cls.__new__(cls)
            self._cell, cell.face, self._seen = cell, weakref.ref(self), True
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

    def resize_(self, size: int) -> UntypedStorage:
        """Change the number of bytes; RuntimeError while a Tensor is on them. Returns self."""
        if not isinstance(size, int):
            raise RuntimeError(f"resize_ expects an int, but got {type(size).__name__}")
        if size < 0:
            raise RuntimeError(f"a storage cannot have {size} bytes")
        if self._is_meta:
            self._take(np.zeros(size, np.uint8), "meta")
        elif size != self.nbytes():
            if self._seen:
                raise RuntimeError(_FIXED)
            kept = self._array()[:size]
            self._take(np.pad(kept, (0, size - kept.size)), self.device)
        return self

    def byteswap(self, dtype: Dtype) -> None:
        """Reverse the bytes of each element in place; a complex number has two."""
        width = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
        if self.nbytes() % width:
            raise RuntimeError(f"the length of data is not a multiple of {width}")
        self._put(self._array().reshape(-1, width)[:, ::-1].reshape(-1))

    def type(self, dtype=None) -> str:
        """The name of the class."""
        return "torch.storage.UntypedStorage"

    def new(self) -> UntypedStorage:
        """An empty storage on the same device."""
        return UntypedStorage(device=self.device)

    def _array(self) -> np.ndarray:
        return np.ascontiguousarray(_whole(self._cell).jax()).reshape(-1).view(np.uint8)

    def _described(self) -> str:
        return f"torch.storage.UntypedStorage(device={self.device})"

    def __getitem__(self, index):
        if isinstance(index, slice):
            if index.step not in (None, 1):
                raise RuntimeError(f"Trying to slice with a step of {index.step}, but only a step of 1 is supported")
            return UntypedStorage._holding(self._array()[index])
        if not isinstance(index, int | np.integer):
            raise TypeError(f"can't index a torch.UntypedStorage with {type(index).__name__}")
        return int(self._readable()[self._checked(index)])

    def untyped(self) -> UntypedStorage:
        """`self`."""
        return self

    def to(self, device) -> UntypedStorage:
        """The bytes on another device; itself when they are there."""
        return self._of(to(_whole(self._cell), device=device)._storage)

    def cpu(self) -> UntypedStorage:
        """The bytes on the CPU."""
        return self.to("cpu")

    def cuda(self, device=None) -> UntypedStorage:
        """The bytes on a GPU."""
        return self.to("cuda" if device is None else Device("cuda", device) if isinstance(device, int) else device)


def buffered(buffer, byte_order, count: int, offset: int, dtype: Dtype) -> np.ndarray:
    """A copy of a buffer's elements, in this machine's byte order."""
    if byte_order is None and dtype.itemsize > 1:
        raise RuntimeError("function missing required argument 'byte_order' (pos 2)")
    if byte_order not in (None, "big", "little", "native"):
        raise ValueError(f"invalid byte_order '{byte_order}' (expected 'big', 'little', or 'native')")
    left = memoryview(buffer).nbytes - offset
    if count < 0 and left % dtype.itemsize:
        raise ValueError(f"buffer size ({left}) must be a multiple of element size ({dtype.itemsize})")
    count = left // dtype.itemsize if count < 0 else count
    if count * dtype.itemsize > left:
        raise ValueError(f"buffer has only {left} elements after offset {offset}, but specified a size of {count}")
    found = np.frombuffer(buffer, np.uint8, count * dtype.itemsize, offset)
    if byte_order not in (None, "native", sys.byteorder):
        found = found.reshape(-1, dtype.itemsize)[:, ::-1].reshape(-1)
    return (found != 0) if dtype.name == "bool" else np.ascontiguousarray(found).view(dtype.np)


def is_storage(obj) -> bool:
    """Whether `obj` is a storage (torch.is_storage)."""
    return isinstance(obj, _StorageBase)


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes of the memory that this Tensor is a window on (torch.Tensor.untyped_storage)."""
    return UntypedStorage._of(self._storage)


def tensor_on(memory: _StorageBase, dtype: Dtype) -> Tensor:
    """All of a storage as a one-dimensional Tensor of `dtype`, on the same memory. RuntimeError for a storage of another dtype."""
    memory.untyped()._seen = True
    if memory.untyped() is not memory and memory.dtype is not dtype:
        wanted, got = c_type_name(dtype.np), scalar_type_name(memory.dtype.np)
        raise RuntimeError(f"Expected a Storage of type {wanted} or an UntypedStorage, but got type {got} for argument 1 'storage'")
    flat = _whole(memory._cell).view(-1)  # type: ignore[attr-defined]
    return flat if flat.dtype is dtype else flat.view(dtype)


def elements_of(memory: _StorageBase, dtype: Dtype | None) -> Tensor:
    """A copy of a storage's elements, read as `dtype`. RuntimeError for a storage of another dtype."""
    wanted = FROM_NUMPY[default_dtype()] if dtype is None else dtype
    if memory.untyped() is not memory and memory.dtype is not wanted:
        kinds = (scalar_type_name(d.np) for d in (wanted, memory.dtype))
        raise RuntimeError("Expected a Storage of type {} or an UntypedStorage, but got {}".format(*kinds))
    return tensor_on(memory.clone(), wanted)


def install(cls: type) -> None:
    """Attach the storages to Tensor."""
    from .storage_types import storage_type
    from .typed_storage import _of_tensor, storage

    cls._typed_storage = _of_tensor  # type: ignore[attr-defined]
    for method in (untyped_storage, storage, storage_type):
        setattr(cls, method.__name__, method)

