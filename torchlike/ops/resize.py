"""Interpolation and the shuffles between channels and space.

Interpolation is linear in the image and separable, so each dimension is one product with a small static matrix; its gradient is the
product with the transpose. `nearest` gathers, or repeats when the factor is whole.
"""

from __future__ import annotations

import math
import warnings

import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.op import function, op
from ..core.precision import matmul_precision
from .checks import refuse_integral
from .pool_adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

_AREA = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)


def _triangle(x):
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x, a):
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = a * (((x - 5) * x + 8) * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _lanczos(x):
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def _centres(size, out, scale, align_corners) -> np.ndarray:
    """Where each output element lies in the input."""
    i = np.arange(out, dtype=np.float64)
    if align_corners:
        return i * ((size - 1) / (out - 1) if out > 1 else 0)
    return (i + 0.5) * scale - 0.5


def _matrix(size, out, scale, mode, align_corners, antialias) -> np.ndarray:
    """(out, size) weights of linear or cubic interpolation along one dimension."""
    if antialias:
        return _antialias_matrix(size, out, scale, mode, align_corners)
    centre = _centres(size, out, scale, align_corners)
    if mode == "linear" and not align_corners:
        centre = np.maximum(centre, 0)
    reach = 1 if mode == "linear" else 2
    base = np.floor(centre).astype(int)
    weights = np.zeros((out, size))
    for k in range(1 - reach, reach + 1):
        distance = centre - (base + k)
        value = _triangle(distance) if mode == "linear" else _cubic(distance, -0.75)
        np.add.at(weights, (np.arange(out), np.clip(base + k, 0, size - 1)), value)
    return weights


def _antialias_matrix(size, out, scale, mode, align_corners) -> np.ndarray:
    """The same with the filter widened to the step when shrinking, cut at the border and normalised."""
    kernel = {"linear": (_triangle, 1), "cubic": (lambda x: _cubic(x, -0.5), 2), "lanczos": (_lanczos, 3)}[mode]
    if align_corners:
        scale = (size - 1) / (out - 1) if out > 1 else 0
    widen = max(scale, 1.0)
    centre = scale * (np.arange(out) + 0.5)
    support = kernel[1] * widen
    low = np.maximum((centre - support + 0.5).astype(int), 0)
    high = np.minimum((centre + support + 0.5).astype(int), size)
    position = np.arange(size)
    weights = kernel[0]((position - centre[:, None] + 0.5) / widen)
    weights = np.where((position >= low[:, None]) & (position < high[:, None]), weights, 0)
    return weights / weights.sum(1, keepdims=True)


def _linear_kernel(input, /, size, scales, mode, align_corners, antialias):
    """Separable interpolation of the trailing dimensions."""
    if input.dtype == np.uint8 and len(size) == 2:
        return _rounded(_linear_kernel(input.astype(np.float32), size, scales, mode, align_corners, antialias))
    refuse_integral("upsample", input.dtype)
    for axis, (out, scale) in enumerate(zip(size, scales, strict=True), start=input.ndim - len(size)):
        if out == input.shape[axis] and (scale == 1 or align_corners):
            continue
        weights = _matrix(input.shape[axis], out, scale, mode, align_corners, antialias)
        mixed = jnp.tensordot(input, jnp.asarray(weights.T, input.dtype), (axis, 0), precision=matmul_precision())
        input = jnp.moveaxis(mixed, -1, axis)
    return input


def _rounded(picture):
    return jnp.clip(jnp.floor(picture + 0.5), 0, 255).astype(np.uint8)


def _nearest_kernel(input, /, size, scales, exact):
    """The nearest element along each of the trailing dimensions."""
    for axis, (out, scale) in enumerate(zip(size, scales, strict=True), start=input.ndim - len(size)):
        n = input.shape[axis]
        # With two dimensions PyTorch looks at the sizes before it looks at the scale.
        if (out % n == 0 and scale == n / out) or (len(size) == 2 and not exact and out in (n, 2 * n)):
            input = jnp.repeat(input, out // n, axis)
            continue
        # PyTorch finds the element in single precision.
        step = np.float32(scale)
        position = (np.arange(out, dtype=np.float32) + np.float32(0.5 if exact else 0)) * step
        input = jnp.take(input, jnp.asarray(np.minimum(np.floor(position).astype(int), n - 1)), axis=axis)
    return input


_LINEAR_MODES = {"linear": ("linear", 1), "bilinear": ("linear", 2), "trilinear": ("linear", 3), "bicubic": ("cubic", 2),
                 "lanczos": ("lanczos", 2)}
_linear_ops = {
    mode: op(_linear_kernel, name=f"upsample_{mode}", public=False, node=f"Upsample{mode.capitalize()}{rank}DBackward0")
    for mode, (_, rank) in _LINEAR_MODES.items()
}
_antialias_ops = {
    mode: op(_linear_kernel, name=f"upsample_{mode}_aa", public=False, node=f"Upsample{mode.capitalize()}2DAaBackward0")
    for mode in ("bilinear", "bicubic", "lanczos")
}
_nearest_ops = {
    (exact, rank): op(_nearest_kernel, name=f"upsample_nearest{'_exact' * exact}{rank}d", public=False,
                      node=f"UpsampleNearest{'Exact' * exact}{rank}DBackward0")
    for exact in (False, True) for rank in (1, 2, 3)
}
_ALIGNABLE = ("linear", "bilinear", "bicubic", "trilinear")


def _target(input, size, scale_factor, recompute_scale_factor) -> tuple:
    """(output size, input elements per output element) along each spatial dimension."""
    space = tuple(input.shape)[2:]
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None:
        if isinstance(size, list | tuple) and any(isinstance(n, float) for n in size):
            raise TypeError("expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size with "
                            f"types {[type(n) for n in size]}")
        out = tuple(int(n) for n in size) if isinstance(size, list | tuple) else (int(size),) * len(space)
        if len(out) != len(space):
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of "
                f"{list(space)} and output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in "
                "(o1, o2, ...,oK) format."
            )
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return out, tuple(n / o if o else 0.0 for n, o in zip(space, out, strict=True))
    factors = tuple(float(f) for f in scale_factor) if isinstance(scale_factor, list | tuple) else (float(scale_factor),) * len(space)
    if len(factors) != len(space):
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of "
            f"{list(space)} and scale_factor of shape {scale_factor}. Please provide input tensor in (N, C, d1, d2, ...,dK) format "
            "and scale_factor in (s1, s2, ...,sK) format."
        )
    out = tuple(math.floor(n * f) for n, f in zip(space, factors, strict=True))
    if recompute_scale_factor:
        return out, tuple(n / o if o else 0.0 for n, o in zip(space, out, strict=True))
    return out, tuple(1 / f for f in factors)


def interpolate(input, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None,
                recompute_scale_factor: bool | None = None, antialias: bool = False):
    """Resample (N, C, ...) with one to three spatial dimensions to `size`, or by `scale_factor` (torch.nn.functional.interpolate)."""
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear")
    elif align_corners is None:
        align_corners = False
    rank = input.ndim - 2
    out, scales = _target(input, size, scale_factor, recompute_scale_factor)
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.ndim == 4):
        raise ValueError("Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input")
    if rank in (1, 2, 3) and mode == "area":
        return _AREA[rank - 1](input, out)
    _check_mode(input, rank, mode)
    if min(out) <= 0 or min(tuple(input.shape)[2:]) <= 0:
        between = " and" if rank == 1 else ""
        sizes = (", ".join(f"{axis}: {n}" for axis, n in zip("DHW"[-rank:], each, strict=True)) for each in (tuple(input.shape)[2:], out))
        raise RuntimeError(f"Input and output sizes should be greater than 0, but got input ({{}}){between} output ({{}})".format(*sizes))
    if input.numel() == 0 and input.size(0) != 0:
        raise RuntimeError(f"Non-empty {input.ndim}D data tensor expected but got a tensor with sizes {list(input.shape)}")
    if mode in ("nearest", "nearest-exact"):
        if input.dtype.np != np.uint8:
            name = "upsample_nearest2d_channels_last" if rank == 2 else "compute_indices_weights_nearest"
            refuse_integral(name, input.dtype.np)
        return dispatch(_nearest_ops[mode != "nearest", rank].op, (input,), (out, scales, mode != "nearest"))
    kernels = _antialias_ops if antialias else _linear_ops
    return dispatch(kernels[mode].op, (input,), (out, scales, _LINEAR_MODES[mode][0], bool(align_corners), bool(antialias)))


def _check_mode(input, rank: int, mode: str) -> None:
    if rank in (1, 2, 3):
        if mode in ("nearest", "nearest-exact") or (mode in _LINEAR_MODES and _LINEAR_MODES[mode][1] == rank):
            return
        if mode in ("linear", "bilinear", "trilinear"):
            raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {_LINEAR_MODES[mode][1] + 2}D input")
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: nearest | linear | bilinear | "
        f"bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def _warn_renamed(name: str) -> None:
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """interpolate under its old name (torch.nn.functional.upsample)."""
    _warn_renamed("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """interpolate with mode 'nearest' (torch.nn.functional.upsample_nearest)."""
    _warn_renamed("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """interpolate with mode 'bilinear' and aligned corners (torch.nn.functional.upsample_bilinear)."""
    _warn_renamed("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


@op
def pixel_shuffle(input, /, upscale_factor):
    """(..., C r^2, H, W) -> (..., C, H r, W r) (torch.pixel_shuffle)."""
    r = upscale_factor
    if input.ndim < 3:
        raise RuntimeError(f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)")
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    if c % (r * r):
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
                           f"input.size(-3)={c} is not divisible by {r * r}")
    blocks = input.reshape(math.prod(lead), c // (r * r), r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(*lead, c // (r * r), h * r, w * r)


@op
def pixel_unshuffle(input, /, downscale_factor):
    """(..., C, H r, W r) -> (..., C r^2, H, W) (torch.pixel_unshuffle)."""
    r = downscale_factor
    if input.ndim < 3:
        raise RuntimeError(f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)")
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    for axis, (name, n) in enumerate((("height", h), ("width", w)), start=-2):
        if n % r:
            raise RuntimeError(f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({axis})={n} "
                               f"is not divisible by {r}")
    blocks = input.reshape(math.prod(lead), c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4)
    return blocks.reshape(*lead, c * r * r, h // r, w // r)


@op
def channel_shuffle(input, /, groups):
    """Interleave `groups` groups of channels (torch.channel_shuffle)."""
    if input.ndim < 3:
        raise RuntimeError("channel_shuffle expects input with > 2 dims, but got input with sizes " + str(list(input.shape)))
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c = input.shape[:2]
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    return input.reshape(n, groups, c // groups, *input.shape[2:]).swapaxes(1, 2).reshape(input.shape)


@function
def native_channel_shuffle(input, groups):
    """channel_shuffle under its other name (torch.native_channel_shuffle)."""
    return channel_shuffle(input, groups)
