"""The old constructors: `torch.Tensor(2, 3)`, `torch.LongTensor([1, 2])`, and `isinstance(x, torch.FloatTensor)`."""

from __future__ import annotations

import numpy as np

from ..core.dtype import ALL, default_dtype, scalar_type_name
from ..core.dtype import dtype as Dtype
from ..core.op import ENTRIES, Entry
from ..core.tensor import Tensor, make_alias
from .convert import tensor
from .create import empty


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


def _new_tensor_object(cls, *data, **kwargs):
    """`torch.Tensor(...)`: default dtype, a size or a sequence. Subclasses made through their own `__new__` come here bare."""
    if cls is not Tensor:
        return object.__new__(cls)
    from ..core.dtype import FROM_NUMPY

    return construct(data, FROM_NUMPY[default_dtype()])


def install(cls: type) -> None:
    """Give Tensor its public constructor and `new`."""
    cls.__new__ = staticmethod(_new_tensor_object)  # type: ignore[assignment]
    cls.new = lambda self, *data, device=None: construct(data, self.dtype)  # type: ignore[attr-defined]
    cls.new_tensor = _new_tensor  # type: ignore[attr-defined]


def _new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """A Tensor of `data` with this one's dtype and device as defaults (torch.Tensor.new_tensor)."""
    return tensor(data, dtype=dtype or self.dtype, device=self.device if device is None else device, requires_grad=requires_grad)
