"""The primitive view ops: what each computes, how it changes (shape, strides, offset), and how a write goes back through it."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import lax

from ..core.geometry import view_strides
from ..core.view import view_op

VIEW_ERROR = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). "
    "Use .reshape(...) instead."
)


def _reshape_back(source, new, *index, **settings):
    return new.reshape(source.shape)


def _view_geometry(shape, strides, offset, *, size):
    new = view_strides(shape, strides, size)
    if new is None:
        raise RuntimeError(VIEW_ERROR)
    return size, new, offset


@view_op(_view_geometry, _reshape_back)
def _view(input, /, *, size):
    return input.reshape(size)


@view_op(_view_geometry, _reshape_back)
def _reshape_alias(input, /, *, size):
    return input.reshape(size)


def _permuted(shape, strides, offset, *, dims):
    return tuple(shape[d] for d in dims), tuple(strides[d] for d in dims), offset


def _permute_back(source, new, *, dims):
    inverse = [0] * len(dims)
    for i, d in enumerate(dims):
        inverse[d] = i
    return new.transpose(inverse)


def _permutation(name: str):
    def permute(input, /, *, dims):
        return input.transpose(dims)

    permute.__name__ = name
    return view_op(_permuted, _permute_back)(permute)


_permute = _permutation("permute")
_transpose = _permutation("transpose")
_t = _permutation("t")


def _expand_geometry(shape, strides, offset, *, size):
    extra = len(size) - len(shape)
    kept = tuple(0 if n == 1 and m != 1 else s for n, m, s in zip(shape, size[extra:], strides, strict=True))
    return size, (0,) * extra + kept, offset


@view_op(_expand_geometry)
def _expand(input, /, *, size):
    return jnp.broadcast_to(input, size)


def _squeeze_geometry(shape, strides, offset, *, dims):
    kept = [d for d in range(len(shape)) if d not in dims]
    return tuple(shape[d] for d in kept), tuple(strides[d] for d in kept), offset


def _squeezing(node: str):
    @view_op(_squeeze_geometry, _reshape_back, node=node)
    def squeeze(input, /, *, dims):
        return jnp.squeeze(input, dims)

    return squeeze


_squeeze_all, _squeeze_one, _squeeze_many = (_squeezing(f"SqueezeBackward{i}") for i in range(3))


def _unsqueeze_geometry(shape, strides, offset, *, dim):
    step = shape[dim] * strides[dim] if dim < len(shape) else 1
    return (*shape[:dim], 1, *shape[dim:]), (*strides[:dim], step, *strides[dim:]), offset


@view_op(_unsqueeze_geometry, _reshape_back)
def _unsqueeze(input, /, *, dim):
    return jnp.expand_dims(input, dim)


def _select_geometry(shape, strides, offset, index, *, dim):
    return (*shape[:dim], *shape[dim + 1 :]), (*strides[:dim], *strides[dim + 1 :]), offset + index * strides[dim]


def _select_back(source, new, index, *, dim):
    return lax.dynamic_update_index_in_dim(source, new, index, dim)


@view_op(_select_geometry, _select_back)
def _select(input, index, /, *, dim):
    return lax.dynamic_index_in_dim(input, index, dim, keepdims=False)


def _slice_geometry(shape, strides, offset, start, *, dim, length, step):
    return (
        (*shape[:dim], length, *shape[dim + 1 :]),
        (*strides[:dim], strides[dim] * step, *strides[dim + 1 :]),
        offset + start * strides[dim],
    )


def _slice_back(source, new, start, *, dim, length, step):
    if length == 0:
        return source
    if step == 1:
        return lax.dynamic_update_slice_in_dim(source, new, start, dim)
    at = (slice(None),) * dim + (start + step * jnp.arange(length),)
    return source.at[at].set(new)


@view_op(_slice_geometry, _slice_back)
def _slice(input, start, /, *, dim, length, step):
    if length == 0:
        return lax.slice_in_dim(input, 0, 0, axis=dim)
    span = lax.dynamic_slice_in_dim(input, start, (length - 1) * step + 1, dim)
    return span if step == 1 else lax.slice_in_dim(span, 0, None, step, dim)


def _diagonal_geometry(shape, strides, offset, *, shift, dim1, dim2):
    length = max(min(shape[dim1], shape[dim2] - shift) if shift >= 0 else min(shape[dim1] + shift, shape[dim2]), 0)
    kept = [d for d in range(len(shape)) if d not in (dim1, dim2)]
    if length:
        offset += shift * strides[dim2] if shift >= 0 else -shift * strides[dim1]
    return (*(shape[d] for d in kept), length), (*(strides[d] for d in kept), strides[dim1] + strides[dim2]), offset


@view_op(_diagonal_geometry)
def _diagonal(input, /, *, shift, dim1, dim2):
    return jnp.diagonal(input, shift, dim1, dim2)


def _unfold_geometry(shape, strides, offset, *, dim, size, step):
    if not shape:
        return (size,), (1,), offset
    count = (shape[dim] - size) // step + 1
    return (*shape[:dim], count, *shape[dim + 1 :], size), (*strides[:dim], strides[dim] * step, *strides[dim + 1 :], strides[dim]), offset


@view_op(_unfold_geometry)
def _unfold(input, /, *, dim, size, step):
    if input.ndim == 0:
        return input.reshape(1)[:size]
    count = (input.shape[dim] - size) // step + 1
    where = jnp.arange(count)[:, None] * step + jnp.arange(size)[None, :]
    windows = jnp.take(input, where.reshape(-1), axis=dim).reshape(*input.shape[:dim], count, size, *input.shape[dim + 1 :])
    return jnp.moveaxis(windows, dim + 1, -1)


def _as_strided_geometry(shape, strides, offset, *, size, stride, storage_offset):
    return size, stride, storage_offset


@view_op(_as_strided_geometry)
def _as_strided(input, /, *, size, stride, storage_offset):
    # Applied to a storage's own base, whose elements are numbered in row-major order.
    where = jnp.full((1,) * len(size), storage_offset)
    for d, (n, s) in enumerate(zip(size, stride, strict=True)):
        where = where + (jnp.arange(n) * s).reshape([-1 if i == d else 1 for i in range(len(size))])
    return input.reshape(-1)[where.reshape(-1)].reshape(size)


def _real_geometry(shape, strides, offset):
    return (*shape, 2), (*(2 * s for s in strides), 1), 2 * offset


def _real_back(source, new):
    return lax.complex(new[..., 0], new[..., 1]).astype(source.dtype)


@view_op(_real_geometry, _real_back)
def _view_as_real(input, /):
    return jnp.stack([input.real, input.imag], -1)


def _complex_geometry(shape, strides, offset):
    return shape[:-1], tuple(s // 2 for s in strides[:-1]), offset // 2


def _complex_back(source, new):
    return jnp.stack([new.real, new.imag], -1)


@view_op(_complex_geometry, _complex_back)
def _view_as_complex(input, /):
    return lax.complex(input[..., 0], input[..., 1])


_view_as_real.op.dtype_rule = lambda d: d.type(0).real.dtype  # type: ignore[attr-defined]
_view_as_complex.op.dtype_rule = lambda d: (d.type(0) * 1j).dtype if d.itemsize > 2 else jnp.dtype("complex64")  # type: ignore[attr-defined]


def _bits_geometry(shape, strides, offset, *, dtype, ratio):
    """`ratio` > 1: each element becomes that many; < 1 (as a negative count): that many become one."""
    if ratio == 1:
        return shape, strides, offset
    if ratio > 1:
        return (*shape[:-1], shape[-1] * ratio), (*(s * ratio for s in strides[:-1]), 1), offset * ratio
    return (*shape[:-1], shape[-1] // -ratio), (*(s // -ratio for s in strides[:-1]), 1), offset // -ratio


def _rebits(x, dtype):
    """The bytes of `x` read as `dtype`, with more or fewer elements in the last dimension; a bool is whether its byte is not zero."""
    if not x.ndim:
        return _rebits(x.reshape(1), dtype).reshape(())
    if dtype == jnp.bool_:
        return _rebits(x, jnp.dtype("uint8")) != 0
    if x.dtype == jnp.bool_:
        x = x.astype(jnp.uint8)
    # The two numbers of a complex one are put together and taken apart as they are: arithmetic would flush small ones and spread NaN.
    if x.dtype.kind == "c":
        x = jnp.stack([x.real, x.imag], -1).reshape(*x.shape[:-1], 2 * x.shape[-1])
    if dtype.kind == "c":
        pairs = _recast(x, dtype.type(0).real.dtype)
        return lax.complex(pairs[..., 0::2], pairs[..., 1::2])
    return _recast(x, dtype)


def _recast(x, dtype):
    old, new = x.dtype.itemsize, dtype.itemsize
    if new > old:
        x = x.reshape(*x.shape[:-1], x.shape[-1] * old // new, new // old)
    out = lax.bitcast_convert_type(x, dtype)
    return out.reshape(*out.shape[:-2], math.prod(out.shape[-2:])) if old > new else out


def _bits_back(source, new, *, dtype, ratio):
    return _rebits(new, source.dtype)


@view_op(_bits_geometry, _bits_back, node="ViewBackward1")
def _view_dtype(input, /, *, dtype, ratio):
    return _rebits(input, dtype)


_view_dtype.op.dtype_rule = lambda d, *, dtype, ratio: dtype  # type: ignore[attr-defined]
