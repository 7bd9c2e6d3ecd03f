"""Repeating, flipping and rearranging: shape ops that make new values."""

from __future__ import annotations

import itertools
from operator import index

import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name
from ..core.once import warn_once
from ..core.op import function, op
from ..core.tensor import Tensor
from .convert import tensor
from .dims import canonical_dim, canonical_dims
from .joining import atleast_2d, cat, stack
from .promotion import broadcast_shapes as common_shape
from .views import listed, sizes_of


@op(public=False, node="RepeatBackward0")
def _repeat(input, /, *, repeats):
    return jnp.tile(input, repeats)


def repeat(self, *repeats, **kwargs):
    """Copies of the tensor side by side along each dimension (torch.Tensor.repeat)."""
    counts = sizes_of(repeats or (kwargs["repeats"],))
    if len(counts) < self._aval.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if any(n < 0 for n in counts):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(counts)}: {list(counts)}")
    return _repeat(self, repeats=counts)


@function
def tile(input, dims):
    """Like `repeat`, with missing leading counts taken as 1 (torch.tile)."""
    return _tile_method(input, listed("tile", dims))


def _tile_method(self, *dims, **kwargs):
    """Like `repeat`, with missing leading counts taken as 1 (torch.Tensor.tile)."""
    input, counts = self, sizes_of(dims or (kwargs["dims"],))
    return repeat(input, (1,) * (input._aval.ndim - len(counts)) + counts)


@op(public=False, node="IndexSelectBackward0")
def _repeat_each(input, repeats, /, *, dim, total):
    return jnp.repeat(input, repeats, axis=dim, total_repeat_length=total)


@function(method=True)
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element repeated (torch.repeat_interleave); `repeats` is a number or one count per element."""
    if isinstance(repeats, Tensor):
        if repeats._aval.ndim > 1:
            raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
        if repeats._aval.dtype.name not in ("int32", "int64"):
            raise NotImplementedError(f"\"repeat_interleave_cpu\" not implemented for '{scalar_type_name(repeats._aval.dtype)}'")
    if repeats is None:
        return repeat_interleave(arange_like(input), input, 0)
    if dim is None:
        input, dim = input.reshape(-1), 0
    d = canonical_dim(dim, input._aval.ndim)
    counts = repeats.tolist() if isinstance(repeats, Tensor) else repeats
    if isinstance(counts, list) and len(counts) == 1:
        counts = counts[0]
    n = input._aval.shape[d] if input._aval.ndim else 1
    if isinstance(counts, list):
        if len(counts) != n:
            raise RuntimeError(f"repeats must have the same size as input along dim, but got repeats.size(0) = {len(counts)} and "
                               f"input.size({d}) = {n}")
        if any(c < 0 for c in counts):
            raise RuntimeError("repeats can not be negative")
        if output_size is not None and output_size != sum(counts):
            raise RuntimeError("allocated size does not match required size")
        return _repeat_each(input, np.asarray(counts), dim=d, total=sum(counts))
    if counts < 0:
        raise RuntimeError("Repeats must be non-negative")
    return _repeat_each(input, counts, dim=d, total=counts * n)


def arange_like(counts: Tensor) -> Tensor:
    """0, 1, ... one per element of a vector."""
    return tensor(list(range(counts._aval.size)))


@op(public=False, node="RollBackward0")
def _roll(input, /, *shifts, dims):
    return jnp.roll(input.reshape(-1), shifts[0]).reshape(input.shape) if dims is None else jnp.roll(input, shifts, dims)


@function(method=True)
def roll(input, shifts, dims=None):
    """Elements shifted cyclically (torch.roll)."""
    shifts = shifts if isinstance(shifts, tuple | list) else (shifts,)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if dims not in (None, (), []) and not input._aval.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    named = () if dims is None else tuple(dims) if isinstance(dims, tuple | list) else (dims,)
    if len(named) != len(shifts) and (named or len(shifts) > 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(named)}")
    axes = tuple(canonical_dim(d, input._aval.ndim) for d in named) or None
    return dispatch(_roll.op, (input, *sizes_of(tuple(shifts))), (axes,))


@op(public=False, node="FlipBackward0")
def _flip(input, /, *, dims):
    return jnp.flip(input, dims)


@function
def flip(input, dims):
    """The order reversed along some dimensions (torch.flip)."""
    return _flip_method(input, listed("flip", dims))


def _flip_method(self, *dims, **kwargs):
    """The order reversed along some dimensions (torch.Tensor.flip)."""
    if not dims and "dims" not in kwargs:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    chosen = sizes_of(dims or (kwargs["dims"],))
    return _flip(self, dims=canonical_dims(chosen, self._aval.ndim) if chosen else ())


@function(method=True)
def fliplr(input):
    """Columns reversed (torch.fliplr)."""
    if input._aval.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@function(method=True)
def flipud(input):
    """Rows reversed (torch.flipud)."""
    if input._aval.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


@op(public=False, node="Rot90Backward0")
def _rot90(input, /, *, k, dims):
    return jnp.rot90(input, k, dims)


@function(method=True)
def rot90(input, k=1, dims=(0, 1)):
    """Rotated by quarter turns in the plane of two dimensions (torch.rot90)."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input._aval.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input._aval.ndim}")
    plane = tuple(canonical_dim(d, input._aval.ndim) for d in dims)
    if plane[0] == plane[1]:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    return _rot90(input, k=index(k), dims=plane)


def _triangle(name: str, pick):
    def triangle(input, diagonal=0, /):
        if input.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        diagonal = 0 if diagonal is None else diagonal
        if jnp.result_type(diagonal).kind not in "iu":
            raise TypeError(f"{name}(): argument 'diagonal' must be int")
        rows, columns = jnp.arange(input.shape[-2])[:, None], jnp.arange(input.shape[-1])[None, :]
        return jnp.where(pick(columns - rows, diagonal), input, jnp.zeros((), input.dtype))

    triangle.__name__ = triangle.__qualname__ = name
    triangle.__doc__ = f"The {'lower' if name == 'tril' else 'upper'} triangle of each matrix, the rest zero (torch.{name})."
    return op(triangle, method=True, inplace=True)


tril = _triangle("tril", lambda shift, diagonal: shift <= diagonal)
triu = _triangle("triu", lambda shift, diagonal: shift >= diagonal)


def _triangle_indices(name: str, host):
    def indices(row, col, offset=0, *, dtype=None, device=None, layout=None, requires_grad=False):
        for extent, size in (("row", row), ("col", col)):
            if isinstance(size, float):
                raise TypeError(f"{name}(): argument '{extent}' must be int, not float")
            if size < 0:
                raise RuntimeError(f"{extent} must be non-negative, got{size}")
        if dtype is not None and dtype.name not in ("int32", "int64"):
            raise NotImplementedError(f"\"{name}\" not implemented for '{scalar_type_name(dtype.np)}'")
        found = np.stack(host(np.ones((row, col), bool), offset).nonzero())
        return tensor(found, dtype=dtype, device=device)

    indices.__name__ = name
    indices.__doc__ = f"Row and column numbers of a triangle (torch.{name})."
    return function(indices)


tril_indices = _triangle_indices("tril_indices", np.tril)
triu_indices = _triangle_indices("triu_indices", np.triu)


@op(public=False, node="DiagEmbedBackward0")
def _diag_embed(input, /, *, offset, dim1, dim2):
    n = input.shape[-1] + abs(offset)
    rows = jnp.arange(input.shape[-1]) + max(-offset, 0)
    columns = jnp.arange(input.shape[-1]) + max(offset, 0)
    full = jnp.zeros((*input.shape[:-1], n, n), input.dtype).at[..., rows, columns].set(input)
    return jnp.moveaxis(full, (-2, -1), (dim1, dim2))


@function(method=True)
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dimension on a diagonal (torch.diag_embed)."""
    n = input._aval.ndim + 1
    a, b = canonical_dim(dim1, n), canonical_dim(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diag_embed(input, offset=offset, dim1=a, dim2=b)


@function(method=True, out=True)
def diag(input, diagonal=0):
    """A matrix from its diagonal, or the diagonal of a matrix (torch.diag)."""
    if input._aval.ndim == 1:
        return diag_embed(input, diagonal)
    if input._aval.ndim == 2:
        return input.diagonal(diagonal).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._aval.ndim}D")


@function(method=True)
def diagflat(input, offset=0):
    """The flattened input on the diagonal of a matrix (torch.diagflat)."""
    return diag_embed(input.reshape(-1), offset)


def _check_tensors(tensors: tuple) -> None:
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")


def _check_axes(tensors: tuple) -> None:
    _check_tensors(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t._aval.dtype != tensors[0]._aval.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
        if t.device != tensors[0].device:
            raise RuntimeError("meshgrid expects all tensors to have the same device")
    for t in tensors:
        if t._aval.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: one of shape {list(t._aval.shape)}")


def _check_vector(input: Tensor) -> None:
    if input._aval.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._aval.shape)}")


@function
def meshgrid(*tensors, indexing=None):
    """Grids of coordinates from vectors, as expanded views (torch.meshgrid)."""
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    if indexing is None:
        warn_once("meshgrid", "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.")
    _check_axes(tensors)
    swap = indexing == "xy" and len(tensors) >= 2
    order = [1, 0, *range(2, len(tensors))] if swap else list(range(len(tensors)))
    sizes = [tensors[i]._aval.size for i in order]
    grids = []
    for i, t in enumerate(tensors):
        shape = [1] * len(tensors)
        shape[order.index(i)] = -1
        grids.append(t.reshape(shape).expand(sizes))
    return tuple(grids)


@function
def broadcast_tensors(*tensors):
    """All tensors expanded to their common shape (torch.broadcast_tensors)."""
    _check_tensors(tensors)
    shape = common_shape(*(t._aval.shape for t in tensors))
    return tuple(t if t._aval.shape == shape else t.expand(shape) for t in tensors)


@function
def broadcast_shapes(*shapes):
    """The common shape of several (torch.broadcast_shapes)."""
    from ..core.size import Size

    for shape in shapes:
        if isinstance(shape, float):
            raise RuntimeError(f"Input shapes should be of type ints, a tuple of ints, or a list of ints, got {shape}")
    shapes = tuple((s,) if isinstance(s, int) else tuple(s) for s in shapes)
    if any(n < 0 for shape in shapes for n in shape):
        raise ValueError("Attempting to broadcast a dimension with negative length!")
    common = [1] * max(map(len, shapes), default=0)
    for i, shape in enumerate(shapes):
        for k in range(-1, -1 - len(shape), -1):
            if shape[k] not in (1, common[k]) and common[k] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[k]} at {k}! Mismatching argument at index {i} had {shape}; but "
                    f"expected shape should be broadcastable to {common}"
                )
            common[k] = shape[k] if common[k] == 1 else common[k]
    return Size(common)


@function
def block_diag(*tensors):
    """Matrices along the diagonal of one large matrix (torch.block_diag)."""
    _check_tensors(tensors)
    for i, t in enumerate(tensors):
        if t._aval.ndim > 2:
            raise RuntimeError(f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {t._aval.ndim} dimensions")
    blocks = [atleast_2d(t) for t in tensors] or [tensor([[]])]
    width = sum(b._aval.shape[1] for b in blocks)
    rows, left = [], 0
    for b in blocks:
        height, own = b._aval.shape
        rows.append(cat([b.new_zeros(height, left), b, b.new_zeros(height, width - left - own)], 1))
        left += own
    return cat(rows, 0)


@function
def cartesian_prod(*tensors):
    """All combinations of one element each, as rows (torch.cartesian_prod)."""
    for t in tensors:
        _check_vector(t)
    if len(tensors) == 1:
        return tensors[0]
    return stack([g.reshape(-1) for g in meshgrid(*tensors, indexing="ij")], 1)


@function(method=False)
def combinations(input, r=2, with_replacement=False):
    """All ways to choose r elements of a vector, as rows (torch.combinations)."""
    _check_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input._aval.size), r))
    return input[tensor(rows).long()] if rows else input.new_empty(0, r)


@function
def vander(x, N=None, increasing=False):
    """The Vandermonde matrix of a vector (torch.vander)."""
    if x._aval.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x._aval.size if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    powers = tensor(list(range(n)) if increasing else list(range(n - 1, -1, -1)))
    return x.unsqueeze(-1) ** powers


def install(cls: type) -> None:
    """Attach what differs between method and function."""
    for name, method in {"repeat": repeat, "flip": _flip_method, "tile": _tile_method}.items():
        setattr(cls, name, method)
