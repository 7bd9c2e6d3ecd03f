"""Discrete Fourier transforms: three kernels (complex to complex, real to complex, complex to real) and PyTorch's functions over them.

A kernel takes PyTorch's own settings: dims, a normalisation (0 none, 1 by the root of the number of points, 2 by that number) and a
direction. The functions around them promote, crop or pad to the wanted number of points, and conjugate.
"""

from __future__ import annotations

import math
from operator import index

import jax.numpy as jnp
import numpy as np

from ..core.dtype import FROM_NUMPY, default_dtype, scalar_type_name
from ..core.inplace import write_out
from ..core.op import function, op
from .checks import require_tensors
from .dims import canonical_dim, canonical_dims
from .pad import constant_pad_nd
from .promotion import category, complex_dtype

UNSCALED, BY_ROOT, BY_COUNT = range(3)


def _scaled(x, points: int, normalization: int):
    if normalization == UNSCALED:
        return x
    return x * (1 / (points if normalization == BY_COUNT else math.sqrt(points)))


def _points(shape, dims) -> int:
    return math.prod(shape[d] for d in dims)


def _transform(x, dims, forward: bool):
    """The unscaled transform of a complex array; XLA's kernel takes three dimensions at a time."""
    run = jnp.fft.fftn if forward else jnp.fft.ifftn
    for start in range(0, len(dims), 3):
        x = run(x, axes=dims[start : start + 3], norm="backward" if forward else "forward")
    return x


@op(name="_fft_c2c", public=False, node="FftC2CBackward0")
def fft_c2c(input, /, dim, normalization, forward):
    """The transform of complex numbers along dims."""
    return _scaled(_transform(input, dim, forward), _points(input.shape, dim), normalization)


@op(name="_fft_r2c", public=False, node="FftR2CBackward0")
def fft_r2c(input, /, dim, normalization, onesided):
    """The forward transform of real numbers; one-sided results keep half of the last of the dims."""
    if onesided:
        half = _transform(jnp.fft.rfft(input, axis=dim[-1]), dim[:-1], True)
    else:
        half = _transform(input.astype(complex_dtype(input.dtype)), dim, True)
    return _scaled(half, _points(input.shape, dim), normalization)


@op(name="_fft_c2r", public=False, node="FftC2RBackward0")
def fft_c2r(input, /, dim, normalization, last_dim_size):
    """The inverse of the one-sided transform: `last_dim_size` real numbers along the last of the dims."""
    full = _transform(input, dim[:-1], False)
    result = jnp.fft.irfft(full, last_dim_size, axis=dim[-1], norm="forward")
    return _scaled(result, _points(result.shape, dim), normalization)


def _normalization(norm, forward: bool) -> int:
    if norm is None or norm == "backward":
        return UNSCALED if forward else BY_COUNT
    if norm == "forward":
        return BY_COUNT if forward else UNSCALED
    if norm == "ortho":
        return BY_ROOT
    raise RuntimeError(f'Invalid normalization mode: "{norm}"')


def _promoted(input, to_complex: bool):
    """Integers become the default dtype, real numbers complex ones if asked; RuntimeError for half precision, which PyTorch's CPU lacks."""
    dtype = input._aval.dtype
    wide = default_dtype() if category(dtype) < 2 else dtype
    if wide.itemsize == 2:
        raise RuntimeError(f"Unsupported dtype {scalar_type_name(wide)}")
    wide = complex_dtype(wide) if to_complex else wide
    return input if wide == dtype else input.to(FROM_NUMPY[np.dtype(wide)])


def _check_points(n: int) -> None:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")


def _resized(input, dims, sizes):
    """`input` cropped or padded with zeros at the end of each dim; -1 keeps a size."""
    padding = [0] * (2 * input.ndim)
    for d, n in zip(dims, sizes, strict=True):
        if n != -1:
            _check_points(n)
            padding[2 * (input.ndim - 1 - d) + 1] = n - input.size(d)
    return constant_pad_nd(input, padding) if any(padding) else input


def _one_dim(name: str, input, n, dim) -> tuple:
    """The checked dimension and number of points of a transform along one dimension."""
    require_tensors(f"fft_{name}", input=input)
    if n is not None and not isinstance(n, int | np.integer):
        raise TypeError(f"fft_{name}(): argument 'n' (position 2) must be int, not {type(n).__name__}")
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return canonical_dim(dim, input.ndim), n


def _refuse_complex(name: str, input, what: str) -> None:
    if input._aval.is_complex:
        raise RuntimeError(f"{name} expects a {what} input tensor, but got {scalar_type_name(input._aval.dtype)}")


def _complex_to_complex(name: str, input, n, dim, norm, forward: bool):
    d, n = _one_dim(name, input, n, dim)
    n = input.size(d) if n is None else n
    _check_points(n)
    normalization = _normalization(norm, forward)
    if input._aval.is_complex:
        return fft_c2c(_resized(_promoted(input, True), (d,), (n,)), (d,), normalization, forward)
    result = fft_r2c(_resized(_promoted(input, False), (d,), (n,)), (d,), normalization, False)
    return result if forward else result.conj()


def _real_to_complex(name: str, input, n, dim, norm, forward: bool):
    _refuse_complex(name, input, "real")
    d, n = _one_dim(name, input, n, dim)
    n = input.size(d) if n is None else n
    _check_points(n)
    result = fft_r2c(_resized(_promoted(input, False), (d,), (n,)), (d,), _normalization(norm, forward), True)
    return result if forward else result.conj()


def _complex_to_real(name: str, input, n, dim, norm, forward: bool):
    d, n = _one_dim(name, input, n, dim)
    x = _promoted(input, True)
    n = 2 * (x.size(d) - 1) if n is None else n
    _check_points(n)
    x = _resized(x, (d,), (n // 2 + 1,))
    return fft_c2r(x.conj() if forward else x, (d,), _normalization(norm, forward), n)


def _written(name: str, input, result, out):
    """`result`, in `out` if it is given and of the right kind."""
    if out is None:
        return result
    if result._aval.is_complex and not out._aval.is_complex:
        raise RuntimeError(f"{name} expects a complex output tensor, but got {scalar_type_name(out._aval.dtype)}")
    if not result._aval.is_complex and not out.dtype.is_floating_point:
        raise RuntimeError(f"{name} expects a floating point output tensor, but got {scalar_type_name(out._aval.dtype)}")
    return write_out(f"fft_{name}", out, result, (input,))


def _declare_one_dim(name: str, kind, forward: bool, doc: str):
    def transform(input, n=None, dim=-1, norm=None, *, out=None):
        return _written(name, input, kind(name, input, n, dim, norm, forward), out)

    transform.__doc__ = f"{doc} along one dimension, of `n` points (torch.fft.{name}); norm is 'backward', 'ortho' or 'forward'."
    return function(transform, name=f"fft_{name}", public=False)


fft = _declare_one_dim("fft", _complex_to_complex, True, "The discrete Fourier transform")
ifft = _declare_one_dim("ifft", _complex_to_complex, False, "The inverse of `fft`")
rfft = _declare_one_dim("rfft", _real_to_complex, True, "The non-redundant half of the transform of real numbers")
irfft = _declare_one_dim("irfft", _complex_to_real, False, "The real numbers whose `rfft` is given")
hfft = _declare_one_dim("hfft", _complex_to_real, True, "The real transform of a Hermitian signal, given by half of it")
ihfft = _declare_one_dim("ihfft", _real_to_complex, False, "The half signal whose `hfft` is given")


def _axes(input, s, dim) -> tuple[tuple, list]:
    """Checked dims and sizes of a transform along several dimensions; -1 stands for the size at hand."""
    shape = input._aval.shape
    dims = None if dim is None else tuple(index(d) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    if dims is not None:
        dims = tuple(canonical_dim(d, len(shape)) for d in dims)
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
    if s is None:
        dims = tuple(range(len(shape))) if dims is None else dims
        return dims, [shape[d] for d in dims]
    # One number is PyTorch's for a list of any length: of the length of dims.
    sizes = [index(n) for n in s] if isinstance(s, tuple | list) else [index(s)]
    if dims is not None and len(dims) != len(sizes):
        raise RuntimeError("When given, dim and shape arguments must have the same length")
    if len(sizes) > len(shape):
        raise RuntimeError(f"Got shape with {len(sizes)} values but input tensor only has {len(shape)} dimensions.")
    dims = tuple(range(len(shape) - len(sizes), len(shape))) if dims is None else dims
    sizes = [shape[d] if n == -1 else n for d, n in zip(dims, sizes, strict=True)]
    return dims, sizes


def _check_all_points(sizes) -> None:
    for n in sizes:
        _check_points(n)


def _complex_to_complex_n(name: str, input, s, dim, norm, forward: bool):
    dims, sizes = _axes(input, s, dim)
    _check_all_points(sizes)
    x = _resized(_promoted(input, True), dims, sizes)
    return fft_c2c(x, dims, _normalization(norm, forward), forward) if dims else x


def _real_to_complex_n(name: str, input, s, dim, norm, forward: bool):
    if forward:
        _refuse_complex(name, input, "real-valued")
    elif input._aval.is_complex:
        raise RuntimeError(f"Only supports floating-point dtypes, but found: {scalar_type_name(input._aval.dtype)}")
    dims, sizes = _axes(input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    _check_all_points(sizes)
    x, normalization = _resized(_promoted(input, False), dims, sizes), _normalization(norm, forward)
    if forward:
        return fft_r2c(x, dims, normalization, True)
    half = fft_r2c(x, dims[-1:], normalization, True).conj()
    return fft_c2c(half, dims[:-1], normalization, False) if dims[:-1] else half


def _complex_to_real_n(name: str, input, s, dim, norm, forward: bool):
    dims, sizes = _axes(input, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    given = list(s) if isinstance(s, tuple | list) else [s]
    last = 2 * (input.size(dims[-1]) - 1) if s is None or given[-1] == -1 else sizes[-1]
    _check_all_points([*sizes, last])
    sizes[-1] = last // 2 + 1
    x, normalization = _resized(_promoted(input, True), dims, sizes), _normalization(norm, forward)
    if not forward:
        return fft_c2r(x, dims, normalization, last)
    if dims[:-1]:
        x = fft_c2c(x, dims[:-1], normalization, True)
    return fft_c2r(x.conj(), dims[-1:], normalization, last)


def _declare_many_dims(name: str, kind, forward: bool, doc: str) -> tuple:
    def transform(input, s=None, dim=None, norm=None, *, out=None):
        require_tensors(f"fft_{name}n", input=input)
        return _written(f"{name}n", input, kind(f"{name}n", input, s, dim, norm, forward), out)

    def transform2(input, s=None, dim=(-2, -1), norm=None, *, out=None):
        require_tensors(f"fft_{name}2", input=input)
        return _written(f"{name}n", input, kind(f"{name}n", input, s, dim, norm, forward), out)

    transform.__doc__ = f"{doc} along several dimensions, all of them by default (torch.fft.{name}n); `s` are their numbers of points."
    transform2.__doc__ = f"{doc} along two dimensions, the last ones by default (torch.fft.{name}2); `s` are their numbers of points."
    declare = [(transform2, f"fft_{name}2"), (transform, f"fft_{name}n")]
    return tuple(function(f, name=full, public=False) for f, full in declare)


fft2, fftn = _declare_many_dims("fft", _complex_to_complex_n, True, "The discrete Fourier transform")
ifft2, ifftn = _declare_many_dims("ifft", _complex_to_complex_n, False, "The inverse transform")
rfft2, rfftn = _declare_many_dims("rfft", _real_to_complex_n, True, "The non-redundant half of the transform of real numbers")
irfft2, irfftn = _declare_many_dims("irfft", _complex_to_real_n, False, "The real numbers whose one-sided transform is given")
hfft2, hfftn = _declare_many_dims("hfft", _complex_to_real_n, True, "The real transform of a signal Hermitian in its last dimension")
ihfft2, ihfftn = _declare_many_dims("ihfft", _real_to_complex_n, False, "The inverse of the Hermitian transform")


def _rolled(input, dim, sign: int):
    dims = canonical_dims(dim, input.ndim)
    halves = [input.size(d) // 2 if sign > 0 else (input.size(d) + 1) // 2 for d in dims]
    return input.roll(halves, dims)


@function(name="fft_fftshift", public=False)
def fftshift(input, dim=None):
    """The zero frequency moved to the middle of each dim (torch.fft.fftshift); all dims by default."""
    return _rolled(input, dim, 1)


@function(name="fft_ifftshift", public=False)
def ifftshift(input, dim=None):
    """The inverse of `fftshift` (torch.fft.ifftshift)."""
    return _rolled(input, dim, -1)
