"""Making tensors from nothing: constants and identities."""

from __future__ import annotations

from numbers import Number

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.determinism import unset
from ..core.device import has_accelerator, to_jax_device
from ..core.dispatch import dispatch
from ..core.dtype import default_dtype, scalar_type_name, to_numpy_dtype
from ..core.levels import allocated_like
from ..core.modes import state
from ..core.op import function, op
from ..core.structural import CAST, FULL
from ..core.tensor import Tensor
from .checks import refuse, refuse_overflow
from .promotion import broadcast_shapes, complex_dtype


def parse_size(name: str, size: tuple) -> tuple:
    """`zeros(2, 3)` and `zeros((2, 3))` alike; PyTorch's errors for extents that are missing, negative or no integers."""
    if not size:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    listed = len(size) == 1 and not _is_extent(size[0])
    if listed and (not isinstance(size[0], tuple | list | np.ndarray) or np.ndim(size[0]) == 0 and not isinstance(size[0], tuple | list)):
        raise TypeError(f"{name}(): argument 'size' (position 1) must be tuple of ints, not {type(size[0]).__name__}")
    extents = tuple(size[0]) if listed else size
    for i, n in enumerate(extents):
        if not _is_extent(n):
            raise TypeError(_bad_extent(name, i, type(n).__name__))
    shape = tuple(int(n) for n in extents)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def _is_extent(n) -> bool:
    """Whether PyTorch takes this for an integer: also a Tensor or array of one, whose dtype is integral."""
    if isinstance(n, Tensor):
        return n._aval.dtype.kind in "iu"
    return isinstance(n, int | np.integer) and not isinstance(n, bool) or (isinstance(n, np.ndarray) and n.ndim == 0 and n.dtype.kind in "iu")


def _bad_extent(name: str, i: int, kind: str) -> str:
    if i == 0:
        return f"{name}(): argument 'size' (position 1) must be tuple of ints, but found element of type {kind} at pos 0"
    return f'{name}(): argument \'size\' failed to unpack the object at pos {i + 1} with error "type must be tuple of ints,but got {kind}"'


def filled(shape: tuple, value, dtype, device) -> Tensor:
    """A tensor of one number; RuntimeError when the dtype has no room for it."""
    refuse_overflow(value, np.dtype(dtype))
    if type(value) is complex and np.dtype(dtype).kind == "b":
        value = bool(value)
    return dispatch(FULL, (value,), (shape, np.dtype(dtype), to_jax_device(device)))


def wanted_dtype(dtype, default, out, name: str = ""):
    """The dtype that a factory makes: `out`'s where there is one, which `dtype` must not contradict, else `dtype`, else the default."""
    if out is None:
        return to_numpy_dtype(dtype, default, name)
    own = out._aval.dtype
    if dtype is not None and to_numpy_dtype(dtype) != own:
        raise RuntimeError(f"dtype {scalar_type_name(to_numpy_dtype(dtype))} does not match dtype of out parameter ({scalar_type_name(own)})")
    return own


def refuse_format(memory_format, ndim: int) -> None:
    """RuntimeError for a memory format that tensors of this rank cannot have."""
    rank = _FORMAT_RANKS.get(str(memory_format))
    if rank is not None and ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {str(memory_format).removeprefix('torch.')} format")


_FORMAT_RANKS = {"torch.channels_last": 4, "torch.channels_last_3d": 5}


def refuse_pinned(pin_memory) -> None:
    """RuntimeError for pinned memory where there is no accelerator to copy from it."""
    if pin_memory and not has_accelerator():
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this system."
        )


def refuse_sparse(layout) -> None:
    """NotImplementedError for a layout other than strided."""
    if layout is not None and layout.name != "strided":
        raise NotImplementedError(f"torchlike has dense tensors only, none of layout {layout}; leave the layout out")


def finish(result: Tensor, requires_grad: bool, out=None, dtype=None, fills: bool = False) -> Tensor:
    """Apply the options every factory shares; an `out=` takes numbers of its own dtype, which must be the `dtype` asked for. With `fills` it
    keeps its shape if it has as many elements."""
    if out is not None:
        from ..core.inplace import write_out

        if result._aval.dtype != out._aval.dtype:
            if dtype is not None:
                names = (scalar_type_name(x._aval.dtype) for x in (result, out))
                raise RuntimeError("dtype {} does not match dtype of out parameter ({})".format(*names))
            result = dispatch(CAST, (result,), (out._aval.dtype,))
        if fills and out._aval.size == result._aval.size:
            result = result.reshape(out._aval.shape)  # type: ignore[attr-defined]
        if out._aval.shape != result._aval.shape:
            out.resize_(result._aval.shape)  # type: ignore[attr-defined]
        return write_out("factory", out, result, ())
    if requires_grad and not result._aval.inexact:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return result.requires_grad_() if requires_grad else result


def number_of(x):
    """The Python number in a Tensor or NumPy array of one element; anything else as it is."""
    return x.item() if isinstance(x, Tensor | np.generic | np.ndarray) else x


def _constant(name: str, value: float | None):
    def factory(*size, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None,
                memory_format=None, **kwargs):
        if "size" in kwargs:
            size = (kwargs.pop("size"),)
        if kwargs:
            raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(kwargs))}'")
        refuse_sparse(layout)
        refuse_pinned(pin_memory)
        if name == "zeros" and any(isinstance(n, int) and n < 0 for n in (size[0] if len(size) == 1 and isinstance(size[0], tuple | list) else size)):
            raise RuntimeError("zeros: Dimension size must be non-negative.")
        kind, shape = wanted_dtype(dtype, default_dtype(), out, name), parse_size(name, size)
        refuse_format(memory_format, len(shape))
        return finish(filled(shape, unset(kind) if value is None else value, kind, device), requires_grad, out)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"A tensor of the given size filled with {value or 0} (torch.{name}); default dtype unless `dtype` is given."
    return function(factory)


zeros = _constant("zeros", 0)
ones = _constant("ones", 1)
# Uninitialised memory has no meaning for immutable arrays: empty gives zeros, or what deterministic mode says.
empty = _constant("empty", None)


def _constant_like(name: str, value: float | None):
    def factory(input, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, memory_format=None):
        refuse_sparse(layout)
        refuse_pinned(pin_memory)
        refuse_format(memory_format, input._aval.ndim)
        np_dtype = to_numpy_dtype(dtype, input._aval.dtype, name)
        number = unset(np_dtype) if value is None else value
        return finish(_after(input, filled(input._aval.shape, number, np_dtype, input.device if device is None else device)), requires_grad)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"A tensor like `input` (shape, dtype, device) filled with {value or 0} (torch.{name})."
    return function(factory)


zeros_like = _constant_like("zeros_like", 0)
ones_like = _constant_like("ones_like", 1)
empty_like = _constant_like("empty_like", None)


def _fill_dtype(value):
    if isinstance(value, Tensor):
        return value._aval.dtype
    value = number_of(value)
    kinds = {bool: np.bool_, int: np.int64, complex: complex_dtype(default_dtype())}
    return next((d for k, d in kinds.items() if isinstance(value, k)), default_dtype())


def _fill_value(name: str, value):
    if isinstance(value, Tensor | np.ndarray):
        return value.item()
    if not isinstance(value, Number | np.generic):
        raise TypeError(f"{name}(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    return value


@function
def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, names=None):
    """A tensor of `size` filled with `fill_value`, whose type gives the dtype unless `dtype` does (torch.full)."""
    if isinstance(size, int):
        raise TypeError("full(): argument 'size' (position 1) must be tuple of ints, not int")
    refuse_pinned(pin_memory)
    value = _fill_value("full", fill_value)
    return finish(filled(parse_size("full", (size,)), value, wanted_dtype(dtype, _fill_dtype(fill_value), out, "full"), device), requires_grad, out)


@function
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False, memory_format=None):
    """A tensor like `input` filled with `fill_value` (torch.full_like)."""
    value = _fill_value("full_like", fill_value)
    np_dtype = to_numpy_dtype(dtype, input._aval.dtype)
    return finish(_after(input, filled(input._aval.shape, value, np_dtype, input.device if device is None else device)), requires_grad)


def _after(model: Tensor, result: Tensor) -> Tensor:
    """`result`, made after the model of a Tensor."""
    return allocated_like(result, model) if state.levels else result


def _new(name: str, factory):
    def method(self, *size, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False, **kwargs):
        result = factory(*size, dtype=dtype or self.dtype, device=self.device if device is None else device, **kwargs)
        return finish(_after(self, result), requires_grad)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`torch.{name.removeprefix('new_')}` with this tensor's dtype and device as defaults."
    return function(method, method=True, public=False)


new_zeros = _new("new_zeros", zeros)
new_ones = _new("new_ones", ones)
new_empty = _new("new_empty", empty)
new_full = _new("new_full", full)


@op(public=False, creates=True)
def _eye(*, n, m, dtype, device):
    return jnp.eye(n, m, dtype=dtype)


@function
def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Ones on the main diagonal of an n by m matrix (torch.eye)."""
    if isinstance(n, float | str | bool):
        raise TypeError(f"eye(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    m = n if m is None else m
    if n < 0 or m < 0:
        raise RuntimeError(f"{'n' if n < 0 else 'm'} must be greater or equal to 0, got {n if n < 0 else m}")
    return finish(dispatch(_eye.op, (), (n, m, wanted_dtype(dtype, default_dtype(), out), to_jax_device(device))), requires_grad, out)


@function(name="complex")
def complex_(real, imag, *, out=None):
    """The complex tensor with these parts (torch.complex)."""
    from ..core.inplace import write_out

    result = _complex(real, imag)
    if out is not None and out._aval.dtype != result._aval.dtype:
        names = [scalar_type_name(x._aval.dtype) for x in (result, out)]
        raise RuntimeError(f"Expected object of scalar type {names[0]} but got scalar type {names[1]} for argument 'out'")
    return result if out is None else write_out("complex", out, result, (real, imag))


@op(public=False, node="ComplexBackward0", tensors=2)
def _complex(real, imag, /):
    _check_parts(real, imag)
    shape = broadcast_shapes(real.shape, imag.shape)
    wide = np.promote_types(real.dtype, np.float32)
    return lax.complex(*(jnp.broadcast_to(x.astype(wide), shape) for x in (real, imag)))


def _check_parts(first, second) -> None:
    names = [scalar_type_name(x.dtype) for x in (first, second)]
    if not set(names) <= {"Half", "Float", "Double"}:
        raise RuntimeError(f"Expected both inputs to be Half, Float or Double tensors but got {names[0]} and {names[1]}")
    if first.dtype != second.dtype:
        raise RuntimeError(f"Expected object of scalar type {names[0]} but got scalar type {names[1]} for second argument")


@op(tensors=2)
def polar(abs, angle, /):
    """The complex tensor with these absolute values and angles (torch.polar)."""
    _check_parts(abs, angle)
    if abs.dtype == np.float16:
        refuse("polar_cpu", abs.dtype)
    broadcast_shapes(abs.shape, angle.shape)
    return (abs * jnp.cos(angle) + 1j * (abs * jnp.sin(angle))).astype(complex_dtype(abs.dtype))
