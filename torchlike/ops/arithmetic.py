"""Sums, products and what is built of them: the ring operations, `addcmul`, `lerp`, signs and absolute values.

Division is in division.py, powers in power.py, bounds in bounds.py, bits and logic in bitwise.py.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.dtype import type_id_name
from ..core.inplace import REFUSALS
from ..core.op import alias, function, op
from ..core.tensor import Tensor
from .checks import refuse_bool, refuse_but_real, refuse_complex, refuse_complex_number, refuse_integral, require_tensor_first
from .promotion import category, promote, promote_broadcast, real_dtype, to_float
from .unary import power_of_two

_MASK_MINUS = ("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
               "`logical_not()` operator instead.")
_MASKS_MINUS = ("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
                "instead.")


def _scaled(x, alpha, dtype):
    """alpha * x in the result's dtype, with PyTorch's rules on the category of alpha."""
    if alpha is None:
        return x
    if category(alpha.dtype) == 0 and dtype != np.bool_:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if category(alpha.dtype) == 2 and category(dtype) < 2:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if category(alpha.dtype) == 3 and category(dtype) < 3:
        raise RuntimeError("For non-complex input tensors, argument alpha must not be a complex number.")
    return x * alpha.astype(dtype)


def _refuse_masks(a, b) -> None:
    if a.dtype == b.dtype == np.bool_:
        raise RuntimeError(_MASKS_MINUS)
    if np.bool_ in (a.dtype, b.dtype):
        raise RuntimeError(_MASK_MINUS)


@op(name="_add", public=False, node="AddBackward0")
def add_plain(input, other, /):
    """input + other; bools add as `or`."""
    a, b = promote_broadcast(input, other)
    return a + b


@op(name="_add_scaled", public=False, node="AddBackward0")
def _add_scaled(input, other, alpha, /):
    """input + alpha * other, alpha an operand so that a schedule of values never recompiles."""
    a, b = promote_broadcast(input, other)
    return a + _scaled(b, alpha, a.dtype)


@function(method=True, inplace=True, out=True)
def add(input, other, *, alpha=1):
    """input + alpha * other, broadcast and promoted (torch.add)."""
    return add_plain(input, other) if type(alpha) is int and alpha == 1 else _add_scaled(input, other, alpha)


@op(name="_sub", public=False, node="SubBackward0")
def sub_plain(input, other, /):
    """input - other; RuntimeError for bools."""
    _refuse_masks(input, other)
    a, b = promote_broadcast(input, other)
    return a - b


@op(name="_sub_scaled", public=False, node="SubBackward0")
def _sub_scaled(input, other, alpha, /):
    """input - alpha * other, alpha an operand."""
    _refuse_masks(input, other)
    a, b = promote_broadcast(input, other)
    return a - _scaled(b, alpha, a.dtype)


@function(method=True, inplace=True, out=True)
def sub(input, other, *, alpha=1):
    """input - alpha * other, broadcast and promoted; RuntimeError for bools (torch.sub)."""
    return sub_plain(input, other) if type(alpha) is int and alpha == 1 else _sub_scaled(input, other, alpha)


def _rsub(input, other, alpha):
    _refuse_masks(input, other)
    a, b = promote_broadcast(input, other)
    return b - _scaled(a, alpha, a.dtype)


@op(name="_rsub_tensor", public=False, node="RsubBackward0")
def _rsub_tensor(input, other, alpha=None, /):
    """other - alpha * input for a Tensor `other`."""
    return _rsub(input, other, alpha)


@op(name="_rsub_scalar", public=False, node="RsubBackward1")
def _rsub_scalar(input, other, alpha=None, /):
    """other - alpha * input for a number `other`."""
    return _rsub(input, other, alpha)


@function
def rsub(input, other, *, alpha=1):
    """other - alpha * input: the reflected subtraction (torch.rsub)."""
    require_tensor_first("rsub", ("input", "other"), input, other)
    kernel = _rsub_tensor if isinstance(other, Tensor) else _rsub_scalar
    return kernel(input, other, None if alpha == 1 else alpha)


@op(method=True, inplace=True)
def mul(input, other, /):
    """input * other, broadcast and promoted; bools multiply as `and` (torch.mul)."""
    a, b = promote_broadcast(input, other)
    return a * b


@op(method=True, inplace=True)
def neg(input, /):
    """-input; RuntimeError for bools (torch.neg)."""
    if input.dtype == np.bool_:
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the "
                           "`~` or `logical_not()` operator instead.")
    return -promote(input)


@function(method=True)
def positive(input):
    """The input itself; RuntimeError for bools (torch.positive)."""
    if input.dtype.np == np.bool_:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@op(method=True, inplace=True)
def abs(input, /):
    """Absolute value, real for complex input; the gradient at 0 is 0 (torch.abs)."""
    refuse_bool("abs_cpu", input.dtype)
    x = promote(input)
    if category(x.dtype) < 3:
        return jnp.abs(x)
    # A number with an infinite part is infinite, whatever the other part.
    return jnp.where(jnp.isinf(x.real) | jnp.isinf(x.imag), jnp.inf, jnp.abs(x)).astype(x.real.dtype)


@abs.vjp
def _(grad, input):
    # JAX's derivative at 0 is 1, PyTorch's 0.
    return grad * direction(input)


def direction(x):
    """sgn of any number: x / |x|, and 0 at 0."""
    if category(x.dtype) < 3:
        return _real_sign(x)
    size = jnp.abs(x)
    return jnp.where(size == 0, 0, x / jnp.where(size == 0, 1, size)).astype(x.dtype)


@op(method=True, inplace=True)
def sign(input, /):
    """-1, 0 or 1, and 0 for NaN (torch.sign)."""
    if category(input.dtype) == 3:
        raise NotImplementedError("Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.")
    return _real_sign(input)


def _real_sign(x):
    if x.dtype == np.bool_:
        return x
    return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


@op(method=True, inplace=True)
def sgn(input, /):
    """`sign` for real input, input / |input| for complex input, 0 at 0 (torch.sgn)."""
    return direction(input)


def _factor(value, dtype):
    if category(value.dtype) == 3:
        refuse_complex_number(1j, dtype)
    return value.astype(dtype)


@op(name="_addcmul", public=False, node="AddcmulBackward0")
def _addcmul(input, tensor1, tensor2, value=None, /):
    """input + value * tensor1 * tensor2."""
    a, b, c = promote_broadcast(input, tensor1, tensor2)
    refuse_bool("addcmul_cpu_out", a.dtype)
    product = b * c if value is None else _factor(value, a.dtype) * b * c
    return a + product


@function(method=True, inplace=True, out=True)
def addcmul(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 * tensor2 (torch.addcmul)."""
    return _addcmul(input, tensor1, tensor2, None if type(value) is int and value == 1 else value)


@op(name="_addcdiv", public=False, node="AddcdivBackward0")
def _addcdiv(input, tensor1, tensor2, value=None, /):
    """input + value * tensor1 / tensor2; RuntimeError for integers."""
    if category(tensor1.dtype) < 2 and category(tensor2.dtype) < 2:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of "
            "tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2))"
            ".to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
            "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.")
    a, b, c = promote_broadcast(input, tensor1, tensor2)
    return a + (b / c if value is None else _factor(value, a.dtype) * (b / c))


@function(method=True, inplace=True, out=True)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """input + value * tensor1 / tensor2; RuntimeError for integers (torch.addcdiv)."""
    return _addcdiv(input, tensor1, tensor2, None if type(value) is int and value == 1 else value)


def _lerp(start, end, weight):
    """Anchored at the nearer end, so that weights 0 and 1 are exact."""
    step = end - start
    return jnp.where(jnp.abs(weight) < 0.5, start + weight * step, end - step * (1 - weight))


def _check_lerp(input, **others) -> None:
    for name, x in others.items():
        if x.dtype != input.dtype:
            expected, got = (type_id_name(d) for d in (input.dtype, x.dtype))
            raise RuntimeError(f"expected dtype {expected} for `{name}` but got dtype {got}")


@op(name="_lerp_scalar", public=False, node="LerpBackward0")
def _lerp_scalar(input, end, weight, /):
    """Interpolation with one number as the weight."""
    _check_lerp(input, end=end)
    refuse_integral("lerp_kernel_scalar", input.dtype)
    promote_broadcast(input, end)
    return _lerp(input, end, weight.astype(input.dtype))


@op(name="_lerp_tensor", public=False, node="LerpBackward1")
def _lerp_tensor(input, end, weight, /):
    """Interpolation with a weight per element."""
    _check_lerp(input, end=end, weight=weight)
    refuse_integral("lerp_kernel_tensor", input.dtype)
    return _lerp(*promote_broadcast(input, end, weight))


@function(method=True, inplace=True, out=True)
def lerp(input, end, weight):
    """input + weight * (end - input), exact at weights 0 and 1 (torch.lerp). `weight` is a number or a Tensor."""
    return (_lerp_tensor if isinstance(weight, Tensor) else _lerp_scalar)(input, end, weight)


@op(method=True, inplace=True, tensors=2)
def atan2(input, other, /):
    """The angle of the point (other, input), in (-pi, pi] (torch.atan2)."""
    a, b = _float_pair(input, other)
    refuse_complex("atan2_cpu", a.dtype)
    return jnp.arctan2(a, b)


@atan2.vjp
def _(grad, input, other):
    # PyTorch's convention: no gradient at the origin, where the derivative is undefined.
    a, b = to_float(input, other)
    squared = a * a + b * b
    scaled = jnp.where(squared == 0, 0, grad / jnp.where(squared == 0, 1, squared))
    return scaled * b, -scaled * a


def _float_pair(input, other):
    promote_broadcast(input, other)
    return to_float(input, other)


@op(method=True, inplace=True, tensors=2)
def hypot(input, other, /):
    """sqrt(input^2 + other^2) without overflow in between (torch.hypot)."""
    a, b = promote_broadcast(input, other)
    refuse_but_real("hypot_cpu", a.dtype)
    return jnp.hypot(a, b)


@hypot.vjp
def _(grad, input, other, out):
    # The saved output is cheaper, and PyTorch's gradient at the origin is NaN.
    return grad * (input / out), grad * (other / out)


def _with_sign(input, other):
    a, b = _float_pair(input, other)
    refuse_complex("copysign_cpu", a.dtype)
    return jnp.copysign(a, b)


@op(name="_copysign_tensor", public=False, node="CopysignBackward0")
def _copysign_tensor(input, other, /):
    """The magnitude of input with the signs of a Tensor."""
    return _with_sign(input, other)


@op(name="_copysign_number", public=False, node="CopysignBackward1")
def _copysign_number(input, other, /):
    """The magnitude of input with the sign of a number."""
    return _with_sign(input, other)


def _copysign_rule(grad, input, out):
    # PyTorch's convention: 0 at input 0.
    ratio = jnp.where(input == 0, 0, out / jnp.where(input == 0, 1, input))
    return grad * ratio, None


_copysign_tensor.vjp(_copysign_rule)
_copysign_number.vjp(_copysign_rule)


@function(method=True, inplace=True, out=True)
def copysign(input, other):
    """The magnitude of input with the sign of other (torch.copysign)."""
    require_tensor_first("copysign", ("input", "other"), input, other)
    return (_copysign_tensor if isinstance(other, Tensor) else _copysign_number)(input, other)


@op(method=True, inplace=True, tensors=2)
def nextafter(input, other, /):
    """The next representable number after input towards other (torch.nextafter)."""
    a, b = promote_broadcast(input, other)
    refuse_but_real("nextafter_cpu", a.dtype)
    return jnp.nextafter(a, b)


@nextafter.vjp
def _(grad):
    # PyTorch's convention: a step of one unit in the last place is the identity.
    return grad, None


@op(method=True, inplace=True, tensors=2)
def ldexp(input, other, /):
    """input * 2**other as floats (torch.ldexp)."""
    promote_broadcast(input, other)
    if category(input.dtype) == 2 and category(other.dtype) < 2:
        refuse_bool("ldexp_cpu_exp", other.dtype)
        return input * power_of_two(other.astype(input.dtype))
    a, b = promote(input, to_float(other))
    return a * power_of_two(b)


@op(method=True, inplace=True)
def nan_to_num(input, /, nan=0.0, posinf=None, neginf=None):
    """Replace NaN and the infinities, by default with 0 and the largest finite numbers (torch.nan_to_num)."""
    if category(input.dtype) < 2:
        return input
    limits = jnp.finfo(real_dtype(input.dtype))
    nan = 0.0 if nan is None else nan
    posinf = float(limits.max) if posinf is None else posinf
    neginf = float(limits.min) if neginf is None else neginf

    def clean(x):
        x = jnp.where(jnp.isnan(x), nan, x)
        return jnp.where(x == jnp.inf, posinf, jnp.where(x == -jnp.inf, neginf, x)).astype(x.dtype)

    if category(input.dtype) == 3:
        return clean(input.real) + 1j * clean(input.imag)
    return clean(input)


@op(method=True, inplace=True, tensors=2)
def heaviside(input, values, /):
    """0 below zero, 1 above, `values` at zero (torch.heaviside)."""
    if 3 in (category(input.dtype), category(values.dtype)):
        raise RuntimeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    a, b = promote_broadcast(input, values)
    return jnp.where(a == 0, b, (a > 0).astype(a.dtype))


alias("subtract", of="sub")
alias("multiply", of="mul")
alias("negative", of="neg")
alias("absolute", of="abs")
alias("arctan2", of="atan2")


def _refuse_complex_in_place(input):
    if input.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")


REFUSALS["abs_"] = REFUSALS["absolute_"] = _refuse_complex_in_place
