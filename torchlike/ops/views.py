"""The public functions that return views: they parse PyTorch's many argument forms and apply the primitives of view_ops.py."""

from __future__ import annotations

import warnings

from ..core.dtype import dtype as Dtype
from ..core.geometry import infer_shape, is_contiguous, view_strides
from ..core.op import alias, function, op
from ..core.operand import type_name
from ..core.tensor import Tensor
from ..core.view import geometry_of
from . import view_ops as v
from .checks import require_tensor
from .dims import canonical_dim, whole
from .reinterpret import check_complex_view, check_dtype_view


def sizes_of(args: tuple) -> tuple:
    """`f(2, 3)`, `f((2, 3))` and `f(torch.Size([2, 3]))` alike, as plain ints."""
    if len(args) == 1 and isinstance(args[0], tuple | list):
        args = tuple(args[0])
    return tuple(a if type(a) is int else whole(a) for a in args)


@function(method=True, public=False, bare=True)
def view(self, *shape, dtype=None, size=None):
    """The same elements under another shape (torch.Tensor.view), or another dtype of the same bytes; RuntimeError when strides forbid it."""
    if dtype is not None or len(shape) == 1 and isinstance(shape[0], Dtype):
        return _as_dtype(self, dtype or shape[0])
    return v._view(self, size=infer_shape(sizes_of(shape if size is None else (size,)), self._aval.size))


def _as_dtype(self: Tensor, d: Dtype) -> Tensor:
    check_dtype_view(self, d)
    old, new = self.dtype.itemsize, d.itemsize
    return v._view_dtype(self, dtype=d.np, ratio=old // new if old >= new else -(new // old))


@function(method=True, public=False, bare=True)
def view_as(self, other):
    """`self` viewed in the shape of `other` (torch.Tensor.view_as)."""
    return view(self, require_tensor("view_as", other)._aval.shape)


@op(public=False, node="UnsafeViewBackward0")
def _copied_reshape(input, /, *, size):
    return input.reshape(size)


@function(method=False, bare=True)
def reshape(input, shape):
    """The same elements under another shape: a view when strides allow it, else a copy (torch.reshape)."""
    size = infer_shape(sizes_of((shape,) if not isinstance(shape, tuple | list) else tuple(shape)), input._aval.size)
    current, strides, _ = geometry_of(input)
    if view_strides(current, strides, size) is None:
        return _copied_reshape(input, size=size)
    return (v._view if is_contiguous(current, strides) else v._reshape_alias)(input, size=size)


def _reshape_method(self, *shape, **kwargs):
    """The same elements under another shape; see torch.reshape."""
    return reshape(self, sizes_of(shape or (kwargs["shape"],)))


def _reshape_as(self, other):
    """`self` reshaped like `other` (torch.Tensor.reshape_as)."""
    return reshape(self, require_tensor("reshape_as", other)._aval.shape)


@function
def permute(input, dims):
    """Reorder the dimensions (torch.permute)."""
    return _permuted(input, sizes_of((listed("permute", dims),)))


def _permute_method(self, *dims, **kwargs):
    """Reorder the dimensions (torch.Tensor.permute)."""
    if not dims and "dims" not in kwargs:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    return _permuted(self, sizes_of(dims or (kwargs["dims"],)))


def listed(name: str, dims):
    """`dims` if it is a tuple or list, which functions ask for where methods take numbers too; else PyTorch's TypeError."""
    if not isinstance(dims, tuple | list):
        raise TypeError(f"{name}(): argument 'dims' (position 2) must be tuple of ints, not {type_name(dims)}")
    return dims


def _permuted(input: Tensor, order: tuple) -> Tensor:
    if len(order) != input._aval.ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions "
            f"i.e. input.dim() = {input._aval.ndim} is not equal to len(dims) = {len(order)}"
        )
    order = tuple(canonical_dim(d, input._aval.ndim) for d in order)
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return v._permute(input, dims=order)


def _swapped(ndim: int, a: int, b: int) -> tuple:
    order = list(range(ndim))
    if ndim:
        order[a], order[b] = order[b], order[a]
    return tuple(order)


@function(method=True, bare=True)
def transpose(input, dim0, dim1):
    """Swap two dimensions (torch.transpose)."""
    n = input._aval.ndim
    return v._transpose(input, dims=_swapped(n, canonical_dim(dim0, n), canonical_dim(dim1, n)))


alias("swapdims", of="transpose")


@function(method=True, bare=True)
def swapaxes(input, axis0, axis1):
    """Swap two dimensions, with NumPy's names (torch.swapaxes)."""
    return transpose(input, axis0, axis1)


@function(method=True, bare=True)
def t(input):
    """The transpose of a matrix; vectors and numbers as they are (torch.t)."""
    n = input._aval.ndim
    if n > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
    return v._t(input, dims=tuple(reversed(range(n))))


@function(method=True, bare=True)
def movedim(input, source, destination):
    """Move dimensions to new positions, the others keeping their order (torch.movedim)."""
    n = input._aval.ndim
    given = [[x] if isinstance(x, int) else list(x) for x in (source, destination)]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({given[0]} dims) should contain the same number of dims as destination ({given[1]} dims)"
        )
    src, dst = ([canonical_dim(d, n) for d in dims] for dims in given)
    for name, dims, shown in (("source", src, given[0]), ("destination", dst, given[1])):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({shown})")
    rest = iter(d for d in range(n) if d not in src)
    order = [src[dst.index(i)] if i in dst else next(rest) for i in range(n)]
    return permute(input, order) if n else v._view(input, size=())


alias("moveaxis", of="movedim")


@function(method=True, public=False, bare=True)
def expand(self, *sizes, size=None, implicit=False):
    """Repeat size-1 dimensions without copying; -1 keeps an extent (torch.Tensor.expand)."""
    if not sizes and size is None:
        raise TypeError('expand() missing 1 required positional arguments: "size"')
    wanted, shape = sizes_of(sizes if size is None else (size,)), self._aval.shape
    extra = len(wanted) - len(shape)
    if extra < 0:
        raise RuntimeError(
            f"expand({_type(self)}{{{list(shape)}}}, size={list(wanted)}): the number of sizes provided ({len(wanted)}) must be greater or "
            f"equal to the number of dimensions in the tensor ({len(shape)})"
        )
    target = []
    for i, n in enumerate(wanted):
        have = shape[i - extra] if i >= extra else None
        if n == -1 and have is None:
            raise RuntimeError(f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}")
        if have not in (None, 1, n) and n != -1:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at non-singleton dimension {i}.  "
                f"Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
            )
        target.append(have if n == -1 else n)
    return v._expand(self, size=tuple(target))


def _type(x: Tensor) -> str:
    from ..core.dtype import scalar_type_name

    return f"torch.{scalar_type_name(x._aval.dtype)}Tensor"


@function(method=True, public=False, bare=True)
def expand_as(self, other):
    """`self` expanded to the shape of `other` (torch.Tensor.expand_as)."""
    return expand(self, require_tensor("expand_as", other)._aval.shape)


@function
def broadcast_to(input, size):
    """`input` broadcast to `size` as a view (torch.broadcast_to)."""
    return expand(input, size)


def _broadcast_method(self, *size, **kwargs):
    """`self` broadcast to `size` as a view (torch.Tensor.broadcast_to)."""
    return expand(self, *(size or (kwargs["size"],)))


@function(method=True, bare=True)
def squeeze(input, dim=None):
    """Drop size-1 dimensions: all, or those named (torch.squeeze)."""
    shape, n = input._aval.shape, input._aval.ndim
    if dim is None:
        return v._squeeze_all(input, dims=tuple(i for i, s in enumerate(shape) if s == 1))
    many = isinstance(dim, tuple | list)
    dims = [canonical_dim(d, n) for d in (dim if many else (dim,))]
    if len(set(dims)) < len(dims):
        raise RuntimeError(f"dim {next(d for i, d in enumerate(dims) if d in dims[:i])} appears multiple times in the list of dims")
    dropped = tuple(d for d in dims if n and shape[d] == 1)
    return (v._squeeze_many if many else v._squeeze_one)(input, dims=dropped)


@function(method=True, bare=True)
def unsqueeze(input, dim):
    """Insert a size-1 dimension (torch.unsqueeze)."""
    return v._unsqueeze(input, dim=canonical_dim(dim, input._aval.ndim + 1))


@function(method=True, bare=True)
def select(input, dim, index):
    """The slice at `index` along `dim`, without that dimension (torch.select)."""
    shape, n = input._aval.shape, input._aval.ndim
    if not n:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, index = canonical_dim(dim, n), whole(index)
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return v._select(input, index % shape[dim], dim=dim)


def sliced(input: Tensor, dim: int, start, stop, step: int) -> Tensor:
    """`input[start:stop:step]` along `dim`; bounds are clamped as Python clamps them, steps are positive."""
    if step <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, _ = slice(start, stop).indices(input._aval.shape[dim])
    length = max(-(-(stop - start) // step), 0)
    return v._slice(input, start if length else 0, dim=dim, length=length, step=step)


@function(method=True, bare=True)
def narrow(input, dim, start, length):
    """`length` elements from `start` along `dim` (torch.narrow)."""
    shape, n = input._aval.shape, input._aval.ndim
    if not n:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if isinstance(start, Tensor):
        if start.ndim or start.dtype.is_floating_point or start.dtype.is_complex or start.dtype.name == "bool":
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = start.item()
    dim, start = canonical_dim(dim, n), whole(start)
    if not -shape[dim] <= start <= shape[dim]:
        raise IndexError(f"start out of range (expected to be in range of [{-shape[dim]}, {shape[dim]}], but got {start})")
    start += shape[dim] if start < 0 else 0
    if start + length > shape[dim]:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({shape[dim]}).")
    return v._slice(input, start, dim=dim, length=int(length), step=1)


@function(method=True, bare=True)
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions, as a last dimension (torch.diagonal)."""
    n = input._aval.ndim
    a, b = canonical_dim(dim1, n), canonical_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return v._diagonal(input, shift=whole(offset), dim1=a, dim2=b)


def _unfold_method(self, dimension, size, step):
    """All windows of `size` along `dimension`, `step` apart, as a new last dimension (torch.Tensor.unfold)."""
    n = self._aval.ndim
    d = canonical_dim(dimension, n)
    extent = self._aval.shape[d] if n else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > extent:
        raise RuntimeError(f"maximum size for tensor at dimension {d} is {extent} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return v._unfold(self, dim=d, size=size, step=step)


def _refuse_real(input: Tensor, name: str) -> None:
    if not input._aval.is_complex:
        raise RuntimeError(f"{name} is only supported for complex tensors" if name != "imag" else
                           "imag is not implemented for tensors with non-complex dtypes.")


@function(bare=True)
def view_as_real(input):
    """A complex tensor as pairs of real numbers in a new last dimension (torch.view_as_real)."""
    _refuse_real(input, "view_as_real")
    return v._view_as_real(input)


@function(bare=True)
def view_as_complex(input):
    """A tensor whose last dimension is (real, imaginary) as complex numbers (torch.view_as_complex)."""
    check_complex_view(input)
    return v._view_as_complex(input)


@function(bare=True)
def real(input):
    """The real part, a view; a real tensor itself (torch.real)."""
    return select(v._view_as_real(input), -1, 0) if input._aval.is_complex else input


@function(bare=True)
def imag(input):
    """The imaginary part, a view (torch.imag)."""
    _refuse_real(input, "imag")
    return select(v._view_as_real(input), -1, 1)


@function(method=True, bare=True)
def flatten(input, start_dim=0, end_dim=-1):
    """Merge the dimensions from `start_dim` to `end_dim` into one (torch.flatten)."""
    shape, n = input._aval.shape, input._aval.ndim
    a, b = canonical_dim(start_dim, n), canonical_dim(end_dim, n)
    if not n:
        return reshape(input, (1,))
    if a > b:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if a == b:
        return input
    merged = 1
    for s in shape[a : b + 1]:
        merged *= s
    return reshape(input, (*shape[:a], merged, *shape[b + 1 :]))


@function(method=True, bare=True)
def ravel(input):
    """All elements in one dimension (torch.ravel)."""
    return reshape(input, (-1,))


def _mirror(name: str, conjugate: bool, every: bool):
    def getter(self):
        n = self._aval.ndim
        if name == "T" and n not in (0, 2):
            warnings.warn(
                "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an error in a future "
                "release. Consider `x.mT` to transpose batches of matrices or `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the "
                "dimensions of a tensor.", UserWarning, stacklevel=2)
        if n == 0:
            hint = "Consider using x.conj()." if conjugate else "This function is the identity in these cases."
            warnings.warn(f"Tensor.{name} is deprecated on 0-D tensors. {hint}", UserWarning, stacklevel=2)
        if name == "H" and n not in (0, 2):
            raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor."
                               f"{' For batches of matrices, consider using tensor.mH' * (n > 2)}")
        if not every and n == 1:
            raise RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got 1-D tensor.")
        order = tuple(reversed(range(n))) if every or n == 0 else _swapped(n, n - 2, n - 1)
        result = v._permute(self, dims=order) if name == "T" else v._transpose(self, dims=order)
        return result.conj() if conjugate and self._aval.is_complex else result

    return property(getter, doc=f"PyTorch's `Tensor.{name}`: dimensions transposed{', conjugated' if conjugate else ''}.")


def _assigned(part):
    """`x.real = value`: a write through the view."""

    def setter(self, value):
        part(self)[...] = value

    return setter


def install(cls: type) -> None:
    """Attach what is a property or differs between method and function."""
    for name, conjugate, every in (("T", False, True), ("mT", False, False), ("H", True, True), ("mH", True, False)):
        setattr(cls, name, _mirror(name, conjugate, every))
    methods = {"reshape": _reshape_method, "reshape_as": _reshape_as, "unfold": _unfold_method, "permute": _permute_method,
               "broadcast_to": _broadcast_method}
    for name, method in methods.items():
        setattr(cls, name, method)
    cls.real = property(real, _assigned(real))  # type: ignore[attr-defined]
    cls.imag = property(imag, _assigned(imag))  # type: ignore[attr-defined]
