"""Quotients and remainders. Division of integers by zero raises where the divisor can be read; in a trace it gives -1."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.failing import refuse_backward
from ..core.levels import is_concrete
from ..core.op import alias, function, op
from ..core.tensor import Tensor
from .checks import refuse, refuse_bool, refuse_complex, require_tensor_first
from .promotion import category, promote_broadcast, to_float


@op(name="_true_divide", public=False, node="DivBackward0")
def true_divide_plain(input, other, /):
    """input / other; integers divide as floats."""
    promote_broadcast(input, other)
    a, b = to_float(input, other)
    return a / b


@true_divide_plain.vjp
def _(grad, input, other):
    # Two divisions instead of a squared denominator, which would under- or overflow.
    return grad / other.conj(), -grad * ((input / other) / other).conj()


def _floor_quotient(a, b):
    """The floor of a / b, exact even where the quotient rounds up; a float divided by zero is a / b."""
    if category(a.dtype) < 2:
        return jnp.floor_divide(a, b)
    rest = lax.rem(a, b)
    quotient = (a - rest) / b
    quotient = jnp.where((rest != 0) & ((b < 0) != (rest < 0)), quotient - 1, quotient)
    whole = jnp.floor(quotient)
    whole = jnp.where(quotient - whole > 0.5, whole + 1, whole)
    whole = jnp.where(quotient == 0, jnp.copysign(jnp.zeros_like(a), a / b), whole)
    return jnp.where(b == 0, a / b, whole)


def _trunc_quotient(a, b):
    return lax.div(a, b) if category(a.dtype) < 2 else jnp.trunc(a / b)


def _rounded(input, other, quotient, kernel):
    a, b = promote_broadcast(input, other)
    if category(a.dtype) in (0, 3):
        refuse(kernel, a.dtype)
    a, b = jnp.broadcast_arrays(a, b)
    return quotient(lax.stop_gradient(a), lax.stop_gradient(b))


@op(name="_div_floor", public=False, node="DivBackward2")
def _div_floor(input, other, /):
    """floor(input / other), of the promoted dtype."""
    return _rounded(input, other, _floor_quotient, "div_floor_cpu")


@op(name="_div_trunc", public=False, node="DivBackward2")
def _div_trunc(input, other, /):
    """input / other rounded towards zero, of the promoted dtype."""
    return _rounded(input, other, _trunc_quotient, "div_trunc_cpu")


_ROUNDED = {"floor": _div_floor, "trunc": _div_trunc}


@function(method=True, inplace=True, out=True)
def div(input, other, *, rounding_mode=None):
    """input / other: true division, or rounded with rounding_mode 'floor' or 'trunc' (torch.div)."""
    if rounding_mode is None:
        return true_divide_plain(input, other)
    if rounding_mode not in _ROUNDED:
        raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'")
    _refuse_zero(input, other)
    return _ROUNDED[rounding_mode](input, other)


@function(method=True, inplace=True, out=True)
def true_divide(input, other):
    """input / other as floats (torch.true_divide)."""
    return true_divide_plain(input, other)


@op(name="_floor_divide", public=False, node="FloorDivideBackward0")
def _floor_divide(input, other, /):
    """floor(input / other); integers stay integers."""
    return _rounded(input, other, _floor_quotient, "div_floor_cpu")


def _is_integer(x) -> bool:
    return category(x._aval.dtype) < 2 if isinstance(x, Tensor) else isinstance(x, int)


def _refuse_zero(input, other) -> None:
    """PyTorch's error for integers divided by zero: by a number, and on the CPU, where reading it costs no transfer, by a Tensor that has one."""
    if not (_is_integer(other) and _is_integer(input)) or (_is_bool(input) and _is_bool(other)):
        return
    if isinstance(other, Tensor):
        readable = other.device.type == "cpu" and is_concrete(other) and _size(input)
        if not readable or np.all(np.asarray(other.detach().jax())):
            return
    elif other != 0:
        return
    raise RuntimeError("ZeroDivisionError")


def _is_bool(x) -> bool:
    return x.dtype.name == "bool" if isinstance(x, Tensor) else type(x) is bool


def _size(x) -> int:
    return x._aval.size if isinstance(x, Tensor) else 1


def _without_derivative(result: Tensor, name: str) -> Tensor:
    """A result that needs a gradient, but whose backward raises."""
    refuse_backward(f"derivative for aten::{name} is not implemented", result, name="NotImplemented")
    return result


@function(method=True, inplace=True, out=True)
def floor_divide(input, other):
    """floor(input / other); integers stay integers (torch.floor_divide)."""
    _refuse_zero(input, other)
    return _without_derivative(_floor_divide(input, other), "floor_divide")


def _remainder(input, other):
    a, b = promote_broadcast(input, other)
    if category(a.dtype) in (0, 3):
        refuse("remainder_cpu", a.dtype)
    return jnp.remainder(a, b)


def _fmod(input, other):
    a, b = promote_broadcast(input, other)
    refuse_bool("fmod_cpu", a.dtype)
    refuse_complex("fmod_cpu", a.dtype)
    return lax.rem(*jnp.broadcast_arrays(a, b))


@op(name="_remainder_scalar", public=False, node="RemainderBackward0")
def _remainder_scalar(input, other, /):
    """input modulo a number."""
    return _remainder(input, other)


@op(name="_remainder_tensor", public=False, node="RemainderBackward1")
def _remainder_tensor(input, other, /):
    """input modulo other, element by element."""
    return _remainder(input, other)


@op(name="_fmod_scalar", public=False, node="FmodBackward0")
def _fmod_scalar(input, other, /):
    """C's fmod by a number."""
    return _fmod(input, other)


@op(name="_fmod_tensor", public=False, node="FmodBackward1")
def _fmod_tensor(input, other, /):
    """C's fmod, element by element."""
    return _fmod(input, other)


def _remainder_rule(grad, input, other):
    # In closed form, because PyTorch passes the whole gradient to the dividend even where the quotient jumps.
    return grad, -grad * _floor_quotient(*jnp.broadcast_arrays(*to_float(input, other)))


def _fmod_rule(grad, input, other):
    # As for remainder, with the quotient rounded towards zero.
    return grad, -grad * _trunc_quotient(*to_float(input, other))


for kernel in (_remainder_scalar, _remainder_tensor):
    kernel.vjp(_remainder_rule)
for kernel in (_fmod_scalar, _fmod_tensor):
    kernel.vjp(_fmod_rule)


@function(method=True, inplace=True, out=True)
def remainder(input, other):
    """input - other * floor(input / other): the remainder with the sign of the divisor (torch.remainder)."""
    _refuse_zero(input, other)
    return (_remainder_tensor if isinstance(other, Tensor) else _remainder_scalar)(input, other)


@function(method=True, inplace=True, out=True)
def fmod(input, other):
    """input - other * trunc(input / other): the remainder with the sign of the dividend (torch.fmod)."""
    require_tensor_first("fmod", ("input", "other"), input, other)
    _refuse_zero(input, other)
    return (_fmod_tensor if isinstance(other, Tensor) else _fmod_scalar)(input, other)


@op(method=True, inplace=True)
def reciprocal(input, /):
    """1 / input (torch.reciprocal)."""
    return 1 / to_float(input)


@reciprocal.vjp
def _(grad, out):
    # The saved output spares a division, and PyTorch saves it too.
    return -grad * (out * out).conj()


alias("divide", of="div")
