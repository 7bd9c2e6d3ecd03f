"""Element-wise functions of one argument: exponentials, logarithms, roots, trigonometry, rounding, tests.

A hand-written rule below is there because the saved output is cheaper than the input (and PyTorch saves it, so that an in-place change
of the input is allowed), unless it says otherwise. The gamma, Bessel and error functions are in special.py.
"""

from __future__ import annotations

import math
from operator import index

import jax.numpy as jnp
from jax import lax

from ..core.op import alias, function, op
from .branch_cuts import mirrored
from .checks import refuse_bool, refuse_but_real, refuse_complex
from .promotion import category, promote, to_float


@op(method=True, inplace=True)
def exp(input, /):
    """e to the power of input (torch.exp)."""
    return jnp.exp(to_float(input))


@exp.vjp
def _(grad, out):
    return grad * out.conj()


def power_of_two(x):
    """2 ** x, exact where x is whole (XLA's exp2 is not)."""
    if category(x.dtype) == 3:
        return jnp.exp2(x)
    whole = jnp.where(jnp.isfinite(x), jnp.floor(x), 0)
    return jnp.ldexp(jnp.exp2(x - whole), whole.astype(jnp.int32))


@op(method=True, inplace=True)
def exp2(input, /):
    """2 to the power of input (torch.exp2)."""
    return power_of_two(to_float(input))


@exp2.vjp
def _(grad, out):
    return grad * out.conj() * math.log(2)


@op(method=True, inplace=True)
def expm1(input, /):
    """exp(input) - 1, exact near zero (torch.expm1)."""
    return jnp.expm1(to_float(input))


@expm1.vjp
def _(grad, out):
    return grad * (out.conj() + 1)


@op(method=True, inplace=True)
def log(input, /):
    """Natural logarithm (torch.log)."""
    return jnp.log(to_float(input))


@op(method=True, inplace=True)
def log2(input, /):
    """Logarithm to base 2 (torch.log2)."""
    return jnp.log2(to_float(input))


@op(method=True, inplace=True)
def log10(input, /):
    """Logarithm to base 10 (torch.log10)."""
    return jnp.log10(to_float(input))


@op(method=True, inplace=True, node="Log1PBackward0")
def log1p(input, /):
    """log(1 + input), exact near zero (torch.log1p)."""
    return jnp.log1p(to_float(input))


@op(method=True, inplace=True)
def sqrt(input, /):
    """Square root; the gradient at 0 is infinite (torch.sqrt)."""
    return mirrored(jnp.sqrt, to_float(input))


@sqrt.vjp
def _(grad, out):
    return grad / (2 * out.conj())


@op(method=True, inplace=True)
def rsqrt(input, /):
    """1 / sqrt(input) (torch.rsqrt)."""
    return lax.rsqrt(to_float(input))


@rsqrt.vjp
def _(grad, out):
    return -0.5 * grad * (out * out * out).conj()


@op(method=True, inplace=True)
def sin(input, /):
    """Sine (torch.sin)."""
    return jnp.sin(to_float(input))


@op(method=True, inplace=True)
def cos(input, /):
    """Cosine (torch.cos)."""
    return jnp.cos(to_float(input))


@op(method=True, inplace=True)
def tan(input, /):
    """Tangent (torch.tan)."""
    return jnp.tan(to_float(input))


@tan.vjp
def _(grad, out):
    return grad * (1 + out * out).conj()


@op(method=True, inplace=True)
def asin(input, /):
    """Inverse sine (torch.asin)."""
    return mirrored(jnp.arcsin, to_float(input))


@op(method=True, inplace=True)
def acos(input, /):
    """Inverse cosine (torch.acos)."""
    return mirrored(jnp.arccos, to_float(input))


@op(method=True, inplace=True)
def atan(input, /):
    """Inverse tangent (torch.atan)."""
    return jnp.arctan(to_float(input))


@op(method=True, inplace=True)
def sinh(input, /):
    """Hyperbolic sine (torch.sinh)."""
    return jnp.sinh(to_float(input))


@op(method=True, inplace=True)
def cosh(input, /):
    """Hyperbolic cosine (torch.cosh)."""
    return jnp.cosh(to_float(input))


@op(method=True, inplace=True)
def tanh(input, /):
    """Hyperbolic tangent (torch.tanh)."""
    return jnp.tanh(to_float(input))


@tanh.vjp
def _(grad, out):
    return grad * (1 - out * out).conj()


@op(method=True, inplace=True)
def asinh(input, /):
    """Inverse hyperbolic sine (torch.asinh)."""
    return jnp.arcsinh(to_float(input))


@op(method=True, inplace=True)
def acosh(input, /):
    """Inverse hyperbolic cosine (torch.acosh)."""
    return mirrored(jnp.arccosh, to_float(input))


@op(method=True, inplace=True)
def atanh(input, /):
    """Inverse hyperbolic tangent (torch.atanh)."""
    return jnp.arctanh(to_float(input))


@op(method=True, inplace=True)
def sigmoid(input, /):
    """1 / (1 + exp(-input)) (torch.sigmoid)."""
    x = to_float(input)
    return 1 / (1 + jnp.exp(-x)) if category(x.dtype) == 3 else lax.logistic(x)


@sigmoid.vjp
def _(grad, out):
    return grad * ((1 - out) * out).conj()


@op(method=True, inplace=True)
def logit(input, /, eps=None):
    """log(p / (1 - p)), with input first clamped to [eps, 1 - eps] when eps is given (torch.logit)."""
    x = to_float(input)
    refuse_complex("logit_cpu", x.dtype)
    if eps is not None:
        x = jnp.where(x < eps, eps, jnp.where(x > 1 - eps, 1 - eps, x))
    return jnp.log(x / (1 - x))


@logit.vjp
def _(grad, input, eps):
    # PyTorch's convention: the closed interval passes the gradient; outside it is 0 (clamped) or NaN (not a probability).
    low = 0.0 if eps is None else eps
    outside = (input < low) | (input > 1 - low)
    return jnp.where(outside, jnp.nan if eps is None else 0, grad / (input * (1 - input)))


def _rounding(input, kernel, fn):
    """Rounding functions leave integers alone and take neither bools nor complex numbers."""
    refuse_bool(kernel, input.dtype)
    if category(input.dtype) == 3 and not kernel.startswith("round"):
        raise NotImplementedError(f"{kernel.split('_')[0]} is not supported for complex inputs")
    refuse_complex(kernel, input.dtype)
    return input if category(input.dtype) == 1 else fn(input)


@op(method=True, inplace=True)
def ceil(input, /):
    """The smallest integer not below input (torch.ceil)."""
    return _rounding(input, "ceil_vml_cpu", jnp.ceil)


@op(method=True, inplace=True)
def floor(input, /):
    """The largest integer not above input (torch.floor)."""
    return _rounding(input, "floor_vml_cpu", jnp.floor)


@op(method=True, inplace=True)
def trunc(input, /):
    """input rounded towards zero (torch.trunc)."""
    return _rounding(input, "trunc_vml_cpu", jnp.trunc)


@op(name="_round", public=False, node="RoundBackward0")
def _round(input, /):
    """input rounded to the nearest integer, halves to even."""
    return _rounding(input, "round_vml_cpu", jnp.round)


@op(name="_round_decimals", public=False, node="RoundBackward1")
def _round_decimals(input, /, decimals):
    """input rounded to a number of decimals, by scaling as PyTorch does."""
    refuse_but_real("round_cpu", input.dtype)
    scale = jnp.asarray(10.0 ** abs(decimals), input.dtype)
    scaled = jnp.round(input * scale if decimals >= 0 else input / scale)
    return lax.div(scaled, jnp.broadcast_to(scale, scaled.shape)) if decimals >= 0 else scaled * scale


@function(method=True, inplace=True, out=True)
def round(input, *, decimals=0):
    """input rounded to `decimals` places, halves to even (torch.round)."""
    return _round(input) if index(decimals) == 0 else _round_decimals(input, decimals=index(decimals))


@op(method=True, inplace=True)
def frac(input, /):
    """The part of input after the point, with its sign (torch.frac)."""
    refuse_but_real("frac_cpu", input.dtype)
    return input - jnp.trunc(input)


@frac.vjp
def _(grad):
    # A slope of 1 everywhere: trunc is flat.
    return grad


@op(method=True)
def isnan(input, /):
    """Whether each element is NaN (torch.isnan)."""
    return jnp.isnan(promote(input))


@op(method=True)
def isinf(input, /):
    """Whether each element is infinite (torch.isinf)."""
    return jnp.isinf(promote(input))


@op(method=True)
def isfinite(input, /):
    """Whether each element is neither infinite nor NaN (torch.isfinite)."""
    return jnp.isfinite(promote(input))


def _equals_infinity(name, input, infinity):
    if category(input.dtype) == 3:
        raise RuntimeError(f"{name} does not support complex inputs.")
    return input == infinity if category(input.dtype) == 2 else jnp.zeros(input.shape, bool)


@op(method=True)
def isposinf(input, /):
    """Whether each element is +inf (torch.isposinf)."""
    return _equals_infinity("isposinf", input, jnp.inf)


@op(method=True)
def isneginf(input, /):
    """Whether each element is -inf (torch.isneginf)."""
    return _equals_infinity("isneginf", input, -jnp.inf)


@op(method=True)
def isreal(input, /):
    """Whether each element has no imaginary part (torch.isreal)."""
    return input.imag == 0 if category(input.dtype) == 3 else jnp.ones(input.shape, bool)


@op(method=True)
def signbit(input, /):
    """Whether the sign bit is set, also of -0.0 (torch.signbit)."""
    if category(input.dtype) == 3:
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    return jnp.signbit(input) if category(input.dtype) == 2 else input < 0


@op(method=True)
def angle(input, /):
    """The argument of a complex number; 0 or pi for a real one (torch.angle)."""
    x = to_float(input)
    if category(x.dtype) < 3:
        return jnp.where(jnp.isnan(x), x, jnp.where(x < 0, math.pi, 0)).astype(x.dtype)
    origin = x == 0
    real = jnp.where(origin, 1, x.real)
    return jnp.where(origin, jnp.arctan2(x.imag, x.real), jnp.arctan2(jnp.where(origin, 0, x.imag), real))


@angle.vjp
def _(grad, input):
    # PyTorch's convention: 0 at the origin, and 0 for real input.
    if category(input.dtype) < 3:
        return jnp.zeros_like(grad)
    squared = input.real**2 + input.imag**2
    scaled = jnp.where(squared == 0, 0, grad / jnp.where(squared == 0, 1, squared))
    return lax.complex(-input.imag * scaled, input.real * scaled)


@op(name="_conj_physical", public=False, node="ConjPhysicalBackward0")
def _conj_physical(input, /):
    """The conjugate of complex numbers."""
    return jnp.conj(input)


@function(method=True, inplace=True, out=True)
def conj_physical(input):
    """The complex conjugate, computed now; a real tensor itself (torch.conj_physical)."""
    return _conj_physical(input) if input.dtype.is_complex else input


def _real(name: str, x):
    if category(x.dtype) == 3:
        raise RuntimeError(f"{name} is not supported for complex tensors.")
    return x


@op(method=True, inplace=True, node="Deg2RadBackward0")
def deg2rad(input, /):
    """Degrees to radians (torch.deg2rad)."""
    return _real("deg2rad", to_float(input)) * (math.pi / 180)


@op(method=True, inplace=True, node="Rad2DegBackward0")
def rad2deg(input, /):
    """Radians to degrees (torch.rad2deg)."""
    return _real("rad2deg", to_float(input)) * (180 / math.pi)


_ALIASES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
            "fix": "trunc"}
for name, of in _ALIASES.items():
    alias(name, of=of)
