"""Uninitialised tensors with strides of one's own."""

from __future__ import annotations

from ..core.geometry import contiguous_strides
from ..core.op import function
from ..core.tensor import Tensor
from .create import empty, finish, parse_size


def _strided(size: tuple, stride: tuple, dtype, device, requires_grad: bool) -> Tensor:
    if len(size) != len(stride):
        raise RuntimeError(f"dimensionality of sizes ({len(size)}) must match dimensionality of strides ({len(stride)})")
    if any(s < 0 for s in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    if stride == contiguous_strides(size):
        return finish(empty(size, dtype=dtype, device=device), requires_grad)
    span = 0 if 0 in size else 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    return finish(empty(span, dtype=dtype, device=device).as_strided(size, stride).detach(), requires_grad)


@function
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor (of zeros) of this shape and these strides, in elements (torch.empty_strided)."""
    return _strided(parse_size("empty_strided", (size,)), tuple(int(s) for s in stride), dtype, device, requires_grad)


@function
def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor (of zeros) without gaps whose dimensions lie in memory in the order `physical_layout`, outermost first
    (torch.empty_permuted)."""
    size, order = parse_size("empty_permuted", (size,)), [int(d) for d in physical_layout]
    if len(size) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}")
    if any(not 0 <= d < len(size) for d in order):
        bad = next(d for d in order if not 0 <= d < len(size))
        raise RuntimeError(f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {bad} at index {order.index(bad)}).  "
                           "NB: negative dims not currently supported; file an issue if you want it.")
    if len(set(order)) < len(order):
        raise RuntimeError("Duplicate dim not allowed")
    steps = dict(zip(order, contiguous_strides(tuple(size[d] for d in order)), strict=True))
    return _strided(size, tuple(steps[d] for d in range(len(size))), dtype, device, requires_grad)


@function(method=True, public=False)
def new_empty_strided(self, size, stride, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False):
    """`empty_strided` with this Tensor's dtype and device as defaults (torch.Tensor.new_empty_strided)."""
    device = self.device if device is None else device
    return _strided(parse_size("new_empty_strided", (size,)), tuple(int(s) for s in stride), dtype or self.dtype, device, requires_grad)
