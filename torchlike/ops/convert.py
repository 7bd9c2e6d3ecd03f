"""Between Python, NumPy, JAX, DLPack and Tensors; between dtypes and devices."""

from __future__ import annotations

import warnings

import jax
import numpy as np

from ..core.device import device as Device
from ..core.device import to_jax_device
from ..core.dispatch import dispatch
from ..core.dtype import FROM_NUMPY, default_dtype, scalar_type_name, to_numpy_dtype
from ..core.dtype import dtype as Dtype
from ..core.modes import state
from ..core.node import Node
from ..core.op import function, op
from ..core.structural import CAST
from ..core.tape import edge_of
from ..core.tensor import Tensor, from_value, make, value_of
from ..execution import META, SCALAR_AVALS, Aval, Lifted, Meta, aval_of, executor, placed
from ..execution.program import exported
from .checks import require_tensor
from .create import finish, refuse_pinned
from .sequences import first_leaf, nested_array


def from_array(array: np.ndarray, device=None) -> Tensor:
    """A Tensor holding a copy of a NumPy array (JAX may otherwise alias memory that its owner can still write)."""
    place = to_jax_device(device)
    aval = aval_of(array.shape, array.dtype, place)
    return make(Meta(aval) if place is META else placed(np.array(array, order="C"), place), aval)


@function(bare=True)
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A leaf Tensor holding a copy of `data`: numbers, nested sequences, arrays (torch.tensor)."""
    refuse_pinned(pin_memory)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).", UserWarning, stacklevel=2)
        copy = to(data.detach(), dtype=dtype or data.dtype, device=device if device is not None else data.device, copy=True)
        return copy.requires_grad_() if requires_grad else copy
    if hasattr(data, "untyped") and not isinstance(data, np.ndarray):
        from .memory import elements_of

        return finish(to(elements_of(data, dtype), device=device), requires_grad)
    if isinstance(data, jax.core.Tracer):
        return finish(from_value(data if dtype is None else data.astype(dtype.np)), requires_grad)
    result = from_array(nested_array(data, to_numpy_dtype(dtype)), device)
    recording = executor.recording
    if recording is not None and type(first_leaf(list(data) if isinstance(data, tuple) else data)) in SCALAR_AVALS:
        recording.constant(result._storage.value)
    return finish(result, requires_grad)


@function(bare=True)
def as_tensor(data, dtype=None, device=None):
    """`data` as a Tensor: itself when it already is one of that dtype and device (torch.as_tensor)."""
    if isinstance(data, Tensor):
        return to(data, dtype=dtype, device=device)
    if isinstance(data, jax.Array):
        return to(from_value(data), dtype=dtype, device=device)
    return tensor(data, dtype=dtype, device=device)


@function(bare=True)
def from_jax(array):
    """A Tensor over a `jax.Array` (or a tracer), without a copy."""
    return from_value(exported(array))


@function(bare=True)
def is_tensor(obj):
    """Whether `obj` is a Tensor (torch.is_tensor)."""
    return isinstance(obj, Tensor)


@function(bare=True)
def scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A 0-d Tensor of the default dtype (torch.scalar_tensor)."""
    return tensor(s, dtype=dtype or FROM_NUMPY[default_dtype()], device=device, requires_grad=requires_grad)


@op(method=True)
def clone(input, /, *, memory_format=None):
    """A copy with its own storage; gradients flow through (torch.clone)."""
    return input


class ToCopyBackward0(Node):
    """The node of a copy between devices: sends the cotangent back where the source lives."""

    __slots__ = ("source", "target")
    source: Aval
    target: Aval

    def output_aval(self, nr):
        return self.target

    def run(self, grads, wanted):
        if grads[0] is None or self.source.device is META:
            return [None if grads[0] is None else Meta(self.source)]
        return [jax.device_put(executor.force(grads[0]), self.source.device)]

    def run_recorded(self, grads, wanted):
        return [None if grads[0] is None else move(grads[0], self.source.device)]


def move(t: Tensor, place) -> Tensor:
    """`t` copied to a `jax.Device`, recorded."""
    aval = aval_of(t._aval.shape, t._aval.dtype, place)
    value = value_of(t)
    if type(value) is Lifted:
        tangent = None if value.tangent is None else move(value.tangent, place)
        value = Lifted(value.level, move(value.inner, place), tangent, value.batched)
    if place is META:
        value = Meta(aval)
    elif not isinstance(value, jax.core.Tracer | Lifted):
        value = jax.device_put(executor.force(value), place)
    result = make(value, aval)
    if state.grad_enabled and t.requires_grad:
        node = ToCopyBackward0((edge_of(t),))
        node.source, node.target = t._aval, aval
        result._node, result._requires_grad = node, True
    return result


def _parse_to(args: tuple, dtype, device):
    for a in args:
        if isinstance(a, Dtype) or a is None and dtype is None:
            dtype = a
        elif isinstance(a, Tensor):
            dtype, device = a.dtype, a.device
        elif isinstance(a, str | Device):
            device = a
        elif isinstance(a, bool):
            continue
        elif isinstance(a, int):
            device = a
        elif a in (float, int, bool, complex):
            dtype = a
        else:
            raise TypeError(f"to() received an invalid combination of arguments - got ({type(a).__name__})")
    return dtype, device


@function(method=True, public=False, bare=True)
def to(self, *args, dtype=None, device=None, other=None, non_blocking=False, copy=False, memory_format=None):
    """`self` with another dtype and/or on another device; itself when nothing changes (torch.Tensor.to)."""
    if other is not None:
        args = (other, *args)
    dtype, device = _parse_to(args, dtype, device)
    copy = copy or (len(args) > 1 and isinstance(args[-1], bool) and len([a for a in args if isinstance(a, bool)]) == 2 and args[-1])
    result = self
    np_dtype = to_numpy_dtype(dtype)
    if np_dtype is not None and np_dtype != self._aval.dtype:
        if self._aval.is_complex and np_dtype.kind not in "cb":
            warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=2)
        result = dispatch(CAST, (result,), (np_dtype,))
    if device is not None and to_jax_device(device) != (self._aval.device or to_jax_device(device)):
        result = move(result, to_jax_device(device))
    return clone(result) if copy and result is self else result


def _cast_method(name: str, d: Dtype):
    def cast(self, memory_format=None):
        return to(self, d)

    cast.__name__ = name
    cast.__doc__ = f"`self.to({d})`."
    return cast


def type_(self, dtype=None, non_blocking=False, **kwargs):
    """The type's name without arguments ('torch.FloatTensor'), else a cast (torch.Tensor.type)."""
    if dtype is None:
        prefix = "torch." if self.device.type == "cpu" else f"torch.{self.device.type}."
        return f"{prefix}{scalar_type_name(self._aval.dtype)}Tensor"
    if isinstance(dtype, Dtype):
        return to(self, dtype)
    if dtype is Tensor or dtype == "torch.Tensor":
        return to(self, FROM_NUMPY[default_dtype()])
    if isinstance(dtype, type) and hasattr(dtype, "is_cuda") and isinstance(getattr(dtype, "dtype", None), Dtype):
        return to(self, dtype.dtype, device="cuda" if dtype.is_cuda else "cpu")
    if not isinstance(dtype, str | type):
        raise TypeError("dtype must be a type, str, or dtype object")
    names = {f"torch.{place}{scalar_type_name(d)}Tensor": (place, FROM_NUMPY[d]) for d in FROM_NUMPY for place in ("", "cuda.")}
    name = dtype if isinstance(dtype, str) else dtype.__name__
    if name not in names:
        raise ValueError(f"invalid type: '{name}'")
    place, dtype = names[name]
    return to(self, dtype, device="cuda" if place else "cpu")


@function(method=True, public=False)
def module_load(self, other, assign=False):
    """What a parameter or buffer is to become when `load_state_dict` finds `other` for it and swaps (torch.Tensor.module_load): its own new
    contents, or `other`'s with `assign`. Subclasses override it."""
    return other.detach() if assign else self.copy_(other).detach()


@function(method=True, public=False, bare=True)
def type_as(self, other):
    """`self` in the dtype and device of `other` (torch.Tensor.type_as)."""
    return to(self, require_tensor("type_as", other))


def cpu(self, memory_format=None):
    """`self` on the CPU."""
    return to(self, device="cpu")


def cuda(self, device=None, non_blocking=False, memory_format=None):
    """`self` on a GPU (the default one unless given)."""
    return to(self, device="cuda" if device is None else Device("cuda", device) if isinstance(device, int) else device)


_CASTS = {"float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "int": "int32", "long": "int64", "short": "int16",
          "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128"}


def install(cls: type) -> None:
    """Attach conversions to Tensor."""
    by_name = {d.name: d for d in FROM_NUMPY.values()}
    for name, target in _CASTS.items():
        setattr(cls, name, _cast_method(name, by_name[target]))
    for method in (cpu, cuda):
        setattr(cls, method.__name__, method)
    setattr(cls, "type", type_)  # noqa: B010 (an assignment would need a class that has it)
