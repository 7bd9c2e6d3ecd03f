"""Reductions and normalisations that see only the elements where a mask is true: `torch.masked`.

Masked-out elements are replaced by the identity of the reduction, so a slice that is masked out whole gives that identity (NaN where there
is none). All are composites: their gradients are those of the ops they call, and 0 at masked-out elements.
"""

from __future__ import annotations

import inspect
import math

import jax.numpy as jnp

from ..core.dtype import FROM_NUMPY, float32, float64, int64
from ..core.dtype import bool as boolean
from ..core.tensor import Tensor
from .compare import where
from .create import ones
from .dims import canonical_dims
from .power import logaddexp as plain_logaddexp
from .vector_norm import vector_norm


def _full_mask(input: Tensor, mask: Tensor) -> Tensor:
    """The mask as booleans in the shape of `input`."""
    if mask.ndim > input.ndim:
        raise IndexError("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)")
    mask = mask if mask.dtype is boolean else mask != 0
    return mask if mask.shape == input.shape else mask.expand(input.shape)


def _extreme(name: str, input: Tensor, sign: int):
    """The identity of the maximum (sign -1) or minimum (sign 1) of a dtype."""
    dtype = input._aval.dtype
    if input.dtype.is_floating_point:
        return sign * math.inf
    if input.dtype is boolean:
        raise NotImplementedError(f"identity of {name} on torch.bool input")
    return int(jnp.iinfo(dtype).max if sign > 0 else jnp.iinfo(dtype).min)


def _filled(input: Tensor, mask, identity) -> Tensor:
    """`input` with masked-out elements replaced."""
    return input if mask is None else where(_full_mask(input, mask), input, input.new_full((), identity))


def _widened(input: Tensor, dtype):
    """The dtype of sums: small integers and bools become int64."""
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.is_floating_point or input.dtype.is_complex else int64


def _dims(dim, input: Tensor) -> tuple:
    return canonical_dims(dim, input.ndim)


def sum(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The sum of the unmasked elements, 0 if there is none (torch.masked.sum)."""
    dtype = _widened(input, dtype)
    return _filled(input.to(dtype), mask, 0).sum(_dims(dim, input), keepdim=keepdim, dtype=dtype)


def prod(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The product of the unmasked elements, 1 if there is none (torch.masked.prod)."""
    dtype = _widened(input, dtype)
    result = _filled(input.to(dtype), mask, 1)
    # Unlike the other reductions, this one takes an empty list for no dimension.
    dims = () if isinstance(dim, list) and not dim else _dims(dim, input)
    for d in sorted(dims, reverse=True):
        result = result.prod(d, keepdim=keepdim, dtype=dtype)
    return result


def cumsum(input, dim, *, dtype=None, mask=None):
    """The running sum of the unmasked elements (torch.masked.cumsum)."""
    dtype = input.dtype if dtype is None else dtype
    return _filled(input.to(dtype), mask, 0).cumsum(dim, dtype=dtype)


def cumprod(input, dim, *, dtype=None, mask=None):
    """The running product of the unmasked elements (torch.masked.cumprod)."""
    dtype = input.dtype if dtype is None else dtype
    return _filled(input.to(dtype), mask, 1).cumprod(dim, dtype=dtype)


def amax(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The largest unmasked element, the lowest number of the dtype if there is none (torch.masked.amax)."""
    identity = None if mask is None else _extreme("amax", input, -1)
    return _filled(input, mask, identity).amax(_dims(dim, input), keepdim).to(dtype or input.dtype)


def amin(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The smallest unmasked element, the highest number of the dtype if there is none (torch.masked.amin)."""
    identity = None if mask is None else _extreme("amin", input, 1)
    return _filled(input, mask, identity).amin(_dims(dim, input), keepdim).to(dtype or input.dtype)


def argmax(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The index of the largest unmasked element, in the dtype of `input` (torch.masked.argmax)."""
    identity = None if mask is None else _extreme("argmax", input, -1)
    return _filled(input, mask, identity).argmax(dim, keepdim=keepdim).to(dtype or input.dtype)


def argmin(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The index of the smallest unmasked element, in the dtype of `input` (torch.masked.argmin)."""
    identity = None if mask is None else _extreme("argmin", input, 1)
    return _filled(input, mask, identity).argmin(dim, keepdim=keepdim).to(dtype or input.dtype)


def _count(input: Tensor, dims: tuple, mask, dtype) -> Tensor:
    """How many elements of each slice are unmasked."""
    full = ones(input.shape, dtype=boolean, device=input.device) if mask is None else _full_mask(input, mask)
    return full.sum(dims, keepdim=True).to(dtype)


def _reduced(x: Tensor, dims: tuple, keepdim: bool) -> Tensor:
    """A result whose reduced dims have size 1, with or without them."""
    return x if keepdim or not x.ndim else x.squeeze(dims)


def mean(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The mean of the unmasked elements, NaN if there is none (torch.masked.mean)."""
    dtype = input.dtype if dtype is None else dtype
    if not (dtype.is_floating_point or dtype.is_complex):
        raise ValueError("mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                         f"Got: {input.dtype}")
    dims = _dims(dim, input)
    total = _filled(input.to(dtype), mask, 0).sum(dims, keepdim=True)
    return _reduced(total / _count(input, dims, mask, dtype), dims, keepdim)


def median(input, dim=-1, *, keepdim=False, dtype=None, mask=None):
    """The lower median of the unmasked elements, NaN if there is none (torch.masked.median)."""
    x = input.to(dtype or input.dtype)
    if mask is None:
        return x.median(dim, keepdim).values
    if x.dtype.is_floating_point:
        return _filled(x, mask, math.nan).nanmedian(dim, keepdim).values
    if (_full_mask(input, mask).any(dim).logical_not()).any():
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    return _filled(x.to(float64), mask, math.nan).nanmedian(dim, keepdim).values.to(x.dtype)


def logsumexp(input, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The log of the sum of the exponentials of the unmasked elements, -inf if there is none (torch.masked.logsumexp)."""
    dtype = dtype or input.dtype
    identity = None if mask is None else -math.inf if input.dtype.is_complex else _extreme("logsumexp", input, -1)
    return _filled(input, mask, identity).logsumexp(_dims(dim, input), keepdim).to(dtype)


def _normalised(name: str, sign: int, doc: str):
    def normalise(input, dim, *, dtype=None, mask=None):
        x = input.to(dtype or input.dtype)
        filled = x if mask is None else _filled(x, mask, _extreme(name, x, sign))
        return getattr(filled if sign < 0 else -filled, "softmax" if name == "softmin" else name)(dim)

    normalise.__doc__ = f"{doc} over the unmasked elements, NaN if there is none (torch.masked.{name})."
    normalise.__name__ = normalise.__qualname__ = name
    return normalise


softmax = _normalised("softmax", -1, "The softmax")
log_softmax = _normalised("log_softmax", -1, "The log of the softmax")
softmin = _normalised("softmin", 1, "The softmax of the negated input")


def norm(input, ord=2.0, dim=None, *, keepdim=False, dtype=None, mask=None):
    """The vector norm of the unmasked elements (torch.masked.norm); inf of none for a negative order, else 0."""
    x = input.to(dtype or input.dtype)
    return vector_norm(_filled(x, mask, math.inf if ord < 0 else 0), ord, _dims(dim, input), keepdim=keepdim)


def normalize(input, ord, dim, *, eps=1e-12, dtype=None, mask=None):
    """`input` over the larger of its masked norm and eps, 0 at masked-out elements (torch.masked.normalize)."""
    x = input.to(dtype or input.dtype)
    size = norm(x, ord, dim, keepdim=True, mask=mask)
    return _filled(x, mask, 0) / size.clamp(min=eps)


def _correction(unbiased, correction):
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    return (1 if unbiased is None else int(unbiased)) if correction is None else correction


def _variance(input: Tensor, dim, unbiased, correction, keepdim: bool, dtype, mask) -> Tensor:
    inexact = input.dtype.is_floating_point or input.dtype.is_complex
    dtype = dtype or (input.dtype if inexact else float32)
    correction, dims = _correction(unbiased, correction), _dims(dim, input)
    x = input.to(dtype)
    count = _count(input, dims, mask, FROM_NUMPY[x.real._aval.dtype])
    centre = _filled(x, mask, 0).sum(dims, keepdim=True) / count
    distance = _filled(x - centre, mask, 0)
    squares = distance * distance.conj()
    return _reduced(squares.sum(dims, keepdim=True) / (count - correction).clamp(min=0).to(dtype), dims, keepdim)


def var(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None):
    """The variance of the unmasked elements (torch.masked.var), over their number less `correction` (1 by default)."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask)


def std(input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None):
    """The square root of `masked.var` (torch.masked.std)."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask).sqrt()


def logaddexp(input, other, *, dtype=None, input_mask=None, other_mask=None):
    """log(exp(input) + exp(other)) of the unmasked elements (torch.masked.logaddexp)."""
    left, right = (x.to(dtype or x.dtype) for x in (input, other))
    return plain_logaddexp(_filled(left, input_mask, -math.inf), _filled(right, other_mask, -math.inf))


_ELEMENTWISE = ("softmax", "log_softmax", "softmin", "normalize", "cumsum", "cumprod")


def output_mask(op, input, *args, **kwargs) -> Tensor:
    """Which elements of `op(input, ...)` have an unmasked element behind them."""
    if op.__name__ == "logaddexp":
        return _full_mask(input, kwargs["input_mask"]) | _full_mask(args[0], kwargs["other_mask"])
    call = inspect.signature(op).bind(input, *args, **kwargs).arguments
    mask = call.get("mask")
    full = ones(input.shape, dtype=boolean, device=input.device) if mask is None else _full_mask(input, mask)
    if op.__name__ in _ELEMENTWISE:
        return full
    return full.any(_dims(call.get("dim", -1 if op.__name__ == "median" else None), input), keepdim=call.get("keepdim", False))


def input_mask(input, *args, mask, **kwargs) -> Tensor:
    """The mask of a masked op as booleans in the shape of its input."""
    return _full_mask(input, mask)
