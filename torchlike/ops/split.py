"""Cutting a tensor into several views: split, chunk, unbind and their relatives. The pieces share one node."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.dtype import scalar_type_name
from ..core.op import function, op
from ..core.tensor import Tensor
from ..core.view import make_views
from . import view_ops as v
from .dims import canonical_dim, whole
from .views import narrow, sizes_of, sliced


@op(public=False, node="SplitBackward0")
def _split(input, /, *, sizes, dim):
    return _pieces(input, sizes, dim)


@op(public=False, node="SplitWithSizesBackward0")
def _split_with_sizes(input, /, *, sizes, dim):
    return _pieces(input, sizes, dim)


def _pieces(x, sizes: tuple, dim: int) -> tuple:
    edges = [sum(sizes[:i]) for i in range(1, len(sizes))]
    return tuple(jnp.split(x, edges, dim))


@op(public=False, node="UnsafeSplitBackward0")
def _unsafe_split(input, /, *, sizes, dim):
    return _pieces(input, sizes, dim)


@op(public=False, node="UnsafeSplitWithSizesBackward0")
def _unsafe_split_with_sizes(input, /, *, sizes, dim):
    return _pieces(input, sizes, dim)


@op(public=False, node="UnbindBackward0")
def _unbind(input, /, *, dim):
    return tuple(jnp.moveaxis(input, dim, 0))


def _slices(input: Tensor, sizes: tuple, dim: int, node) -> tuple:
    parts, start = [], 0
    for n in sizes:
        parts.append((v._slice.op, (start,), (dim, n, 1)))
        start += n
    return make_views(node.op, input, (sizes, dim), parts)


@function(method=True)
def split(tensor, split_size_or_sections, dim=0):
    """Views of consecutive chunks: of one size, or of the sizes given (torch.split)."""
    shape, d = tensor._aval.shape, canonical_dim(dim, tensor._aval.ndim)
    if not tensor._aval.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if isinstance(split_size_or_sections, tuple | list):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    size, total = whole(split_size_or_sections), shape[d]
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0 and total:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}")
    return _slices(tensor, _equal_sizes(size, total), d, _split)


def split_method(self, split_size, dim=0):
    """Views of consecutive chunks: of one size, or of the sizes given (torch.Tensor.split)."""
    return split(self, split_size, dim)


def _equal_sizes(size: int, total: int) -> tuple:
    return tuple(min(size, total - i) for i in range(0, total, size)) if total else (0,)


@function(method=True)
def unsafe_split(input, split_size, dim=0):
    """Consecutive chunks of one size, as tensors that may each be modified in place (torch.unsafe_split)."""
    d = canonical_dim(dim, input._aval.ndim)
    return _unsafe_split(input, sizes=_equal_sizes(whole(split_size), input._aval.shape[d]), dim=d)


@function(method=True)
def unsafe_split_with_sizes(input, split_sizes, dim=0):
    """Consecutive chunks of the sizes given, as tensors that may each be modified in place (torch.unsafe_split_with_sizes)."""
    return _unsafe_split_with_sizes(input, sizes=sizes_of((split_sizes,)), dim=canonical_dim(dim, input._aval.ndim))


@function(method=True)
def unsafe_chunk(input, chunks, dim=0):
    """At most `chunks` tensors of nearly equal size that may each be modified in place (torch.unsafe_chunk)."""
    chunks = whole(chunks)
    total = input._aval.shape[canonical_dim(dim, input._aval.ndim)]
    size = -(-total // chunks)
    return unsafe_split(input, size, dim) if size else unsafe_split_with_sizes(input, [0] * chunks, dim)


@function(method=True)
def split_with_sizes(input, split_sizes, dim=0):
    """Views of consecutive chunks of the sizes given (torch.split_with_sizes)."""
    shape, d = input._aval.shape, canonical_dim(dim, input._aval.ndim)
    sizes = sizes_of((split_sizes,))
    if any(n < 0 for n in sizes):
        raise RuntimeError(f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}")
    if sum(sizes) != shape[d]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {shape[d]} (input tensor's size at dimension {d}), but got "
            f"split_sizes={list(sizes)}"
        )
    return _slices(input, sizes, d, _split_with_sizes)


@function(method=True)
def chunk(input, chunks, dim=0):
    """At most `chunks` views of nearly equal size (torch.chunk)."""
    if not input._aval.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    chunks = whole(chunks)
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    total = input._aval.shape[canonical_dim(dim, input._aval.ndim)]
    size = -(-total // chunks)
    return split(input, size, dim) if size else split_with_sizes(input, [0] * chunks, dim)


@function(method=True, out=True)
def narrow_copy(input, dim, start, length):
    """`narrow` as a copy (torch.narrow_copy)."""
    if isinstance(dim, int) and dim >= input._aval.ndim > 0:
        raise RuntimeError(
            "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)")
    return narrow(input, dim, start, length).clone()


@function
def unravel_index(indices, shape):
    """Coordinates in `shape` of flat positions, one tensor per dimension (torch.unravel_index)."""
    if isinstance(indices, Tensor) and indices._aval.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if not isinstance(shape, int | tuple | list):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    for n in () if isinstance(shape, int) else shape:
        if not isinstance(n, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(n)}")
    sizes = sizes_of((shape,))
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    coordinates = []
    indices = indices.long()
    for n in reversed(sizes):
        coordinates.append(indices % n)
        indices = indices // n
    return tuple(reversed(coordinates))


@function(method=True)
def unbind(input, dim=0):
    """The slices along `dim`, as a tuple of views (torch.unbind)."""
    if not input._aval.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    d = canonical_dim(dim, input._aval.ndim)
    return make_views(_unbind.op, input, (d,), [(v._select.op, (i,), (d,)) for i in range(input._aval.shape[d])])


def _check_places(places: Tensor) -> None:
    expected = "tensor_split expected tensor_indices_or_sections to"
    if places._aval.dtype.name != "int64":
        raise RuntimeError(f"{expected} have dtype of long, but got {scalar_type_name(places._aval.dtype)}")
    if places._aval.ndim > 1:
        raise RuntimeError(f"{expected} be a zero-dimensional or one-dimensional tensor, but got a tensor with {places._aval.ndim} dims")


@function(method=True)
def tensor_split(input, indices_or_sections, dim=0):
    """Views between the given indices, or of that many nearly equal sections (torch.tensor_split)."""
    if not input._aval.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    d = canonical_dim(dim, input._aval.ndim)
    total = input._aval.shape[d]
    if isinstance(indices_or_sections, Tensor):
        _check_places(indices_or_sections)
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        k = whole(indices_or_sections)
        if k <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {k}")
        edges = [sum(total // k + (j < total % k) for j in range(i)) for i in range(1, k)]
    else:
        edges = [whole(i) for i in indices_or_sections]
    return tuple(sliced(input, d, a, b, 1) for a, b in zip([0, *edges], [*edges, total], strict=True))


def _sections(name: str, dim_of):
    def section(input, indices_or_sections):
        n = input._aval.ndim
        least = {"hsplit": 1, "vsplit": 2, "dsplit": 3}[name]
        if n < least:
            raise RuntimeError(f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {n} dimensions!")
        if isinstance(indices_or_sections, str):
            raise TypeError(f"{name}() received an invalid combination of arguments - got (Tensor, str), but expected one of:\n"
                            " * (Tensor input, int sections)\n * (Tensor input, tuple of ints indices)\n")
        d = dim_of(n)
        k = indices_or_sections
        if isinstance(k, int) and (k == 0 or input._aval.shape[d] % k):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of the dimension {input._aval.shape[d]} is not divisible by "
                f"the split_size {k}!"
            )
        return tensor_split(input, indices_or_sections, d)

    section.__name__ = name
    section.__doc__ = f"Split into views along one dimension (torch.{name})."
    return function(section, method=True)


hsplit = _sections("hsplit", lambda n: 0 if n == 1 else 1)
vsplit = _sections("vsplit", lambda n: 0)
dsplit = _sections("dsplit", lambda n: 2)
