"""`make_tensor`: random inputs within bounds."""

from __future__ import annotations

import math
import warnings

import jax.numpy as jnp

from ..core.dtype import dtype as Dtype
from ..core.tensor import Tensor
from ..core.unsupported import UnsupportedDtype


def make_tensor(
    *shape, dtype: Dtype, device, low: float | None = None, high: float | None = None, requires_grad: bool = False,
    noncontiguous: bool = False, exclude_zero: bool = False, memory_format=None,
) -> Tensor:
    """Uniform random numbers in [low, high) of any dtype (torch.testing.make_tensor).

    Bounds default to [-9, 9), whole numbers to [-9, 10), unsigned ones to [0, 10), and are cut to what the dtype can hold. `exclude_zero`
    replaces zeros by the smallest positive number, `noncontiguous` leaves gaps between the elements.
    """
    import torchlike

    if len(shape) == 1 and isinstance(shape[0], list | tuple):
        shape = tuple(shape[0])
    if not isinstance(dtype, Dtype) or isinstance(dtype, UnsupportedDtype):
        raise TypeError(f"The requested dtype '{dtype}' is not supported by torch.testing.make_tensor(). To request support, file an issue at: "
                        "https://github.com/pytorch/pytorch/issues")
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype}")
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"noncontiguous={noncontiguous} and memory_format={memory_format}")
    low, high = _bounds(dtype, low, high)
    if dtype.is_complex:
        part = dtype.to_real()
        result = torchlike.complex(_uniform(shape, part, device, low, high), _uniform(shape, part, device, low, high))
    elif dtype.is_floating_point:
        result = _uniform(shape, dtype, device, low, high)
    else:
        result = torchlike.randint(int(low), int(high), shape, dtype=dtype, device=device)
    if noncontiguous and result.numel() > 1:
        result = result.repeat_interleave(2, dim=-1)[..., ::2]
    if exclude_zero:
        smallest = 1 if not (dtype.is_floating_point or dtype.is_complex) else float(jnp.finfo(dtype.to_real().np).tiny)
        result[result == 0] = smallest
    return result.requires_grad_() if requires_grad else result


def _uniform(shape, dtype: Dtype, device, low: float, high: float) -> Tensor:
    import torchlike

    # A weighted mean, as high - low may be more than the dtype holds.
    u = torchlike.rand(shape, dtype=dtype, device=device)
    return low * (1 - u) + high * u


def _range(dtype: Dtype) -> tuple:
    """(smallest number, end, default low, default high)."""
    if dtype.np.kind == "b":
        return 0, 2, 0, 2
    if dtype.is_floating_point or dtype.is_complex:
        limit = float(jnp.finfo(dtype.to_real().np).max)
        return -limit, limit, -9, 9
    info = jnp.iinfo(dtype.np)
    end = int(info.max) + (1 if info.bits < 64 else 0)
    return int(info.min), end, -9 if dtype.is_signed else 0, 10


def _bounds(dtype: Dtype, low, high) -> tuple:
    first, end, default_low, default_high = _range(dtype)
    low, high = default_low if low is None else low, default_high if high is None else high
    inexact = dtype.is_floating_point or dtype.is_complex
    if any(isinstance(x, float) and math.isnan(x) for x in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and inexact:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 and will be removed in "
            "2.3. Use `torch.full(...)` instead.", FutureWarning, stacklevel=3)
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < first or low >= end:
        raise ValueError(f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports [{first}, {end})")
    low, high = (min(max(x, first), end) for x in (low, high))
    return (low, high) if inexact else (math.ceil(low), math.ceil(high))
