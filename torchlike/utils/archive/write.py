"""Writing a checkpoint: pickling with storages taken out, and packing both into a zip."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np

from ...core.device import device as Device
from ...core.device import from_jax_device
from ...core.dtype import FROM_NUMPY, uint8
from ...core.dtype import dtype as DType
from ...core.pickling import user_attributes
from ...core.size import Size
from ...core.storage import Storage
from ...core.tensor import Tensor, make, value_of
from ...core.view import geometry_of
from ...nn.parameter import Parameter, is_lazy
from ...ops.info import layout
from ...ops.memory import UntypedStorage
from ...ops.typed_storage import TypedStorage
from .names import STORAGE_NAMES, Global, torch_global
from .options import options
from .place import SavedStorage, location_tag

ALIGNMENT = 64


class _StorageRef:
    """A storage in the pickle: written as a persistent id, elements beside the pickle."""

    def __init__(self, storage: Storage, key: str, dtype: DType | None = None):
        self.storage, self.key = storage, key
        self.dtype = FROM_NUMPY[storage.aval.dtype] if dtype is None else dtype

    def persistent_id(self, legacy: bool) -> tuple:
        """PyTorch's name of the storage: class, key, place and number of elements."""
        aval = self.storage.aval
        size = aval.size * aval.dtype.itemsize
        place = location_tag(SavedStorage(size, from_jax_device(aval.device)))
        if self.dtype in STORAGE_NAMES:
            kind, size = torch_global("torch", STORAGE_NAMES[self.dtype]), size // self.dtype.itemsize
        else:
            kind = torch_global("torch", "ByteStorage") if legacy else torch_global("torch.storage", "UntypedStorage")
        return ("storage", kind, self.key, place, size, None) if legacy else ("storage", kind, self.key, place, size)


class TensorPickler(pickle._Pickler):  # type: ignore[name-defined]
    """Pickles Tensors, Parameters, dtypes, devices and sizes under PyTorch's names; `refs` collects the storages.

    The pure-Python pickler, because the C one insists on importing the names it writes.
    """

    def __init__(self, file, protocol: int, legacy: bool = False):
        super().__init__(file, protocol)
        self.refs: dict[Any, _StorageRef] = {}
        self.seen: dict[int, DType] = {}
        self.legacy = legacy

    def persistent_id(self, obj):
        if isinstance(obj, TypedStorage):
            obj = self._ref(obj._untyped_storage._cell, obj.dtype)
        elif isinstance(obj, UntypedStorage):
            obj = self._ref(obj._cell, uint8)
        return obj.persistent_id(self.legacy) if isinstance(obj, _StorageRef) else None

    def reducer_override(self, obj):
        if isinstance(obj, Global | DType):
            return obj.name  # a name: `save_global` writes it
        if is_lazy(obj):
            return torch_global("torch.nn.parameter", type(obj).__name__), (obj.requires_grad,)
        if isinstance(obj, Parameter):
            return self._reduce_parameter(obj)
        if isinstance(obj, Tensor):
            return self._reduce_tensor(obj)
        if isinstance(obj, Device):
            return torch_global("torch", "device"), (obj.type,) if obj.index is None else (obj.type, obj.index)
        if type(obj) is layout:
            return torch_global("torch.serialization", "_get_layout"), (str(obj),)
        if type(obj) is Size:
            return torch_global("torch", "Size"), (tuple(obj),)
        return NotImplemented

    def save_global(self, obj, name=None):
        if isinstance(obj, Global | DType):
            module = obj.module if isinstance(obj, Global) else "torch"
            self.write(pickle.GLOBAL + f"{module}\n{obj.name}\n".encode())
            self.memoize(obj)
        else:
            super().save_global(obj, name)

    def _reduce_parameter(self, parameter: Tensor) -> tuple:
        args: tuple[Any, ...] = (parameter.data, parameter.requires_grad, OrderedDict())
        attributes = user_attributes(parameter)
        if attributes:
            return torch_global("torch._utils", "_rebuild_parameter_with_state"), (*args, attributes)
        return torch_global("torch._utils", "_rebuild_parameter"), args

    def _reduce_tensor(self, tensor: Tensor) -> tuple:
        if tensor.is_meta:
            return torch_global("torch._utils", "_rebuild_meta_tensor_no_storage"), _of_meta(tensor)
        source = _strided(tensor)
        self._note(tensor._storage, tensor.dtype)
        size, stride, offset = geometry_of(source)
        args: tuple[Any, ...] = (self._ref(source._storage), offset, tuple(size), tuple(stride), tensor.requires_grad, OrderedDict())
        rebuild = torch_global("torch._utils", "_rebuild_tensor_v2")
        if tensor.dtype not in STORAGE_NAMES:
            rebuild, args = torch_global("torch._utils", "_rebuild_tensor_v3"), (*args, tensor.dtype)
        attributes = user_attributes(tensor)
        if not attributes and type(tensor) is Tensor:
            return rebuild, args
        cls = torch_global("torch", "Tensor") if type(tensor) is Tensor else type(tensor)
        return torch_global("torch._tensor", "_rebuild_from_type_v2"), (rebuild, cls, args, attributes)

    def _ref(self, storage: Storage, dtype: DType | None = None) -> _StorageRef:
        new = _StorageRef(storage, str(len(self.refs)), dtype)
        self._note(storage, new.dtype)
        # Nothing can be of several dtypes.
        return self.refs.setdefault(id(storage) if storage.aval.size else (id(storage), new.dtype), new)

    def _note(self, storage: Storage, dtype: DType) -> None:
        """RuntimeError for elements that are saved as two dtypes."""
        dtype = dtype if dtype in STORAGE_NAMES else uint8
        if storage.aval.size and self.seen.setdefault(id(storage), dtype) != dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types")


def _of_meta(tensor: Any) -> tuple:
    return tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()), tensor.requires_grad


def _strided(tensor: Tensor) -> Tensor:
    """The tensor itself if size, strides and offset describe it, else a copy: views may also change the dtype."""
    return tensor if tensor._storage.aval.dtype == tensor._aval.dtype else make(value_of(tensor), tensor._aval)


def write_archive(obj, file, name: str, protocol: int) -> None:
    """Write `obj` as a checkpoint into an open binary file; `name` is the folder inside the zip."""
    pickled = io.BytesIO()
    pickler = TensorPickler(pickled, protocol)
    pickler.dump(obj)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, f"{name}/data.pkl", pickled.getvalue())
        _add(archive, f"{name}/.format_version", b"1")
        _add(archive, f"{name}/.storage_alignment", str(ALIGNMENT).encode())
        _add(archive, f"{name}/byteorder", sys.byteorder.encode())
        for ref in pickler.refs.values():
            _add(archive, f"{name}/data/{ref.key}", bytes_of(ref.storage))
        _add(archive, f"{name}/version", b"3\n")


def bytes_of(storage: Storage) -> memoryview:
    """The elements of a storage; zeros within `skip_data`."""
    if options.skip:
        return memoryview(bytes(storage.aval.size * storage.aval.dtype.itemsize))
    array = np.asarray(make(storage.value, storage.aval).jax())
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _add(archive: zipfile.ZipFile, path: str, content) -> None:
    """Store a record so that its content begins at a multiple of ALIGNMENT, for readers that map the file into memory."""
    info = zipfile.ZipInfo(path)
    info.file_size = len(content)
    header = 30 + len(path.encode()) + (20 if info.file_size * 1.05 > zipfile.ZIP64_LIMIT else 0)
    position = archive.fp.tell() if archive.fp is not None else 0
    padding = -(position + header + 4) % ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    with archive.open(info, "w") as record:
        record.write(content)
