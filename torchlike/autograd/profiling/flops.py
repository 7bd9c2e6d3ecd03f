"""Estimates of floating point operations for the ops that PyTorch counts: products, convolutions, sums and elementwise products."""

from __future__ import annotations

import math

_PRODUCTS = {"aten::mm": 0, "aten::bmm": 0, "aten::addmm": 1, "aten::baddbmm": 1}
_ELEMENTWISE = ("aten::add", "aten::mul")


def flops_of(name: str, plan) -> int:
    """How many floating point operations a kernel of this name does at this plan; 0 where nobody counts."""
    out = plan.out_avals[0].size
    shapes = [a.shape for a in plan.in_avals if a is not None and not a.weak]
    if name in _PRODUCTS:
        left = shapes[0] if plan.op.name.startswith("linear_") else shapes[_PRODUCTS[name]]
        return 2 * out * left[-1]
    if name == "aten::convolution":
        return 2 * out * math.prod(shapes[1][1:])
    return out if name in _ELEMENTWISE else 0
