"""Uninitialised tensors of chosen strides, and the order in which dimensions lie in memory."""

from __future__ import annotations

import math

from ..core.op import function
from .create import empty
from .info import stride as strides_of
from .views import as_strided, permute, sizes_of


@function
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of a size and of strides in elements (torch.empty_strided)."""
    size, stride = sizes_of((size,)), sizes_of((stride,))
    if len(size) != len(stride):
        raise RuntimeError(f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})")
    if any(s < 0 for s in stride):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    held = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if math.prod(size) else 0
    result = as_strided(empty(held, dtype=dtype, device=device), size, stride).detach()
    return result.requires_grad_() if requires_grad else result


@function(method=True, public=False)
def new_empty_strided(self, size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`torch.empty_strided` with this tensor's dtype and device as defaults (torch.Tensor.new_empty_strided)."""
    return empty_strided(size, stride, dtype=dtype or self.dtype, device=self.device if device is None else device, requires_grad=requires_grad)


@function
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of a size whose dimensions lie in memory in the order given, outermost first (torch.empty_permuted)."""
    size, order = sizes_of((size,)), sizes_of((physical_layout,))
    _check_order(size, order)
    dense = empty([size[d] for d in order], dtype=dtype, device=device)
    result = permute(dense, [order.index(d) for d in range(len(size))]).detach()
    return result.requires_grad_() if requires_grad else result


def _check_order(size: tuple, order: tuple) -> None:
    if len(size) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}"
        )
    for i, d in enumerate(order):
        if not 0 <= d < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at index {i}).  NB: negative dims not "
                "currently supported; file an issue if you want it."
            )
    if len(set(order)) != len(order):
        raise RuntimeError("Duplicate dim not allowed")


@function(method=True, public=False)
def dim_order(self):
    """The dimensions from outermost to innermost in memory (torch.Tensor.dim_order)."""
    strides = strides_of(self)
    return tuple(sorted(range(len(strides)), key=lambda d: -strides[d]))
