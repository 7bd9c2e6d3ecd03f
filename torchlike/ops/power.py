"""Powers and their inverses: `pow` in PyTorch's three overloads, `square`, `float_power`, `xlogy`, `logaddexp`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.dispatch import no_overload
from ..core.dtype import complex128, float64, scalar_type_name
from ..core.inplace import REFUSALS
from ..core.op import function, op
from ..core.tensor import Tensor
from .checks import refuse
from .convert import clone
from .create import ones_like
from .promotion import category, promote, promote_broadcast, to_float

# Exponents worth a kernel of their own: the power is a few multiplications or a root.
_STATIC_EXPONENTS = frozenset({-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4})


def _by_multiplication(x, exponent):
    if exponent == 0.5:
        return jnp.sqrt(x)
    if exponent == -0.5:
        return lax.rsqrt(x)
    return lax.integer_pow(x, int(exponent))


def _power(base, exponent):
    """base ** exponent of equal dtype; integers as PyTorch's: a negative exponent gives 0 except for the bases 1 and -1."""
    if base.dtype == np.bool_:
        refuse("pow", base.dtype)
    if category(base.dtype) != 1:
        return jnp.power(base, exponent)
    base, exponent = jnp.broadcast_arrays(base, exponent)
    positive = jnp.power(base, jnp.maximum(exponent, 0))
    odd = exponent % 2 == 1
    negative = jnp.where(base == 1, 1, jnp.where(base == -1, jnp.where(odd, -1, 1), 0)).astype(base.dtype)
    return jnp.where(exponent < 0, negative, positive)


@op(name="_pow_static", public=False, node="PowBackward0")
def _pow_static(input, /, exponent):
    """input ** exponent for an exponent known to the kernel."""
    dtype = promote(input, jnp.asarray(exponent))[0].dtype
    if input.dtype == np.bool_ and category(dtype) == 0:
        refuse("pow", input.dtype)
    x = input.astype(dtype)
    return jnp.ones_like(x) if exponent == 0 else _by_multiplication(x, exponent)


@_pow_static.vjp
def _(grad, input, exponent):
    # PyTorch's convention: exponent 0 has gradient 0 everywhere.
    if exponent == 0:
        return jnp.zeros_like(grad)
    if exponent == 1:
        return grad
    x = input.astype(grad.dtype)
    if exponent - 1 in _STATIC_EXPONENTS:
        return grad * (exponent * _by_multiplication(x, exponent - 1)).conj()
    return grad * (exponent * jnp.power(x, exponent - 1)).conj()


def _self_gradient(grad, input, exponent):
    slope = exponent * jnp.power(input, exponent - 1)
    return jnp.where(exponent == 0, 0, grad * slope.conj())


@op(name="_pow_scalar", public=False, node="PowBackward0")
def _pow_scalar(input, exponent, /):
    """input ** exponent for a number that is an operand."""
    return _power(*promote(input, exponent))


@_pow_scalar.vjp
def _(grad, input, exponent):
    # PyTorch's convention: exponent 0 has gradient 0, also at input 0.
    return _self_gradient(grad, *to_float(input, exponent)), None


@op(name="_pow_tensor", public=False, node="PowBackward1")
def _pow_tensor(input, exponent, /):
    """input ** exponent, element by element."""
    return _power(*promote_broadcast(input, exponent))


def _exponent_gradient(grad, input, exponent, out):
    """grad * out * log(input), 0 where the base is 0 and the exponent not negative."""
    dead = (input == 0) & (exponent >= 0 if category(exponent.dtype) < 3 else exponent.real >= 0)
    return jnp.where(dead, 0, grad * (out * jnp.log(jnp.where(dead, 1, input))).conj())


@_pow_tensor.vjp
def _(grad, input, exponent, out):
    # PyTorch's conventions: no gradient for exponent 0, nor for the exponent of base 0.
    a, b = to_float(input, exponent)
    return _self_gradient(grad, a, b), _exponent_gradient(grad, a, b, out)


@op(name="_pow_base", public=False, node="PowBackward2")
def _pow_base(input, exponent, /):
    """A number to the power of a tensor."""
    return _power(*promote(input, exponent))


@_pow_base.vjp
def _(grad, input, exponent, out):
    # The saved output, and PyTorch's 0 for base 0.
    a, b = to_float(input, exponent)
    return None, _exponent_gradient(grad, a, b, out)


@function(method=True, inplace=True, out=True)
def pow(input, exponent):
    """input ** exponent for Tensors and numbers in any place (torch.pow). RuntimeError for an integer to a negative number."""
    if not (isinstance(input, Tensor) or isinstance(exponent, Tensor)):
        raise no_overload("pow", ("input", "exponent"), (input, exponent))
    if isinstance(exponent, Tensor):
        return (_pow_tensor if isinstance(input, Tensor) else _pow_base)(input, exponent)
    if type(exponent) is bool:
        if input._aval.dtype == np.bool_:
            return clone(input) if exponent else ones_like(input)
        exponent = int(exponent)
    integral = not (input.dtype.is_floating_point or input.dtype.is_complex)
    if integral and isinstance(exponent, int) and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if type(exponent) in (int, float) and exponent in _STATIC_EXPONENTS and not (integral and isinstance(exponent, float)):
        # 2 and 2.0 are one setting, so one of them has to stand for both: the int, which also serves integer tensors.
        return _pow_static(input, int(exponent) if exponent == int(exponent) else exponent)
    return _pow_scalar(input, exponent)


@function(method=True, inplace=True, out=True)
def square(input):
    """input * input (torch.square)."""
    return _pow_static(input, 2)


def _double_for(*operands):
    is_complex = any(x.dtype.is_complex if isinstance(x, Tensor) else isinstance(x, complex) for x in operands)
    return complex128 if is_complex else float64


def _refuse_single_in_place(input, exponent):
    kind = _double_for(input, exponent)
    if input.dtype is not kind:
        names = (scalar_type_name(d.np) for d in (input.dtype, kind))
        raise RuntimeError("the base given to float_power_ has dtype {} but the operation's result requires dtype {}".format(*names))


REFUSALS["float_power_"] = _refuse_single_in_place


@function(method=True, inplace=True, out=True)
def float_power(input, exponent):
    """`pow` in double precision (torch.float_power)."""
    if not (isinstance(input, Tensor) or isinstance(exponent, Tensor)):
        raise no_overload("float_power", ("input", "exponent"), (input, exponent))
    dtype = _double_for(input, exponent)
    return pow(*(x.to(dtype) if isinstance(x, Tensor) else x for x in (input, exponent)))


def _xlogy(input, other, log):
    promote_broadcast(input, other)
    a, b = to_float(input, other)
    if category(a.dtype) == 3:
        refuse("xlogy_cpu", a.dtype)
    silent = (a == 0) & ~jnp.isnan(b)
    return jnp.where(silent, 0, a * log(jnp.where(silent, 1, b)))


def _xlogy_rule(grad, input, other):
    # PyTorch's convention where log(other) is not defined: 0 for input 0.
    a, b = to_float(input, other)
    silent = (a == 0) & (b <= 0)
    return jnp.where(silent, 0, grad * jnp.log(jnp.where(silent, 1, b))), grad * a / b


@op(name="_xlogy_tensor", public=False, node="XlogyBackward0")
def _xlogy_tensor(input, other, /):
    """input * log(other) of two Tensors."""
    return _xlogy(input, other, jnp.log)


@op(name="_xlogy_base", public=False, node="XlogyBackward1")
def _xlogy_base(input, other, /):
    """A number times the log of a Tensor."""
    return _xlogy(input, other, jnp.log)


@op(name="_xlogy_scalar", public=False, node="XlogyBackward2")
def _xlogy_scalar(input, other, /):
    """A Tensor times the log of a number."""
    return _xlogy(input, other, jnp.log)


for kernel in (_xlogy_tensor, _xlogy_base, _xlogy_scalar):
    kernel.vjp(_xlogy_rule)


@function(method=True, inplace=True, out=True)
def xlogy(input, other):
    """input * log(other), 0 where input is 0 (torch.xlogy)."""
    if not isinstance(other, Tensor):
        return _xlogy_scalar(input, other)
    return (_xlogy_tensor if isinstance(input, Tensor) else _xlogy_base)(input, other)


@op(public=False, name="special_xlog1py", node="SpecialXlog1PyBackward0")
def special_xlog1py(input, other, /):
    """input * log1p(other), 0 where input is 0 (torch.special.xlog1py)."""
    promote_broadcast(input, other)
    a, b = to_float(input, other)
    silent = (a == 0) & ~jnp.isnan(b)
    return jnp.where(silent, 0, a * jnp.log1p(jnp.where(silent, 0, b)))


@special_xlog1py.vjp
def _(grad, input, other):
    # PyTorch's convention where log1p(other) is not defined: 0 for input 0.
    a, b = to_float(input, other)
    silent = (a == 0) & (b <= -1)
    return jnp.where(silent, 0, grad * jnp.log1p(jnp.where(silent, 0, b))), grad * a / (b + 1)


def _float_operands(name, input, other):
    a, b = promote_broadcast(input, other)
    if category(a.dtype) < 2:
        refuse(f"{name}_cpu", a.dtype)
    return a, b


def log_sum(a, b):
    """log(exp(a) + exp(b)); of complex numbers, with the phase of the one with the larger real part, not wrapped."""
    if category(a.dtype) < 3:
        return jnp.logaddexp(a, b)
    first = a.real >= b.real
    large, small = jnp.where(first, a, b), jnp.where(first, b, a)
    return large + jnp.log1p(jnp.exp(small - large))


@op(method=True, tensors=2)
def logaddexp(input, other, /):
    """log(exp(input) + exp(other)) without overflow (torch.logaddexp)."""
    return log_sum(*_float_operands("logaddexp", input, other))


@op(method=True, tensors=2)
def logaddexp2(input, other, /):
    """log2(2**input + 2**other) without overflow (torch.logaddexp2)."""
    return jnp.logaddexp2(*_float_operands("logaddexp2", input, other))
