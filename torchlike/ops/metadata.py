"""In-place changes of shape rather than of values (`t_`, `squeeze_`, `resize_`, `set_`), and a few element-wise Python loops."""

from __future__ import annotations

import math
from numbers import Number

import jax.numpy as jnp
import numpy as np

from ..core.determinism import unset
from ..core.dispatch import run_raw
from ..core.dtype import type_id_name
from ..core.failing import failing
from ..core.geometry import contiguous_strides
from ..core.inplace import assign, assign_as, check_changeable, check_writable
from ..core.modes import state
from ..core.node import move_retained, renamed
from ..core.op import function, op
from ..core.operand import type_name
from ..core.tape import edge_of
from ..core.tensor import Tensor, make, value_of
from ..execution import aval_of
from .convert import from_array
from .export import to_array
from .memory import tensor_on
from .strided import as_strided
from .views import sizes_of, squeeze, t, transpose, unsqueeze


def _adopt(self: Tensor, window: Tensor, node_name: str) -> Tensor:
    """Let `self` be what `window`, a view of it, is: same storage, other shape, continued history."""
    view, old = window._view, self._view
    counter = self._counter or self._storage
    self._aval, self._counter = window._aval, counter
    counter.version += 1
    if old is None or old.base is None:
        self._view = view.detached()
    else:
        self._view = view
        view.history_version, view.creation, view.hidden = counter.version, old.creation, old.hidden
    if state.grad_enabled and window._node is not None:
        node, nr = self._node, self._nr
        window._node.__class__ = renamed(type(window._node), node_name)
        self._storage.writer = node_name
        self._node, self._nr, self._requires_grad = window._node, window._nr, window._requires_grad
        move_retained(node, nr, self._node, self._nr)
    return self


def _squeeze_name(*args, **kwargs) -> str:
    dims = (*args, *kwargs.values())
    return f"SqueezeBackward{3 if not dims else 5 if isinstance(dims[0], tuple | list) else 4}"


_NODE_NAMES = {"t_": "TBackward1", "unsqueeze_": "UnsqueezeBackward1", "as_strided_": "AsStridedBackward1"}


def _reshaping(name: str, function):
    node_name = _NODE_NAMES.get(name, "TransposeBackward1")

    def method(self, *args, **kwargs):
        check_changeable(self)
        return _adopt(self, function(self, *args, **kwargs), _squeeze_name(*args, **kwargs) if name == "squeeze_" else node_name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place version of :func:`{name[:-1]}`: the same storage under another shape."
    return method


@op(public=False)
def _resized(input, /, *, size, new=0):
    count = int(np.prod(size))
    flat = input.reshape(-1)[:count]
    return jnp.pad(flat, (0, count - flat.size), constant_values=new).reshape(size)


def resize_(self, *sizes, memory_format=None):
    """Change the shape in place, keeping the first elements in order; new ones are unset, that is zero (torch.Tensor.resize_)."""
    size = sizes_of(sizes)
    if self.requires_grad and not state.inference:
        raise RuntimeError("cannot resize variables that require grad")
    check_changeable(self)
    if size == self._aval.shape:
        return self
    if any(n < 0 for n in size) or math.prod(size) >= 2**63:
        raise RuntimeError("numel: integer multiplication overflow")
    fitted = aval_of(size, self._aval.dtype, self._aval.device)
    value = run_raw(_resized.op, (value_of(self),), (size, unset(self._aval.dtype)), (self._aval,))
    _move_to(self, make(value, fitted))
    return self


def _move_to(self: Tensor, source: Tensor) -> None:
    """Let `self` be a window on `source`'s memory, and count it as a write."""
    self._counter = self._counter or self._storage
    self._counter.version += 1
    self._storage, self._aval = source._storage, source._aval
    self._view = source._view.detached() if source._view is not None else None


@function(method=True, bare=True)
def resize_as_(self, the_template, memory_format=None):
    """`resize_` to another tensor's shape (torch.Tensor.resize_as_)."""
    return resize_(self, the_template._aval.shape)


def _window(self, source, offset: int, size, stride) -> Tensor:
    """The window of that place and shape on a storage, or on a Tensor's; all of a storage unless told."""
    flat = source if isinstance(source, Tensor) else tensor_on(source, self.dtype)
    if size is None:
        return flat
    size = sizes_of((size,))
    stride = contiguous_strides(size) if stride is None or not len(stride) else sizes_of((stride,))
    return as_strided(flat.detach(), size, stride, offset).detach()


def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """Share the storage, shape and strides of `source`, or take a window on a storage (torch.Tensor.set_)."""
    if size is not None or source is not None and not isinstance(source, Tensor):
        source = _window(self, source, storage_offset, size, stride)
    if source is not None and source.dtype is not self.dtype:
        mine, other = (type_id_name(t._aval.dtype) for t in (self, source))
        raise RuntimeError(f"Could not set tensor of type {other} to a tensor of type {mine}")
    if source is None:
        source = make(run_raw(_resized.op, (value_of(self),), ((0,), 0)), aval_of((0,), self._aval.dtype, self._aval.device))
    check_changeable(self, (source,))
    recorded = state.grad_enabled and (self.requires_grad or source.requires_grad)
    edges = (edge_of(self), edge_of(source)) if recorded else ()
    _move_to(self, source)
    if recorded:
        self._node = failing(edges, [self._aval], "derivative for aten::set_ is not implemented", "NotImplemented")
        self._nr, self._requires_grad = 0, True
    # The gradient of a leaf that is another memory now is another gradient.
    self._accumulator = None
    return self


def sum_to_size(self, *size):
    """The sum over broadcast dimensions that brings `self` to `size` (torch.Tensor.sum_to_size)."""
    target, shape = sizes_of(size), self._aval.shape
    if not target:
        return self.sum()
    extra = len(shape) - len(target)
    if extra < 0 or any(m not in (1, n) for n, m in zip(shape[extra:], target, strict=True)):
        raise RuntimeError(f"size {{{list(target)}}} is not expandable to size {{{list(shape)}}}.")
    dims = [*range(extra), *(i + extra for i, m in enumerate(target) if m == 1 and shape[i + extra] != 1)]
    result = self.sum(dims, keepdim=True) if dims else self
    return result.view(target) if extra else result


@op(public=False)
def _with_diagonal(input, value, /, *, wrap):
    rows, columns = input.shape[0], int(np.prod(input.shape[1:]))
    step = columns + 1 if input.ndim == 2 else sum(columns // rows**k for k in range(input.ndim))
    limit = input.size if wrap or rows <= columns or input.ndim > 2 else columns * columns
    where = np.arange(0, limit, step)
    return input.reshape(-1).at[where].set(value.astype(input.dtype)).reshape(input.shape)


def fill_diagonal_(self, fill_value, wrap=False):
    """Fill the main diagonal in place (torch.Tensor.fill_diagonal_)."""
    if self._aval.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self._aval.ndim > 2 and len(set(self._aval.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    if not isinstance(fill_value, Number | Tensor):
        raise TypeError(f"fill_diagonal_(): argument 'fill_value' (position 1) must be Number, not {type_name(fill_value)}")
    check_writable(self, (fill_value,), "fill_diagonal_")
    return assign_as("fill_diagonal_", self, _with_diagonal(self, fill_value, wrap=wrap))


def apply_(self, callable):
    """Replace each element by callable(element): a slow Python loop on the host (torch.Tensor.apply_)."""
    if self.requires_grad:
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    return _elementwise(self, callable, to_array(self))


def map_(self, tensor, callable):
    """Replace each element by callable(element, other): a slow Python loop on the host (torch.Tensor.map_)."""
    return _elementwise(self, callable, to_array(self), _others("map_", self, {"other": tensor})[0])


def map2_(self, x, y, callable):
    """Replace each element by callable(element, other, third): a slow Python loop on the host (torch.Tensor.map2_)."""
    return _elementwise(self, callable, to_array(self), *_others("map2_", self, {"x": x, "y": y}))


def _others(name: str, self: Tensor, others: dict[str, Tensor]) -> list[np.ndarray]:
    """The other operands of a loop over `self`, in its shape. They must be of its type, and nothing may need a gradient."""
    if self.requires_grad or any(other.requires_grad for other in others.values()):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    for argument, other in others.items():
        if other.dtype is not self.dtype:
            raise TypeError(f"{name}: expected {self.type()} for '{argument}' (got {other.type()})")  # type: ignore[attr-defined]
    return [to_array(other.expand(self._aval.shape)) for other in others.values()]  # type: ignore[attr-defined]


def _places(shape: tuple, strides: tuple) -> np.ndarray:
    """Where in its storage each element lies, counted from the first."""
    return sum((np.arange(n).reshape(-1, *[1] * (len(shape) - d - 1)) * s for d, (n, s) in enumerate(zip(shape, strides, strict=True))),
               np.zeros(shape, np.int64)).reshape(-1)


def _elementwise(self: Tensor, callable, *arrays: np.ndarray) -> Tensor:
    # Element by element, since those of an expanded Tensor that lie in one place are read after each other's writing.
    seen: dict[int, object] = {}
    places = np.arange(arrays[0].size) if self._view is None else _places(self._aval.shape, self._view.strides)
    for place, *row in zip(places.tolist(), *(a.reshape(-1) for a in arrays), strict=True):
        first, *others = (x.item() for x in row)
        seen[place] = callable(seen.get(place, first), *others)
    found = [seen[place] for place in places.tolist()]
    if any(isinstance(x, str) for x in found):
        raise TypeError("'str' object cannot be interpreted as an integer" if self._aval.dtype.kind in "iu" else "must be real number, not str")
    check_writable(self, (), "map_")
    return assign(self, from_array(np.array(found, self._aval.dtype).reshape(self._aval.shape), self.device))


@function(method=True, bare=True)
def get_device(input):
    """The device's index; -1 on the CPU (torch.get_device)."""
    return -1 if input.device.type == "cpu" else input.device.index or 0


@function(bare=True)
def detach(input):
    """`input` outside the graph, sharing its storage (torch.detach)."""
    return input.detach()


@function(bare=True)
def detach_(input):
    """Take `input` out of the graph in place (torch.detach_)."""
    return input.detach_()


@function(bare=True)
def as_strided_(input, size, stride, storage_offset=None):
    """`as_strided` in place (torch.as_strided_)."""
    return input.as_strided_(size, stride, storage_offset)


@function(bare=True)
def is_inference(input):
    """Whether `input` was made in inference mode (torch.is_inference)."""
    return input.is_inference()


@function(bare=True)
def fill(input, value):
    """A tensor like `input` holding `value` everywhere (torch.fill)."""
    return input.clone().fill_(value)


def install(cls: type) -> None:
    """Attach the in-place reshapes and the rest to Tensor."""
    for name, call in {"t_": t, "transpose_": transpose, "swapaxes_": transpose, "swapdims_": transpose, "squeeze_": squeeze,
                       "unsqueeze_": unsqueeze, "as_strided_": as_strided}.items():
        setattr(cls, name, _reshaping(name, call))
    for method in (resize_, set_, sum_to_size, fill_diagonal_, apply_, map_, map2_):
        setattr(cls, method.__name__, method)
