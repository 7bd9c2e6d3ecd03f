"""Covariance and correlation of variables in rows: composites of products and sums."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import function


def _centered(input, weights):
    if weights is None:
        return input - input.mean(-1, True)
    return input - (input * weights).sum(-1, True) / weights.sum()


def _check_weights(name: str, weights, count: int, floating: bool) -> None:
    if weights.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions")
    if weights.dtype.is_floating_point is not floating:
        kind = "floating point" if floating else "integral"
        raise RuntimeError(f"cov(): expected {name} to have {kind} dtype but got {name} with {scalar_type_name(weights.dtype.np)} dtype")
    if weights.numel() != count:
        raise RuntimeError(f"cov(): expected {name} to have the same numel as there are observations in the input but got {weights.numel()} "
                           f"!= {count}")
    values = examined(weights)
    if values is not None and weights.numel() and (np.asarray(values) < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _divisor(count: int, weights, aweights, correction):
    """The number of observations, or their weight, less the correction; zero rather than negative, with a warning."""
    total: Any = count if weights is None else weights.sum()
    known = total if weights is None else examined(total)
    if weights is not None and known is not None and not np.asarray(known).any():
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    divisor = total - correction
    if aweights is not None and correction:
        divisor = total - correction * (weights * aweights).sum() / total
    known = divisor if weights is None else examined(divisor)
    if known is None or np.asarray(known) > 0:
        return divisor
    warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.", UserWarning,
                  stacklevel=3)
    return divisor * 0


@function(method=True)
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariance matrix of the variables in the rows of input (torch.cov); a scalar for one variable."""
    if input.ndim > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions")
    if input.dtype.name == "bool":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input.view(1, -1) if input.ndim < 2 else input
    x = x if x.dtype.is_floating_point or x.dtype.is_complex else x.float()
    if fweights is not None:
        _check_weights("fweights", fweights, x.shape[1], floating=False)
    if aweights is not None:
        _check_weights("aweights", aweights, x.shape[1], floating=True)
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    divisor = _divisor(x.shape[1], weights, aweights, correction)
    offset = _centered(x, weights)
    product = (offset if weights is None else offset * weights) @ offset.conj().transpose(0, 1)
    return (product / divisor).squeeze()


@function(method=True)
def corrcoef(input):
    """The correlation matrix of the variables in the rows of input (torch.corrcoef)."""
    if input.ndim > 2:
        raise RuntimeError(f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions")
    c = cov(input)
    if c.ndim == 0:
        return c / c
    spread = c.diagonal().real.sqrt() if c.dtype.is_complex else c.diagonal().sqrt()
    scaled = c / spread.unsqueeze(-1) / spread.unsqueeze(0)
    return scaled if c.dtype.is_complex else scaled.clamp(-1, 1)
