"""The larger and the smaller of two: `maximum`, `fmax`, `clamp`. Their gradients at ties are PyTorch's."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.op import alias, function, op
from ..core.tensor import Tensor
from .checks import require_tensor_first
from .promotion import category, promote_broadcast


def _ordered(name, input, other):
    a, b = promote_broadcast(input, other)
    if category(a.dtype) == 3:
        raise RuntimeError(f"{name} not implemented for complex tensors.")
    return a, b


def _share(grad, wins, ties):
    """The gradient of the operand that wins, half of it at a tie."""
    return jnp.where(ties, grad / 2, jnp.where(wins, grad, 0))


@op(method=True, tensors=2)
def maximum(input, other, /):
    """The larger of two elements, NaN if either is (torch.maximum)."""
    return jnp.maximum(*_ordered("maximum", input, other))


@maximum.vjp
def _(grad, input, other):
    # A tie is split evenly, and a NaN sends the gradient to both sides as in PyTorch.
    ties = input == other
    return _share(grad, ~(input < other), ties), _share(grad, ~(input > other), ties)


@op(method=True, tensors=2)
def minimum(input, other, /):
    """The smaller of two elements, NaN if either is (torch.minimum)."""
    return jnp.minimum(*_ordered("minimum", input, other))


@minimum.vjp
def _(grad, input, other):
    # As for maximum.
    ties = input == other
    return _share(grad, ~(input > other), ties), _share(grad, ~(input < other), ties)


@op(method=True, tensors=2)
def fmax(input, other, /):
    """The larger of two elements, ignoring a NaN beside a number; a tie's gradient goes to input (torch.fmax)."""
    a, b = _ordered("fmax", input, other)
    return jnp.where((a >= b) | jnp.isnan(b), a, b)


@op(method=True, tensors=2)
def fmin(input, other, /):
    """The smaller of two elements, ignoring a NaN beside a number; a tie's gradient goes to input (torch.fmin)."""
    a, b = _ordered("fmin", input, other)
    return jnp.where((a <= b) | jnp.isnan(b), a, b)


def _clamp(input, min, max):
    arrays = promote_broadcast(input, min, max)
    x, low, high = arrays
    if category(x.dtype) == 3:
        raise NotImplementedError("clamp is not supported for complex types")
    if low is not None:
        x = jnp.maximum(x, low)
    return x if high is None else jnp.minimum(x, high)


def _clamp_rule(grad, input, min, max):
    # PyTorch's convention: the closed interval passes the gradient on, and `max` wins where min > max.
    below = False if min is None else input < min
    above = False if max is None else input > max
    inside = jnp.logical_not(below | above) & ~jnp.isnan(input)
    two = min is not None and max is not None
    grad_min = None if min is None else jnp.where(below & (min < max if two else True), grad, 0)
    grad_max = None if max is None else jnp.where(above | (min > max if two else False), grad, 0)
    return jnp.where(inside, grad, 0), grad_min, grad_max


@op(name="_clamp_tensors", public=False, node="ClampBackward0")
def _clamp_tensors(input, min=None, max=None, /):
    """Clamp between Tensors."""
    return _clamp(input, min, max)


@op(name="_clamp_numbers", public=False, node="ClampBackward1")
def _clamp_numbers(input, min=None, max=None, /):
    """Clamp between numbers."""
    return _clamp(input, min, max)


for kernel in (_clamp_tensors, _clamp_numbers):
    kernel.vjp(_clamp_rule)


@function(method=True, inplace=True, out=True)
def clamp(input, min=None, max=None):
    """min(max(input, min), max) for numbers or Tensors, either of which may be None (torch.clamp)."""
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if isinstance(min, Tensor) or isinstance(max, Tensor):
        return _clamp_tensors(input, min, max)
    return _clamp_numbers(input, min, max)


def _one_sided(name: str, node: str, is_min: bool):
    def fn(input, bound, /):
        return _clamp(input, bound, None) if is_min else _clamp(input, None, bound)

    fn.__doc__ = f"Clamp from {'below' if is_min else 'above'} only."
    declared = op(fn, name=name, public=False, node=node)

    def rule(grad, input, bound):
        # PyTorch's convention: at the bound the gradient goes to input.
        x_grad, low, high = _clamp_rule(grad, input, *((bound, None) if is_min else (None, bound)))
        return x_grad, low if is_min else high

    declared.vjp(rule)
    return declared


_clamp_min_number = _one_sided("_clamp_min_number", "ClampMinBackward0", True)
_clamp_min_tensor = _one_sided("_clamp_min_tensor", "ClampMinBackward1", True)
_clamp_max_number = _one_sided("_clamp_max_number", "ClampMaxBackward0", False)
_clamp_max_tensor = _one_sided("_clamp_max_tensor", "ClampMaxBackward1", False)


@function(method=True, inplace=True, out=True)
def clamp_min(input, min):
    """max(input, min) (torch.clamp_min)."""
    require_tensor_first("clamp_min", ("input", "min"), input, min)
    return (_clamp_min_tensor if isinstance(min, Tensor) else _clamp_min_number)(input, min)


@function(method=True, inplace=True, out=True)
def clamp_max(input, max):
    """min(input, max) (torch.clamp_max)."""
    require_tensor_first("clamp_max", ("input", "max"), input, max)
    return (_clamp_max_tensor if isinstance(max, Tensor) else _clamp_max_number)(input, max)


alias("clip", of="clamp")
