"""Weight normalisation: a tensor as a magnitude per slice and a direction."""

from __future__ import annotations

from ..core.op import function
from .vector_norm import norm


@function
def norm_except_dim(v, pow: int = 2, dim: int = 0):
    """The norm of each slice along `dim`, with extent 1 elsewhere; of everything if dim is -1 (torch.norm_except_dim)."""
    if dim == -1:
        return norm(v, pow)
    if not -v.ndim <= dim < v.ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-v.ndim}, {v.ndim - 1}], but got {dim})")
    others = [d for d in range(v.ndim) if d != dim % v.ndim]
    return norm(v, pow, others, keepdim=True) if others else v.abs()


@function
def _weight_norm(v, g, dim: int = 0):
    """`v` with its slices along `dim` scaled to the norms `g` (torch._weight_norm)."""
    return v * (g / norm_except_dim(v, 2, dim))
