"""Bessel's and Airy's functions (torch.special). PyTorch has no derivative for any of them.

All are computed in double precision from integral representations, whose sums over equal steps converge exponentially, from power
series near the origin and from asymptotic series far away: formulas 9.1, 9.2, 9.6 and 10.4 of Abramowitz and Stegun.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np

from ..core.op import op
from .checks import refuse
from .promotion import category, to_float

_EULER = 0.57721566490153286
# Where the asymptotic series in 1 / x of the oscillating functions is exact to the last digit.
_FAR = 25.0
_AIRY_AT_0, _AIRY_SLOPE_AT_0 = 0.35502805388781724, -0.25881940379280680


def declare(name: str, formula, doc: str, argument: str = "input"):
    """A function without derivative, from its formula on double precision numbers."""
    kernel = f"{name}_cpu"

    def compute(value):
        x = to_float(value)
        if category(x.dtype) == 3 or x.dtype.itemsize == 2:
            refuse(kernel, x.dtype)
        return formula(x.astype(np.float64)).astype(x.dtype)

    def of_input(input, /):
        return compute(input)

    def of_x(x, /):
        return compute(x)

    function = of_x if argument == "x" else of_input
    function.__doc__ = f"{doc} (torch.special.{name}); no gradient."
    return op(function, name=f"special_{name}", public=False, differentiable=False)


def _circle(points: int):
    """Angles and weights of the mean over a quarter of a circle, sampled at `points` of the whole."""
    angles = np.arange(points // 4 + 1) * (2 * np.pi / points)
    weights = np.full(angles.shape, 4.0 / points)
    weights[[0, -1]] /= 2
    return angles, weights


def _sum(x, terms):
    return functools.reduce(lambda total, term: total + term(x), terms, jnp.zeros_like(x))


# The mean over the circle of cos(x sin t), with a weight, is J0 or a sum of J of even orders; sin(x sin t) sin t gives J1.
_ANGLES, _MEAN = _circle(128)
_LOG_SUM = sum((-1) ** k * np.cos(2 * k * _ANGLES) / k for k in range(1, 33))


def _mean_of_cosine(x, weight):
    return _sum(x, [lambda x, s=s, w=w: w * jnp.cos(x * s) for s, w in zip(np.sin(_ANGLES), _MEAN * weight, strict=True)])


def _mean_of_sine(x, weight):
    return _sum(x, [lambda x, s=s, w=w: w * s * jnp.sin(x * s) for s, w in zip(np.sin(_ANGLES), _MEAN * weight, strict=True)])


def _far(order: int, x, second: bool):
    """J (or Y, the second kind) of order 0 or 1, for large x."""
    term, even, odd = jnp.ones_like(x), jnp.ones_like(x), jnp.zeros_like(x)
    for k in range(1, 20):
        term = term * ((4 * order * order - (2 * k - 1) ** 2) / (8 * k)) / x
        sign = -1 if k % 4 in (2, 3) else 1
        even, odd = (even + sign * term, odd) if k % 2 == 0 else (even, odd + sign * term)
    cos, sin = jnp.cos(x), jnp.sin(x)
    # The cosine and sine of x - (order / 2 + 1 / 4) pi, times the root of 2.
    cos, sin = (cos + sin, sin - cos) if order == 0 else (sin - cos, -sin - cos)
    wave = sin * even + cos * odd if second else cos * even - sin * odd
    return wave / jnp.sqrt(jnp.pi * x)


def _split(x, near, far):
    """`near` below the limit, `far` above it, each seeing only arguments it can take."""
    is_far = x > _FAR
    return jnp.where(is_far, far(jnp.where(is_far, x, _FAR)), near(jnp.where(is_far, _FAR, x)))


def _j0(x):
    return _split(jnp.abs(x), lambda x: _mean_of_cosine(x, 1.0), lambda x: _far(0, x, False))


def _j1(x):
    value = _split(jnp.abs(x), lambda x: _mean_of_sine(x, 1.0), lambda x: _far(1, x, False))
    return jnp.where(jnp.signbit(x), -value, value)


def _for_positive(value, x, at_zero):
    return jnp.where(x == 0, at_zero, jnp.where(x < 0, jnp.nan, value))


def _y0_near(x):
    return (2 / math.pi) * ((jnp.log(x / 2) + _EULER) * _mean_of_cosine(x, 1.0) - 2 * _mean_of_cosine(x, _LOG_SUM))


def _y1_near(x):
    regular = (jnp.log(x / 2) + _EULER) * _mean_of_sine(x, 1.0) - 2 * _mean_of_sine(x, _LOG_SUM)
    return (2 / math.pi) * (regular - _mean_of_cosine(x, 1.0) / x)


def _y0(x):
    return _for_positive(_split(x, _y0_near, lambda x: _far(0, x, True)), x, -jnp.inf)


def _y1(x):
    return _for_positive(_split(x, _y1_near, lambda x: _far(1, x, True)), x, -jnp.inf)


def _decaying(order: float, x):
    """exp(x) K of a real order for x not near 0: the mean of exp(-x (cosh t - 1)) cosh(order t)."""
    steps = 32
    end = jnp.arccosh(1 + 40 / x)
    total = jnp.full_like(x, 0.5)
    for k in range(1, steps + 1):
        t = end * (k / steps)
        # 2 sinh(t / 2)^2 is cosh(t) - 1 without cancellation.
        total = total + jnp.exp(-2 * x * jnp.sinh(t / 2) ** 2) * jnp.cosh(order * t)
    return total * end / steps


def _k0_series(x):
    y, power, total, harmonic = x * x / 4, jnp.ones_like(x), jnp.zeros_like(x), 0.0
    for k in range(1, 16):
        power, harmonic = power * y / (k * k), harmonic + 1 / k
        total = total + power * harmonic
    return total - (jnp.log(x / 2) + _EULER) * jsp.i0(x)


def _k1_series(x):
    y, power, total, harmonic = x * x / 4, jnp.ones_like(x), jnp.full_like(x, 1.0), 0.0
    for k in range(1, 16):
        power, harmonic = power * y / (k * (k + 1)), harmonic + 1 / k
        total = total + power * (2 * harmonic + 1 / (k + 1))
    return 1 / x + (jnp.log(x / 2) + _EULER) * jsp.i1(x) - x / 4 * total


def _second_modified(order: int, scaled: bool):
    series = (_k0_series, _k1_series)[order]

    def formula(x):
        near = x <= 2
        small, large = jnp.where(near, jnp.where(x > 0, x, 1), 2), jnp.where(near | jnp.isinf(x), 2, x)
        value = jnp.where(near, series(small), _decaying(order, large) * (1 if scaled else jnp.exp(-large)))
        value = value * jnp.where(near, jnp.exp(small), 1) if scaled else value
        return _for_positive(jnp.where(x == jnp.inf, 0, value), x, jnp.inf)

    return formula


def _finite(formula):
    return lambda x: jnp.where(jnp.isinf(x), jnp.nan, formula(x))


def _airy_series(x):
    """The power series of Ai, in x cubed."""
    cube, even, odd = x**3, jnp.ones_like(x), jnp.ones_like(x)
    for k in range(40, 0, -1):
        even, odd = 1 + even * cube / (3 * k * (3 * k - 1)), 1 + odd * cube / (3 * k * (3 * k + 1))
    return _AIRY_AT_0 * even + _AIRY_SLOPE_AT_0 * x * odd


def _airy_wave(a):
    """Ai(-a) for large a: the integral of exp(i (z^3 / 3 - a z)) over the line of steepest descent through z = sqrt(a)."""
    root = jnp.sqrt(a)
    width, steps, total = jnp.sqrt(18 / root), 16, jnp.zeros_like(a)
    phase = -2 / 3 * a * root
    for k in range(-steps, steps + 1):
        # With z = root + u (1 + i), z^3 / 3 - a z = phase + 2 i root u^2 - 2 u^3 (1 - i) / 3.
        u = width * (k / steps)
        total = total + jnp.exp(-2 * root * u * u - 2 / 3 * u**3) * (jnp.cos(phase - 2 / 3 * u**3) - jnp.sin(phase - 2 / 3 * u**3))
    return total * width / (steps * math.pi)


def _airy(x):
    high, low = x > 1, x < -7
    near = _airy_series(jnp.where(high | low, 0, x))
    above = jnp.where(high, x, 1)
    exponent = 2 / 3 * above * jnp.sqrt(above)
    decay = jnp.sqrt(above / 3) / math.pi * _decaying(1 / 3, exponent) * jnp.exp(-exponent)
    value = jnp.where(high, decay, jnp.where(low, _airy_wave(jnp.where(low, -x, 7)), near))
    return jnp.where(jnp.isinf(x), jnp.nan, value)


def _spherical_j0(x):
    apart = jnp.where((x == 0) | jnp.isinf(x), 1, x)
    return jnp.where(x == 0, 1, jnp.where(jnp.isinf(x), 0, jnp.sin(apart) / apart))


bessel_j0 = declare("bessel_j0", _j0, "Bessel's function of the first kind, order 0")
bessel_j1 = declare("bessel_j1", _j1, "Bessel's function of the first kind, order 1")
bessel_y0 = declare("bessel_y0", _y0, "Bessel's function of the second kind, order 0")
bessel_y1 = declare("bessel_y1", _y1, "Bessel's function of the second kind, order 1")
modified_bessel_i0 = declare("modified_bessel_i0", _finite(jsp.i0), "The modified Bessel function of the first kind, order 0")
modified_bessel_i1 = declare("modified_bessel_i1", _finite(jsp.i1), "The modified Bessel function of the first kind, order 1")
modified_bessel_k0 = declare("modified_bessel_k0", _second_modified(0, False), "The modified Bessel function of the second kind, order 0")
modified_bessel_k1 = declare("modified_bessel_k1", _second_modified(1, False), "The modified Bessel function of the second kind, order 1")
scaled_modified_bessel_k0 = declare("scaled_modified_bessel_k0", _second_modified(0, True), "exp(x) times `modified_bessel_k0`", "x")
scaled_modified_bessel_k1 = declare("scaled_modified_bessel_k1", _second_modified(1, True), "exp(x) times `modified_bessel_k1`", "x")
airy_ai = declare("airy_ai", _airy, "Airy's function Ai", "x")
spherical_bessel_j0 = declare("spherical_bessel_j0", _spherical_j0, "sin(x) / x", "x")
