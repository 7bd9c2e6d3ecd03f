"""Operations on bits and truth values, and the integers' gcd and lcm. None of them has a gradient."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.op import op
from .checks import refuse, refuse_bool, refuse_inexact
from .promotion import broadcast_shapes, category, promote, promote_broadcast


def _integers(kernel, input, other):
    a, b = promote_broadcast(input, other)
    refuse_inexact(kernel, a.dtype)
    return a, b


@op(method=True, inplace=True)
def bitwise_and(input, other, /):
    """input & other of integers or bools (torch.bitwise_and)."""
    return jnp.bitwise_and(*_integers("bitwise_and_cpu", input, other))


@op(method=True, inplace=True)
def bitwise_or(input, other, /):
    """input | other of integers or bools (torch.bitwise_or)."""
    return jnp.bitwise_or(*_integers("bitwise_or_cpu", input, other))


@op(method=True, inplace=True)
def bitwise_xor(input, other, /):
    """input ^ other of integers or bools (torch.bitwise_xor)."""
    return jnp.bitwise_xor(*_integers("bitwise_xor_cpu", input, other))


@op(method=True, inplace=True)
def bitwise_not(input, /):
    """~input of integers or bools (torch.bitwise_not)."""
    refuse_inexact("bitwise_not_cpu", input.dtype)
    return jnp.bitwise_not(promote(input))


def _shift_operands(kernel, input, other):
    a, b = _integers(kernel, input, other)
    refuse_bool(kernel, promote(input, other)[0].dtype)
    bits = a.dtype.itemsize * 8
    return a, jnp.where((b < 0) | (b >= bits), bits, b).astype(a.dtype), bits


@op(method=True, inplace=True)
def bitwise_left_shift(input, other, /):
    """input << other; a shift outside the width gives 0 (torch.bitwise_left_shift)."""
    a, amount, bits = _shift_operands("lshift_cpu", input, other)
    return jnp.where(amount >= bits, 0, jnp.left_shift(a, jnp.minimum(amount, bits - 1)))


@op(method=True, inplace=True)
def bitwise_right_shift(input, other, /):
    """input >> other, keeping the sign; a shift outside the width leaves only the sign (torch.bitwise_right_shift)."""
    a, amount, bits = _shift_operands("rshift_cpu", input, other)
    fill = jnp.where(a < 0, -1, 0).astype(a.dtype) if a.dtype.kind == "i" else jnp.zeros_like(a)
    return jnp.where(amount >= bits, fill, jnp.right_shift(a, jnp.minimum(amount, bits - 1)))


def _truths(input, other):
    broadcast_shapes(input.shape, other.shape)
    return input != 0, other != 0


@op(method=True, inplace=True, tensors=2)
def logical_and(input, other, /):
    """Both nonzero (torch.logical_and)."""
    return jnp.logical_and(*_truths(input, other))


@op(method=True, inplace=True, tensors=2)
def logical_or(input, other, /):
    """Either nonzero (torch.logical_or)."""
    return jnp.logical_or(*_truths(input, other))


@op(method=True, inplace=True, tensors=2)
def logical_xor(input, other, /):
    """Exactly one nonzero (torch.logical_xor)."""
    return jnp.logical_xor(*_truths(input, other))


@op(method=True, inplace=True)
def logical_not(input, /):
    """Zero (torch.logical_not)."""
    return input == 0


def _whole(kernel, input, other):
    a, b = promote_broadcast(input, other)
    if category(a.dtype) != 1:
        refuse(kernel, a.dtype)
    return a, b


@op(method=True, inplace=True, tensors=2)
def gcd(input, other, /):
    """The greatest common divisor, never negative (torch.gcd)."""
    return jnp.gcd(*_whole("gcd_cpu", input, other))


@op(method=True, inplace=True, tensors=2)
def lcm(input, other, /):
    """The least common multiple, never negative (torch.lcm)."""
    return jnp.lcm(*_whole("lcm_cpu", input, other))
