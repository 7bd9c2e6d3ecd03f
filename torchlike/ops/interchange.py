"""Tensors from arrays, buffers, other libraries and anything: `asarray`, `from_numpy`, `frombuffer`, `from_dlpack`."""

from __future__ import annotations

import jax
import numpy as np

from ..core.dtype import default_dtype, scalar_type_name, to_numpy_dtype
from ..core.once import warn_once
from ..core.op import function
from ..core.operand import type_name
from ..core.tensor import Tensor, from_value
from ..execution.program import exported
from .convert import as_tensor, clone, from_array, to
from .create import finish
from .sequences import refuse_unknown_dtype


@function(bare=True)
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=None):
    """Like `as_tensor`; `copy=True` always copies, `requires_grad=False` drops the history (torch.asarray)."""
    if copy is False:
        _refuse_new_memory(obj, dtype)
    if not isinstance(obj, np.ndarray | np.generic) and isinstance(obj, bytes | bytearray | memoryview):
        obj = np.frombuffer(obj, to_numpy_dtype(dtype, default_dtype()))
    if requires_grad is None and isinstance(obj, Tensor) and obj.requires_grad and obj.is_leaf:
        warn_once("asarray", "torch.asarray: unspecified requires_grad now defaults to obj.requires_grad instead of False. Pass "
                             "requires_grad=False explicitly to get the old behavior and silence this warning.")
    result = as_tensor(obj, dtype, device)
    if result is obj and copy:
        result = clone(result)
    if requires_grad is False and result.requires_grad:
        return result.detach()
    return result.requires_grad_() if requires_grad and result.is_leaf else result


def _refuse_new_memory(obj, dtype) -> None:
    """Raise where PyTorch cannot make a Tensor on the memory of `obj` itself."""
    if isinstance(obj, np.generic):
        raise RuntimeError("can't alias NumPy scalars. Either remove copy=False or transform it in a ndarray. ")
    if not isinstance(obj, Tensor | np.ndarray | bytes | bytearray | memoryview):
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    own = obj._aval.dtype if isinstance(obj, Tensor) else getattr(obj, "dtype", None)
    if dtype is not None and own is not None and own != dtype.np:
        kinds = (scalar_type_name(d) for d in (own, dtype.np))
        raise ValueError("can't alias tensor with dtype '{}' into dtype '{}'.".format(*kinds))


def _check_buffer(length: int, width: int, count: int, offset: int) -> None:
    """PyTorch's errors for a part of a buffer that is empty, uneven or out of it."""
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1")
    if count > 0 and offset + count * width > length:
        raise ValueError(f"requested buffer length ({count} * {width} bytes) after offset ({offset} bytes) must not be greater than actual "
                         f"buffer length ({length} bytes)")
    if count < 0 and (length - offset) % width:
        raise ValueError(f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element size ({width})")


@function(bare=True)
def from_numpy(ndarray):
    """A Tensor with the contents and dtype of an array (torch.from_numpy). A copy: JAX arrays are immutable."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    if not ndarray.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. Conversion between byte orders is currently not "
                         "supported.")
    refuse_unknown_dtype(ndarray)
    if any(s % ndarray.itemsize for s in ndarray.strides):
        raise ValueError("given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.")
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. (You can "
            "probably work around this by making a copy of your array  with array.copy().) "
        )
    if not ndarray.flags.writeable:
        warn_once("read-only array", _READ_ONLY.format("array", "writing to this tensor will result in undefined behavior", "NumPy "))
    return from_array(ndarray, "cpu")


_READ_ONLY = (
    "The given {2}{0} is not writable, and PyTorch does not support non-writable tensors. This means {1}. You may want to copy the {0} to protect "
    "its data or make it writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)


@function(bare=True)
def frombuffer(buffer, *, dtype=None, count=-1, offset=0, requires_grad=False):
    """A one-dimensional Tensor copied from an object with the buffer protocol (torch.frombuffer)."""
    if dtype is None:
        raise TypeError('frombuffer() missing 1 required positional arguments: "dtype"')
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    length = view.nbytes
    if view.readonly:
        warn_once("read-only buffer", _READ_ONLY.format(
            "buffer", "you can write to the underlying (supposedly non-writable) buffer using the tensor", ""))
    _check_buffer(length, dtype.itemsize, count, offset)
    return finish(from_array(np.frombuffer(buffer, dtype.np, max(count, -1), offset), "cpu"), requires_grad)


class _Capsule:
    """What a DLPack capsule on the CPU lacks to be read: the methods of its producer."""

    def __init__(self, capsule):
        self._capsule = capsule

    def __dlpack__(self, **kwargs):
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def _from_capsule(source) -> Tensor:
    if isinstance(source, _Capsule) and "dltensor_versioned" in repr(source._capsule):
        # NumPy reads capsules of the new kind, JAX does not.
        return from_array(np.from_dlpack(source), "cpu")  # type: ignore[arg-type]
    return from_value(exported(jax.dlpack.from_dlpack(source)))


@function(bare=True)
def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A Tensor over another library's array or capsule, through DLPack; another Tensor's storage is shared unless `copy` (torch.from_dlpack)."""
    if isinstance(ext_tensor, Tensor):
        if ext_tensor.device.type == "meta":
            raise ValueError("Unknown device type meta for Dlpack")
        result = ext_tensor.detach()
    else:
        if type(ext_tensor).__name__ == "PyCapsule":
            ext_tensor = _Capsule(ext_tensor)
        if not hasattr(ext_tensor, "__dlpack__"):
            raise RuntimeError("from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have "
                               "already constructed a tensor from it once.")
        result = _from_capsule(ext_tensor)
    return to(result, device=device, copy=bool(copy))


@function(bare=True)
def to_dlpack(tensor):
    """A DLPack capsule over the memory of a Tensor (torch.to_dlpack)."""
    return tensor.__dlpack__()
