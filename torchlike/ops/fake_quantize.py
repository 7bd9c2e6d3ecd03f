"""Rounding to a grid of integers and back, with the gradient of the identity inside the grid's range: `fake_quantize_*_affine`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import function, op
from ..core.tensor import Tensor
from .checks import refuse_but_real
from .dims import canonical_dim

_ORDER = "`quant_min` should be less than or         equal to `quant_max`."
_ZERO = "`zero_point` must be between `quant_min` and `quant_max`."


def _levels(input, scale, zero_point):
    """The integer each element rounds to, before it is clamped."""
    inverse = (1 / scale.astype(np.float32)).astype(input.dtype)
    return jnp.round(input * inverse) + zero_point.astype(input.dtype)


@op(name="_fake_quantize", public=False, node="FakeQuantizePerTensorAffineCachemaskBackward0")
def _fake_quantize(input, scale, zero_point, /, quant_min, quant_max):
    """The element of the grid nearest to each number."""
    refuse_but_real("fake_quantize_tensor_cachemask_kernel_type_handling", input.dtype)
    scale, zero_point = jnp.asarray(scale), jnp.asarray(zero_point)
    levels = jnp.clip(_levels(input, scale, zero_point), quant_min, quant_max)
    return (levels - zero_point.astype(input.dtype)) * scale.astype(input.dtype)


@_fake_quantize.vjp
def _(grad, input, scale, zero_point, quant_min, quant_max):
    # PyTorch's convention: straight through, but for numbers outside of the range.
    levels = _levels(input, jnp.asarray(scale), jnp.asarray(zero_point))
    return jnp.where((levels >= quant_min) & (levels <= quant_max), grad, 0), None, None


def _check(scale, zero_point, quant_min: int, quant_max: int) -> None:
    if quant_min > quant_max:
        raise RuntimeError(_ORDER)
    for name, x in (("scale", scale), ("zero_point", zero_point)):
        if isinstance(x, Tensor) and x.requires_grad:
            raise RuntimeError(f"The function '_fake_quantize_per_tensor_affine_cachemask_tensor_qparams' is not differentiable with respect to "
                               f"argument '{name}'. This input cannot have requires_grad True.")


def _check_zero_points(values, quant_min: int, quant_max: int) -> None:
    values = np.asarray(values)
    if ((values < quant_min) | (values > quant_max)).any():
        raise RuntimeError(_ZERO)


@function
def fake_quantize_per_tensor_affine(input, scale, zero_point, quant_min, quant_max):
    """Each number rounded to scale * (an integer - zero_point), the integer within bounds (torch.fake_quantize_per_tensor_affine)."""
    _check(scale, zero_point, quant_min, quant_max)
    if isinstance(scale, Tensor):
        return _fake_quantize(input, scale.reshape(()), zero_point.reshape(()), quant_min, quant_max)
    _check_zero_points(zero_point, quant_min, quant_max)
    return _fake_quantize(input, float(scale), int(zero_point), quant_min, quant_max)


@function
def fake_quantize_per_channel_affine(input, scale, zero_point, axis, quant_min, quant_max):
    """As per tensor, with a scale and zero point for each slice along `axis` (torch.fake_quantize_per_channel_affine)."""
    if scale.dtype.name != "float32":
        raise RuntimeError(f"Scale must be Float, found {scalar_type_name(scale._aval.dtype)}")
    if zero_point.dtype.name not in ("int32", "float32", "float16"):
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {scalar_type_name(zero_point._aval.dtype)}")
    if scale.numel() != zero_point.numel():
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    axis = canonical_dim(axis, input.ndim)
    if scale.numel() != input.size(axis):
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")
    _check(scale, zero_point, quant_min, quant_max)
    points = examined(zero_point)
    if points is not None:
        _check_zero_points(points, quant_min, quant_max)
    shape = [-1 if d == axis else 1 for d in range(input.ndim)]
    return _fake_quantize(input, scale.reshape(shape), zero_point.reshape(shape), quant_min, quant_max)
