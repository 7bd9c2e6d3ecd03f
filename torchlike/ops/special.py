"""The error, gamma and Bessel functions and their relatives, under `torch.*` where PyTorch has them there, else under `torch.special.*`."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np
from jax import lax

from ..core.op import function, op
from .checks import refuse, refuse_but_real
from .promotion import category, promote_broadcast, to_float


def _real(name, input):
    x = to_float(input)
    if category(x.dtype) == 3:
        raise NotImplementedError(f"\"{name}\" not implemented for 'ComplexFloat'")
    return x


def _in_double(function, x):
    """`function` by way of double precision: in single precision XLA's leaves several units in the last place at its zeros."""
    return function(x.astype(np.float64)).astype(x.dtype)


@op(method=True, inplace=True)
def erf(input, /):
    """The error function (torch.erf)."""
    return lax.erf(_real("erf_vml_cpu", input))


@op(method=True, inplace=True)
def erfc(input, /):
    """1 - erf(input), exact in the tail (torch.erfc)."""
    return lax.erfc(_real("erfc_vml_cpu", input))


def _scaled_erfc(x):
    """exp(x^2) erfc(x): the product while both factors are finite, then the asymptotic series."""
    far = x > 20
    near, y = jnp.where(far, 0, x), jnp.where(far, 1 / x, 0)
    series = functools.reduce(lambda total, k: 1 - k * y * y / 2 * total, range(15, 0, -2), 1.0)
    return jnp.where(far, y * series / math.sqrt(math.pi), jnp.exp(near * near) * lax.erfc(near))


@op(name="special_erfcx", public=False, node="SpecialErfcxBackward0")
def special_erfcx(input, /):
    """exp(input^2) erfc(input), which stays finite in the tail (torch.special.erfcx)."""
    x = _real("erfcx_cpu", input)
    if x.dtype.itemsize == 2:
        refuse("erfcx_cpu", x.dtype)
    return _scaled_erfc(x.astype(np.float64)).astype(x.dtype)


@special_erfcx.vjp
def _(grad, input, out):
    # By the saved output, without infinities from the factors.
    return grad * (2 * to_float(input) * out - 2 / math.sqrt(math.pi))


@op(method=True, inplace=True)
def erfinv(input, /):
    """The inverse of erf (torch.erfinv)."""
    return lax.erf_inv(_real("erfinv_vml_cpu", input))


@jax.custom_jvp
def _digamma(x):
    pole = jnp.where(jnp.signbit(x), jnp.inf, -jnp.inf).astype(x.dtype)
    return jnp.where(x == 0, pole, lax.digamma(x))


@_digamma.defjvp
def _(primals, tangents):
    # Trigamma with its reflection, which JAX's own derivative lacks for negative numbers.
    return _digamma(*primals), tangents[0] * _polygamma(1, *primals)


@op(method=True, inplace=True)
def lgamma(input, /):
    """log |Gamma(input)| (torch.lgamma)."""
    return _in_double(lax.lgamma, _real("lgamma_vml_cpu", input))


@lgamma.vjp
def _(grad, input):
    # By the digamma above, so that the second derivative is right for negative numbers too.
    return grad * _digamma(to_float(input))


@op(method=True, inplace=True)
def digamma(input, /):
    """The logarithmic derivative of Gamma, -inf at 0 and +inf at -0 (torch.digamma)."""
    return _digamma(_real("digamma", input))


def _cotangent_derivative(n: int, c):
    """The n-th derivative of cot, as a polynomial in its value c: cot' = -(1 + cot^2)."""
    polynomial = np.polynomial.Polynomial([0, 1])
    for _ in range(n):
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([-1, 0, -1])
    return functools.reduce(lambda total, k: total * c + k, polynomial.coef[::-1].tolist(), jnp.zeros_like(c))


def _polygamma(n: int, x):
    """The (n+1)-th derivative of lgamma, by Hurwitz's zeta, reflected for arguments below 1/2."""
    if n == 0:
        return _digamma(x)
    sign = (-1.0) ** n
    low = x < 0.5
    right = -sign * math.factorial(n) * jsp.zeta(n + 1.0, jnp.where(low, 1 - x, x)).astype(x.dtype)
    fraction = jnp.where(low, x - jnp.round(x), 0.25)
    pole = fraction == 0
    left = sign * right - math.pi ** (n + 1) * _cotangent_derivative(n, 1 / jnp.tan(math.pi * jnp.where(pole, 0.25, fraction)))
    return jnp.where(low, jnp.where(pole, -sign * jnp.inf, left), right)


@op(name="_polygamma", public=False, node="PolygammaBackward0")
def _polygamma_op(input, /, n):
    """The n-th derivative of digamma."""
    return _in_double(functools.partial(_polygamma, n), _real("polygamma", input))


@_polygamma_op.vjp
def _(grad, input, n):
    # The next polygamma: cheaper than differentiating the zeta function.
    return grad * _polygamma(n + 1, to_float(input))


def _check_order(n) -> None:
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")


@function(out=True)
def polygamma(n, input):
    """The n-th derivative of the digamma function (torch.polygamma)."""
    _check_order(n)
    return _polygamma_op(input, n=n)


@op(method=True, inplace=True)
def mvlgamma(input, /, p):
    """The multivariate log-gamma function of dimension p (torch.mvlgamma)."""
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if input.dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    x = _real("mvlgamma", input)
    shifts = jnp.arange(p, dtype=x.dtype) / 2
    return lax.lgamma(x[..., None] - shifts).sum(-1) + p * (p - 1) / 4 * math.log(math.pi)


@op(method=True, inplace=True)
def sinc(input, /):
    """sin(pi x) / (pi x), 1 at 0 (torch.sinc)."""
    return jnp.sinc(to_float(input))


@sinc.vjp
def _(grad, input):
    # Near zero, where the square has no number left, the derivative is zero and not that of a quotient.
    x = to_float(input)
    turn = x * math.pi
    square = x * turn
    slope = (jnp.cos(turn) * turn - jnp.sin(turn)) / jnp.where(square == 0, 1, square)
    return grad * jnp.where(square == 0, 0, slope).conj()


def _at_edges(function, full: int, a, x):
    """An incomplete gamma function whose values at a = 0 and at infinity are PyTorch's; `full` is the one for all of the mass."""
    infinite = jnp.isposinf(a)
    result = jnp.where((a == 0) & (x > 0), full, function(a, x))
    return jnp.where(infinite, jnp.where((x >= 0) & ~jnp.isposinf(x), 1 - full, jnp.nan), result).astype(result.dtype)


@op(method=True, inplace=True, tensors=2)
def igamma(input, other, /):
    """The regularised lower incomplete gamma function (torch.igamma). No gradient in `input`."""
    refuse_but_real("igamma_cpu", promote_broadcast(input, other)[0].dtype)
    return _at_edges(jsp.gammainc, 1, *to_float(input, other))


@op(method=True, inplace=True, tensors=2)
def igammac(input, other, /):
    """The regularised upper incomplete gamma function (torch.igammac). No gradient in `input`."""
    refuse_but_real("igammac_cpu", promote_broadcast(input, other)[0].dtype)
    return _at_edges(jsp.gammaincc, 0, *to_float(input, other))


def _gamma_density(grad, input, other):
    a, x = to_float(input, other)
    return grad * jnp.exp((a - 1) * jnp.log(x) - x - lax.lgamma(a))


@igamma.vjp
def _(grad, input, other):
    # In closed form; PyTorch has no derivative for `input` either.
    return None, _gamma_density(grad, input, other)


@igammac.vjp
def _(grad, input, other):
    # As for igamma.
    return None, -_gamma_density(grad, input, other)


@op(method=True, inplace=True, node="I0Backward0")
def i0(input, /):
    """The modified Bessel function of the first kind, order 0 (torch.i0)."""
    return jsp.i0(_real("i0_vml_cpu", input))


@i0.vjp
def _(grad, input):
    # JAX's derivative is wrong at 0.
    return grad * jsp.i1(to_float(input))


@op(name="special_i0e", public=False, node="SpecialI0EBackward0")
def special_i0e(input, /):
    """i0 scaled by exp(-|x|) (torch.special.i0e)."""
    return jsp.i0e(_real("i0e_cpu", input))


@op(name="special_i1", public=False, node="SpecialI1Backward0")
def special_i1(input, /):
    """The modified Bessel function of the first kind, order 1 (torch.special.i1)."""
    return jsp.i1(_real("i1_cpu", input))


@op(name="special_i1e", public=False, node="SpecialI1EBackward0")
def special_i1e(input, /):
    """i1 scaled by exp(-|x|) (torch.special.i1e)."""
    return jsp.i1e(_real("i1e_cpu", input))


@op(name="special_ndtr", public=False, node="MulBackward1")
def special_ndtr(input, /):
    """The area under the standard normal density below input (torch.special.ndtr)."""
    return lax.erfc(_real("erf_vml_cpu", input) * -math.sqrt(0.5)) / 2


def _single(name: str, input):
    """`input` as at least single precision floats, real ones."""
    x = to_float(input)
    if category(x.dtype) == 3 or x.dtype.itemsize == 2:
        refuse(f"{name}_cpu", x.dtype)
    return x


@op(name="special_log_ndtr", public=False, node="SpecialLogNdtrBackward0")
def special_log_ndtr(input, /):
    """log(ndtr(input)), exact in the tail (torch.special.log_ndtr)."""
    return jsp.log_ndtr(_single("log_ndtr", input))


@op(name="special_ndtri", public=False, node="SpecialNdtriBackward0")
def special_ndtri(input, /):
    """The inverse of ndtr (torch.special.ndtri)."""
    return jsp.ndtri(_single("ndtri", input))


@special_ndtri.vjp
def _(grad, out):
    # The saved output gives the density directly.
    return grad * math.sqrt(2 * math.pi) * jnp.exp(out * out / 2)


@op(name="special_entr", public=False, node="SpecialEntrBackward0")
def special_entr(input, /):
    """-x log(x), 0 at 0 and -inf below (torch.special.entr)."""
    x = _real("entr_cpu", input)
    positive = x > 0
    value = -x * jnp.log(jnp.where(positive, x, 1))
    return jnp.where(jnp.isnan(x) | positive, value, jnp.where(x == 0, 0, -jnp.inf)).astype(x.dtype)


@special_entr.vjp
def _(grad, input):
    # The one-sided limit at 0, NaN below.
    x = to_float(input)
    return grad * jnp.where(x < 0, jnp.nan, -jnp.log(jnp.where(x < 0, 1, x)) - 1)


@op(name="special_zeta", public=False, node="SpecialZetaBackward0")
def special_zeta(input, other, /):
    """Hurwitz's zeta function (torch.special.zeta). No gradient in `input`."""
    promote_broadcast(input, other)
    a, b = to_float(input, other)
    pole = (a > 1) & (b <= 0) & (b == jnp.floor(b))
    value = jnp.where(pole, jnp.inf, jsp.zeta(a, b))
    return jnp.where(a < 1, jnp.nan, value).astype(a.dtype)


@special_zeta.vjp
def _(grad, input, other):
    # In closed form; PyTorch has no derivative for `input` either.
    a, b = to_float(input, other)
    return None, grad * -a * jsp.zeta(a + 1, b).astype(a.dtype)
