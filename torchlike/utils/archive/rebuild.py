"""The functions a checkpoint calls to rebuild tensors from storages. Tensors of one storage share memory again."""

from __future__ import annotations

import sys

import jax
import numpy as np

from ...core.attributes import OWN_ATTRIBUTES
from ...core.dtype import FROM_NUMPY
from ...core.dtype import dtype as DType
from ...core.tensor import Tensor, from_value
from ...nn.parameter import Parameter
from ...ops.allocate import empty_strided
from ...ops.info import strided
from ...ops.strided import as_strided
from ...ops.typed_storage import TypedStorage
from .names import is_contiguous


class LoadedStorage:
    """The elements of one storage as a flat NumPy array, and the first Tensor made of them (per dtype), which later ones view."""

    def __init__(self, array: np.ndarray, device: jax.Device):
        self.array, self.device = array, device
        self.owners: dict[np.dtype, Tensor] = {}

    def tensor(self, offset: int, size: tuple, stride: tuple, dtype: np.dtype) -> Tensor:
        """The Tensor of this geometry; RuntimeError if it does not fit into the storage."""
        flat = self.array if self.array.dtype == dtype else self.array.view(dtype)
        _check_fits(flat.size, offset, size, stride)
        whole = offset == 0 and is_contiguous(size, stride) and int(np.prod(size, dtype=np.int64)) == flat.size
        owner = self.owners.get(dtype)
        if owner is None:
            shaped = flat.reshape(size) if whole else flat
            owner = self.owners[dtype] = from_value(jax.device_put(shaped, self.device))
        if whole and tuple(owner.shape) == size:
            return owner.detach()
        return as_strided(owner, size, stride, offset).detach()


    def become_typed(self) -> None:
        """Turn into the TypedStorage on the elements, which is what a file's reader gets for a storage that was saved as such."""
        owner = next(iter(self.owners.values()), None)
        flat = self.tensor(0, (self.array.size,), (1,), self.array.dtype) if owner is None else owner
        memory, dtype = flat.untyped_storage(), FROM_NUMPY[self.array.dtype]  # type: ignore[attr-defined]
        vars(self).clear()
        self.__class__ = TypedStorage  # type: ignore[assignment]
        self.__init__(wrap_storage=memory, dtype=dtype)  # type: ignore[misc, call-arg]


def hand_out(storages: dict[str, LoadedStorage]) -> None:
    """When all is read: give those storages their final form that are part of what was read."""
    for key in list(storages):
        storage = storages.pop(key)
        if sys.getrefcount(storage) > _OWN_REFERENCES:
            storage.become_typed()


# The variable, and the argument of `getrefcount`.
_OWN_REFERENCES = 2


def _check_fits(n: int, offset: int, size: tuple, stride: tuple) -> None:
    if len(size) != len(stride) or offset < 0 or any(s < 0 for s in (*size, *stride)):
        raise RuntimeError(f"the file describes an impossible tensor: size {size}, stride {stride}, storage offset {offset}")
    last = offset + sum((k - 1) * s for k, s in zip(size, stride, strict=True)) if all(size) else -1
    if last >= n:
        raise RuntimeError(f"the file is damaged: size {size}, stride {stride}, storage offset {offset} exceed a storage of {n} elements")


def rebuild_tensor(storage: LoadedStorage, offset, size, stride, requires_grad=False, backward_hooks=None, metadata=None) -> Tensor:
    """torch._utils._rebuild_tensor_v2 (and the older _rebuild_tensor)."""
    return _finished(storage.tensor(offset, tuple(size), tuple(stride), storage.array.dtype), requires_grad, metadata)


def _finished(tensor: Tensor, requires_grad: bool, metadata: dict | None) -> Tensor:
    """PyTorch may leave conjugation and negation to be done: `metadata` says so."""
    if metadata and metadata.get("conj"):
        tensor = tensor.conj()
    if metadata and metadata.get("neg"):
        tensor = tensor.neg()
    return tensor.requires_grad_() if requires_grad else tensor


def rebuild_untyped_tensor(
    storage: LoadedStorage, offset, size, stride, requires_grad, backward_hooks, dtype: DType, metadata=None
) -> Tensor:
    """torch._utils._rebuild_tensor_v3: the dtype comes with the tensor, the storage is bytes."""
    return _finished(storage.tensor(offset, tuple(size), tuple(stride), dtype.np), requires_grad, metadata)


def rebuild_meta_tensor(dtype: DType, size, stride, requires_grad: bool) -> Tensor:
    """torch._utils._rebuild_meta_tensor_no_storage: a shape alone."""
    return empty_strided(tuple(size), tuple(stride), dtype=dtype, device="meta", requires_grad=requires_grad)


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks=None, state=None) -> Tensor:
    """torch._utils._rebuild_parameter and _rebuild_parameter_with_state."""
    return _with_attributes(Parameter(data, requires_grad), state)


def rebuild_from_type(rebuild, cls: type, args: tuple, state) -> Tensor:
    """torch._tensor._rebuild_from_type_v2: a tensor of a subclass, or with attributes."""
    if rebuild not in (rebuild_tensor, rebuild_untyped_tensor):
        raise RuntimeError(f"cannot rebuild a tensor with {rebuild}")
    result = rebuild(*args)
    if cls is not Tensor:
        if not issubclass(cls, Tensor):
            raise RuntimeError(f"{cls} is no Tensor class")
        result.__class__ = cls
    return _with_attributes(result, state)


def rebuild_layout(name: str):
    """torch.serialization._get_layout."""
    if name != repr(strided):
        raise RuntimeError(f"torchlike knows no layout {name}, only {strided}")
    return strided


def _with_attributes(tensor: Tensor, state) -> Tensor:
    if isinstance(state, tuple):  # (attributes, slots), as object.__getstate__ gives them
        state = state[0]
    for name, value in (state or {}).items():
        if name not in OWN_ATTRIBUTES:
            vars(tensor)[name] = value
    return tensor


def storage_dtype(dtype: DType | None) -> np.dtype:
    """The NumPy dtype of a storage's elements."""
    return np.dtype(np.uint8) if dtype is None else FROM_NUMPY[dtype.np].np
