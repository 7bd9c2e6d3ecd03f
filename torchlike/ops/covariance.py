"""Covariance and correlation of variables in rows: composites of products and sums."""

from __future__ import annotations

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


@function(method=True)
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariance matrix of the variables in the rows of input (torch.cov); a scalar for one variable."""
    if input.ndim > 2:
        raise RuntimeError(f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions")
    x = input.view(1, -1) if input.ndim < 2 else input
    x = x if x.dtype.is_floating_point or x.dtype.is_complex else x.float()
    if fweights is not None:
        _check_weights("fweights", fweights, x.shape[1], floating=False)
    if aweights is not None:
        _check_weights("aweights", aweights, x.shape[1], floating=True)
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    total = x.shape[1] if weights is None else weights.sum()
    divisor = total - correction
    if aweights is not None and correction:
        divisor = total - correction * (weights * aweights).sum() / total
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
