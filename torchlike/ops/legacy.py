"""The old constructors: `torch.Tensor(2, 3)`, `torch.LongTensor([1, 2])`, and `isinstance(x, torch.FloatTensor)`."""

from __future__ import annotations

import functools

import numpy as np

from ..core.device import NO_CUDA, has_platform
from ..core.device import device as Device
from ..core.dtype import ALL, default_dtype, scalar_type_name, type_id_name
from ..core.dtype import dtype as Dtype
from ..core.op import ENTRIES, Entry
from ..core.tensor import Tensor, make_alias
from .convert import tensor
from .create import empty
from .info import strided
from .memory import is_storage, tensor_on
from .subclass import alias, instance_of

_FORMS = """ * (*, torch.device device = None)
 * (Tensor other)
 * (tuple of ints size, *, torch.device device = None)
 * (object data, *, torch.device device = None)
"""


def _options(kind: str) -> str:
    return (f"TensorOptions(dtype={kind}, device=cpu, layout=Strided, requires_grad=false (default), pinned_memory=false (default), "
            "memory_format=(nullopt))")


def construct(data: tuple, dtype) -> Tensor:
    """What `torch.<Type>Tensor(*data)` makes: an uninitialised tensor of a size, or a copy of a sequence."""
    if not data:
        return empty(0, dtype=dtype)
    if len(data) == 1 and isinstance(data[0], Tensor):
        if data[0].dtype is not dtype:
            wanted, got = (_options(type_id_name(t.np)) for t in (dtype, data[0].dtype))
            raise TypeError(f"expected {wanted.replace(' int', '')} (got {got})")
        return make_alias(data[0])
    if len(data) == 1 and is_storage(data[0]):
        return tensor_on(data[0], dtype)
    if len(data) == 1 and isinstance(data[0], str):
        raise TypeError(f"new(): invalid data type '{type(data[0]).__name__}'")
    if all(isinstance(n, int | np.integer) for n in data):
        return empty(*data, dtype=dtype)
    if len(data) == 1 and type(data[0]).__name__ == "Size":
        return empty(data[0], dtype=dtype)
    if len(data) == 1 and isinstance(data[0], list | tuple | np.ndarray | range):
        return tensor(list(data[0]) if isinstance(data[0], range) else data[0], dtype=dtype)
    raise TypeError(f"new(): data must be a sequence (got {type(data[0]).__name__})")


def _check_device(device, kind: str) -> None:
    if device is not None and Device(device).type != kind:
        raise RuntimeError(f"legacy constructor expects device type: {kind} but device type: {Device(device).type} was passed")


class _TypedTensor(type):
    """`torch.FloatTensor` and friends: constructors that answer isinstance by dtype and kind of device."""

    dtype: Dtype
    is_cuda: bool
    layout = strided

    def __call__(cls, *data, device=None, size=None):
        kind = "cuda" if cls.is_cuda else "cpu"
        _check_device(device, kind)
        data = data if size is None else tuple(size)
        if not cls.is_cuda:
            return construct(data, cls.dtype)
        if not has_platform("cuda"):
            raise TypeError(f"type torch.cuda.{cls.__name__} not available. {NO_CUDA}.")
        return construct(data, cls.dtype).to("cuda" if device is None else device)  # type: ignore[attr-defined]

    def __new__(mcs, name, bases, body):
        if bases:
            raise TypeError(f"type '{bases[0].__module__}.{bases[0].__name__}' is not an acceptable base type")
        return super().__new__(mcs, name, bases, body)

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.is_cuda is cls.is_cuda  # type: ignore[attr-defined]


def _types(is_cuda: bool) -> dict[str, type]:
    package = "torch.cuda" if is_cuda else "torch"
    found: dict[str, type] = {}
    for d in ALL:
        name = f"{scalar_type_name(d.np)}Tensor"
        if not name.startswith("UInt") and not (is_cuda and d.is_complex):
            doc = f"Tensors of dtype {d}{' on a GPU' if is_cuda else ''} ({package}.{name})."
            found[name] = _TypedTensor(name, (), {"dtype": d, "is_cuda": is_cuda, "__module__": package, "__doc__": doc})
    return found


TYPES = _types(is_cuda=False)
for _name, _type in TYPES.items():
    ENTRIES[_name] = Entry(_name, _type, method=False, inplace=False, public=True)


@functools.cache
def cuda_types() -> dict[str, type]:
    """The classes `torch.cuda.FloatTensor` and friends, by name."""
    return _types(is_cuda=True)


def _new_tensor_object(cls, *data, device=None, **unknown):
    """`torch.Tensor(...)` and its subclasses: a view of a Tensor, or the default dtype and a size or a sequence."""
    from ..core.dtype import FROM_NUMPY

    if unknown:
        got = ", ".join([*(type(x).__name__ for x in data), *(f"{name}={type(x).__name__}" for name, x in unknown.items())])
        raise TypeError(f"new() received an invalid combination of arguments - got ({got}), but expected one of:\n{_FORMS}")
    if len(data) == 1 and isinstance(data[0], Tensor):
        if device is not None:
            raise RuntimeError("Legacy tensor constructor of the form torch.Tensor(tensor, device=device) is not supported.  Use "
                               "torch.tensor(...) or torch.as_tensor(...) instead.")
        made = alias(data[0])
    else:
        _check_device(device, "cpu")
        made = construct(data, FROM_NUMPY[default_dtype()])
    return made if cls is Tensor else instance_of(cls, made)


def install(cls: type) -> None:
    """Give Tensor its public constructor and `new`."""
    cls.__new__ = staticmethod(_new_tensor_object)  # type: ignore[assignment]
    cls.new = _new  # type: ignore[attr-defined]
    cls.new_tensor = _new_tensor  # type: ignore[attr-defined]


def _new(self, *data, size=None, device=None):
    """An uninitialised Tensor of a size, or of a sequence's elements, with this one's dtype (torch.Tensor.new, an old constructor)."""
    if device is not None and len(data) == 1 and isinstance(data[0], Tensor):
        raise RuntimeError("Legacy tensor new of the form tensor.new(tensor, device=device) is not supported.  Use torch.as_tensor(...) instead.")
    _check_device(device, self.device.type)
    return construct(data if size is None else tuple(size), self.dtype)


def _new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
    """A Tensor of `data` with this one's dtype and device as defaults (torch.Tensor.new_tensor)."""
    return tensor(data, dtype=dtype or self.dtype, device=self.device if device is None else device, requires_grad=requires_grad)
