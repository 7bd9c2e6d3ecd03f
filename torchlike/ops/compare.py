"""Comparisons, closeness and `where`."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.dtype import scalar_type_name
from ..core.mapped import refuse_mapped
from ..core.op import alias, function, op
from ..core.tensor import Tensor
from .checks import refuse_complex
from .promotion import broadcast_shapes, category, promote_broadcast


@op(method=True, inplace=True, tensors=1)
def eq(input, other, /):
    """input == other, element by element (torch.eq)."""
    a, b = promote_broadcast(input, other)
    return a == b


@op(method=True, inplace=True, tensors=1)
def ne(input, other, /):
    """input != other, element by element (torch.ne)."""
    a, b = promote_broadcast(input, other)
    return a != b


def _ordered(kernel, input, other):
    a, b = promote_broadcast(input, other)
    refuse_complex(kernel, a.dtype)
    return a, b


@op(method=True, inplace=True, tensors=1)
def lt(input, other, /):
    """input < other, element by element (torch.lt)."""
    a, b = _ordered("lt_cpu", input, other)
    return a < b


@op(method=True, inplace=True, tensors=1)
def le(input, other, /):
    """input <= other, element by element (torch.le)."""
    a, b = _ordered("le_cpu", input, other)
    return a <= b


@op(method=True, inplace=True, tensors=1)
def gt(input, other, /):
    """input > other, element by element (torch.gt)."""
    a, b = _ordered("gt_cpu", input, other)
    return a > b


@op(method=True, inplace=True, tensors=1)
def ge(input, other, /):
    """input >= other, element by element (torch.ge)."""
    a, b = _ordered("ge_cpu", input, other)
    return a >= b


@op(method=True, tensors=2)
def isclose(input, other, /, rtol=1e-05, atol=1e-08, equal_nan=False):
    """|input - other| <= atol + rtol * |other|, element by element (torch.isclose)."""
    if input.dtype != other.dtype:
        raise RuntimeError(f"{scalar_type_name(input.dtype)} did not match {scalar_type_name(other.dtype)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance:g}")
    a, b = promote_broadcast(input, other)
    same = a == b
    if equal_nan and category(a.dtype) >= 2:
        same |= jnp.isnan(a) & jnp.isnan(b)
    if rtol == 0 and atol == 0:
        return same
    if category(a.dtype) < 2:
        a, b = a.astype(jnp.float64), b.astype(jnp.float64)
    allowed = atol + jnp.abs(rtol * b)
    distance = jnp.abs(a - b)
    return same | (jnp.isfinite(distance) & (distance <= allowed))


@function(method=True)
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close: a Python bool (torch.allclose)."""
    refuse_mapped(
        "vmap over torch.allclose isn't supported yet. Please file an issue at https://github.com/pytorch/pytorch/issues if you need this "
        "feature.",
        input, other,
    )
    return bool(isclose(input, other, rtol, atol, equal_nan).all().item())


@op(name="_all_equal", public=False)
def _all_equal(input, other, /):
    """Whether two arrays of one shape agree everywhere."""
    a, b = promote_broadcast(input, other)
    return (a == b).all()


@function(method=True)
def equal(input, other):
    """Whether shape and values agree: a Python bool (torch.equal)."""
    refuse_mapped("Batching rule not implemented for aten::equal. We could not generate a fallback.", input, other)
    return input.shape == other.shape and bool(_all_equal(input, other).item())


@op(name="_where", public=False, node="WhereBackward0")
def _where(condition, input, other, /):
    """input where condition holds, else other."""
    if condition.dtype.name not in ("bool", "uint8"):
        raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor with dtype "
                           f"{scalar_type_name(condition.dtype)}")
    broadcast_shapes(condition.shape, input.shape, other.shape)
    a, b = promote_broadcast(input, other)
    return jnp.where(condition != 0, a, b)


@function(out=True)
def where(condition, input=None, other=None):
    """Elements of `input` where `condition` holds, else of `other`; with a condition alone, `nonzero(as_tuple=True)` (torch.where)."""
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    return _where(condition, input, other)


def where_method(self: Tensor, condition, other):
    """self where condition holds, else other (Tensor.where)."""
    return _where(condition, self, other)


_ALIASES = {"greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne"}
for name, of in _ALIASES.items():
    alias(name, of=of)
