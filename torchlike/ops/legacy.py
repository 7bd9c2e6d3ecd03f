"""The old constructors: `torch.Tensor(2, 3)`, `torch.LongTensor([1, 2])`, and `isinstance(x, torch.FloatTensor)`."""

from __future__ import annotations

import warnings

import numpy as np

from ..core.dtype import ALL, default_dtype, scalar_type_name, set_default_dtype
from ..core.dtype import dtype as Dtype
from ..core.op import ENTRIES, Entry, function
from ..core.tensor import Tensor, make_alias
from .convert import tensor
from .create import empty
from .subclass import alias, instance_of

_FORMS = """ * (*, torch.device device = None)
 * (Tensor other)
 * (tuple of ints size, *, torch.device device = None)
 * (object data, *, torch.device device = None)
"""


def construct(data: tuple, dtype) -> Tensor:
    """What `torch.<Type>Tensor(*data)` makes: an uninitialised tensor of a size, or a copy of a sequence."""
    if not data:
        return empty(0, dtype=dtype)
    if len(data) == 1 and isinstance(data[0], Tensor):
        if data[0].dtype is not dtype:
            raise TypeError(f"expected {dtype} (got {data[0].dtype})")
        return make_alias(data[0])
    if all(isinstance(n, int | np.integer) for n in data):
        return empty(*data, dtype=dtype)
    if len(data) == 1 and type(data[0]).__name__ == "Size":
        return empty(data[0], dtype=dtype)
    if len(data) == 1 and isinstance(data[0], list | tuple | np.ndarray | range):
        return tensor(list(data[0]) if isinstance(data[0], range) else data[0], dtype=dtype)
    raise TypeError(f"new(): data must be a sequence (got {type(data[0]).__name__})")


@function
def set_default_tensor_type(t):
    """Set the default dtype by a tensor type or its name, such as 'torch.DoubleTensor' (torch.set_default_tensor_type)."""
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.", UserWarning, stacklevel=2)
    if isinstance(t, str):
        t = ENTRIES[t.removeprefix("torch.")].call if t.removeprefix("torch.") in ENTRIES else t
    if not isinstance(t, _TypedTensor):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    set_default_dtype(t.dtype)


class _TypedTensor(type):
    """`torch.FloatTensor` and friends: constructors that answer isinstance by dtype."""

    dtype: Dtype

    def __call__(cls, *data, device=None):
        return construct(data, cls.dtype)

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype


def _declare(d: Dtype) -> None:
    name = f"{scalar_type_name(d.np)}Tensor"
    cls = _TypedTensor(name, (), {"dtype": d, "__module__": "torch", "__doc__": f"Tensors of dtype {d} (torch.{name})."})
    ENTRIES[name] = Entry(name, cls, method=False, inplace=False, public=True)


for _dtype in ALL:
    _declare(_dtype)


def _new_tensor_object(cls, *data, device=None, **unknown):
    """`torch.Tensor(...)` and its subclasses: a view of a Tensor, or the default dtype and a size or a sequence."""
    from ..core.dtype import FROM_NUMPY

    if unknown:
        got = ", ".join([*(type(x).__name__ for x in data), *(f"{name}={type(x).__name__}" for name, x in unknown.items())])
        raise TypeError(f"new() received an invalid combination of arguments - got ({got}), but expected one of:\n{_FORMS}")
    if len(data) == 1 and isinstance(data[0], Tensor):
        made = alias(data[0])
    else:
        made = construct(data, FROM_NUMPY[default_dtype()])
    return made if cls is Tensor else instance_of(cls, made)


def install(cls: type) -> None:
    """Give Tensor its public constructor and `new`."""
    cls.__new__ = staticmethod(_new_tensor_object)  # type: ignore[assignment]
    cls.new = lambda self, *data, device=None: construct(data, self.dtype)  # type: ignore[attr-defined]
    cls.new_tensor = _new_tensor  # type: ignore[attr-defined]


def _new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """A Tensor of `data` with this one's dtype and device as defaults (torch.Tensor.new_tensor)."""
    return tensor(data, dtype=dtype or self.dtype, device=self.device if device is None else device, requires_grad=requires_grad)
