"""From a Tensor to plain numbers, NumPy arrays and other libraries: everything here has to look at the value."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.levels import is_concrete
from ..core.mapped import refuse_mapped
from ..core.modes import state
from ..core.tensor import Tensor, value_of
from ..execution import META, executor

_ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, please try to rewrite what "
    "you're doing with other operations. If error is occurring somewhere inside PyTorch internals, please file a bug report."
)


_NO_POINTER = "Cannot access data pointer of Tensor that doesn't have storage"


def to_array(t: Tensor) -> np.ndarray:
    """The value on the host, as a read-only NumPy array."""
    return np.asarray(executor.force(value_of(t)))


def item(self):
    """The one element as a Python number (torch.Tensor.item)."""
    if self._aval.size != 1:
        raise RuntimeError(f"a Tensor with {self._aval.size} elements cannot be converted to Scalar")
    if not is_concrete(self):
        raise RuntimeError(_ITEM)
    if self._aval.device is META:
        raise RuntimeError("Tensor.item() cannot be called on meta tensors")
    return executor.force(value_of(self)).item()


def tolist(self):
    """Nested lists of Python numbers; a number for a 0-d Tensor (torch.Tensor.tolist)."""
    refuse_mapped(_NO_POINTER, self)
    array = to_array(self)
    return (array.astype(np.float32) if array.dtype == jnp.bfloat16 else array).tolist()


def numpy(self, *, force=False):
    """A NumPy copy of the value (torch.Tensor.numpy; a copy because values are immutable here). RuntimeError for a Tensor that requires grad,
    unless under no_grad or with `force`."""
    refuse_mapped(_NO_POINTER, self)
    if self.requires_grad and state.grad_enabled and not force:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    if self.device.type != "cpu" and not force:
        raise TypeError(
            f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )
    if self._aval.dtype == jnp.bfloat16:
        raise TypeError("Got unsupported ScalarType BFloat16")
    return np.array(to_array(self))


def _array(self, dtype=None, copy=None):
    array = numpy(self)
    return array if dtype is None else array.astype(dtype, copy=False)


def _array_wrap(self, array, context=None, return_scalar=False):
    """What a NumPy function made of this Tensor, as a Tensor (`np.sqrt(t)`); booleans as uint8."""
    from .interchange import from_numpy

    return from_numpy(array.astype(np.uint8) if array.dtype == np.bool_ else array)


def _boolean(self):
    if self._aval.size != 1:
        count = "no values" if self._aval.size == 0 else "more than one value"
        raise RuntimeError(f"Boolean value of Tensor with {count} is ambiguous")
    return bool(executor.force(value_of(self)).item())


def _scalar(kind: type):
    def convert(self):
        if self._aval.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        value = item(self)
        if type(value) is complex and kind is not complex:
            if value.imag:
                name = "double" if kind is float else "int64_t"
                raise RuntimeError(f"value cannot be converted to type {name} without overflow")
            value = value.real
        return kind(value)

    return convert


def _index(self):
    if self._aval.size != 1 or self._aval.dtype.kind not in "iub":
        raise TypeError("only integer tensors of a single element can be converted to an index")
    return int(item(self))


def _jax_array(self):
    return executor.export(value_of(self))


def _dlpack(self, **kwargs):
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    stream = kwargs.get("stream")
    if stream is not None and not isinstance(stream, int):
        raise TypeError("stream must be ``int`` or ``none``")
    if stream is not None and self.device.type == "cpu":
        raise AssertionError("stream should be None on cpu.")
    version = kwargs.get("max_version")
    if version is not None and version[0] >= 1 and self.device.type == "cpu" and self._aval.dtype.kind != "V":
        # JAX makes capsules of the old kind only.
        return np.array(to_array(self)).__dlpack__(max_version=version)
    return executor.export(value_of(self)).__dlpack__(**kwargs)


def _dlpack_device(self):
    return executor.force(value_of(self)).__dlpack_device__()


def install(cls: type) -> None:
    """Attach to Tensor."""
    for method in (item, tolist, numpy):
        setattr(cls, method.__name__, method)
    dunders = {
        "__array__": _array, "__array_wrap__": _array_wrap, "__bool__": _boolean, "__int__": _scalar(int), "__float__": _scalar(float),
        "__complex__": _scalar(complex), "__index__": _index, "__jax_array__": _jax_array, "__dlpack__": _dlpack,
        "__dlpack_device__": _dlpack_device,
    }
    for name, method in dunders.items():
        setattr(cls, name, method)
