"""Pointwise activations. The kernels are what `torch.*` and the tape see; the functions of the same name, without underscore,
have `torch.nn.functional`'s signatures (`inplace=`).

Rules are written where PyTorch fixes the slope at a kink, or saves the result so that the in-place form works.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dtype import scalar_type_name
from ..core.failing import refuse_backward
from ..core.inplace import assign_as, check_writable
from ..core.op import function, op
from ..core.random import key_from, next_seed
from .checks import refuse_but_real, refuse_integral, refuse_unordered
from .dims import canonical_dim

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def _apply(kernel, input, settings: tuple = (), inplace: bool = False):
    """Run an activation, writing its result into `input` if asked to."""
    if not inplace:
        return kernel(input, *settings)
    check_writable(input)
    return assign_as("relu_", input, kernel(input, *settings))


def _refuse_order(input) -> None:
    if jnp.issubdtype(input.dtype, jnp.complexfloating):
        raise NotImplementedError("clamp is not supported for complex types")


@op(name="relu", method=True, inplace=True)
def _relu(input, /):
    """max(input, 0); NaN stays NaN (torch.relu)."""
    if input.dtype == np.bool_:
        raise RuntimeError("Boolean inputs not supported for relu")
    _refuse_order(input)
    return jnp.maximum(input, 0)


@_relu.vjp
def _(grad, out):
    # The slope at 0 is 0, and the saved result serves relu_ as well.
    return jnp.where(out <= 0, 0, grad)


def relu(input, inplace: bool = False):
    """max(input, 0) (torch.nn.functional.relu)."""
    return _apply(_relu, input, (), inplace)


@op(name="hardtanh", public=False)
def _hardtanh(input, /, min_val=-1.0, max_val=1.0):
    """input clamped to [min_val, max_val]."""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if input.dtype == np.bool_:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    _refuse_order(input)
    return jnp.clip(input, min_val, max_val).astype(input.dtype)


@_hardtanh.vjp
def _(grad, input, min_val, max_val):
    # Both edges are flat.
    return jnp.where((input <= min_val) | (input >= max_val), 0, grad)


def hardtanh(input, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
    """input clamped to [min_val, max_val]; the gradient is 0 at both edges (torch.nn.functional.hardtanh)."""
    return _apply(_hardtanh, input, (min_val, max_val), inplace)


def relu6(input, inplace: bool = False):
    """input clamped to [0, 6] (torch.nn.functional.relu6)."""
    return _apply(_hardtanh, input, (0.0, 6.0), inplace)


_LEAKY = (" File an issue at https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu backward calculation with "
          "negative slope")


def _without_backward(result, name: str, more: str = ""):
    """The result of an in-place activation whose backward PyTorch, which keeps the result alone, cannot compute: RuntimeError when run."""
    refuse_backward(f"In-place {name} backward calculation is triggered with a negative slope which is not supported. This is caused by calling "
                    f"in-place forward function with a negative slope, please call out-of-place version instead.{more}", result)
    return result


@op(name="leaky_relu", public=False)
def _leaky_relu(input, /, negative_slope=0.01):
    """input where positive, else negative_slope * input."""
    refuse_but_real("leaky_relu_cpu", input.dtype)
    return jnp.where(input > 0, input, input * negative_slope)


def leaky_relu(input, negative_slope: float = 0.01, inplace: bool = False):
    """input where positive, else negative_slope * input (torch.nn.functional.leaky_relu)."""
    return _apply(written_leaky_relu if inplace else _leaky_relu, input, (negative_slope,), inplace)


def written_leaky_relu(input, negative_slope: float = 0.01):
    """leaky_relu of a Tensor that the result is about to be written into."""
    result = _leaky_relu(input, negative_slope)
    return _without_backward(result, "leakyReLu", _LEAKY) if negative_slope < 0 else result


def _elu_value(input, alpha, scale, input_scale):
    positive = input > 0
    # The exponential never sees a positive number, so that an overflow there cannot turn a masked gradient into NaN.
    negative = jnp.expm1(jnp.where(positive, 0, input) * input_scale) * (alpha * scale)
    return jnp.where(positive, input * scale, negative)


@op(name="elu", public=False)
def _elu(input, /, alpha=1.0, scale=1.0, input_scale=1.0):
    """scale * (input where positive, else alpha * (exp(input_scale * input) - 1))."""
    refuse_but_real("elu_cpu", input.dtype)
    return _elu_value(input, alpha, scale, input_scale)


def elu(input, alpha: float = 1.0, inplace: bool = False):
    """input where positive, else alpha * (exp(input) - 1) (torch.nn.functional.elu)."""
    return _apply(written_elu if inplace else _elu, input, (alpha,), inplace)


def written_elu(input, alpha: float = 1.0):
    """elu of a Tensor that the result is about to be written into."""
    result = _elu(input, alpha)
    return _without_backward(result, "elu") if alpha < 0 else result


@op(name="selu", inplace=True, node="EluBackward0")
def _selu(input, /):
    """elu with the two constants that keep activations normalised (torch.selu)."""
    refuse_but_real("elu_cpu", input.dtype)
    return _elu_value(input, _SELU_ALPHA, _SELU_SCALE, 1.0)


def selu(input, inplace: bool = False):
    """Self-normalising elu (torch.nn.functional.selu)."""
    return _apply(_selu, input, (), inplace)


@op(name="celu", inplace=True)
def _celu(input, /, alpha=1.0):
    """max(0, input) + min(0, alpha * (exp(input / alpha) - 1)) (torch.celu)."""
    refuse_but_real("elu_cpu", input.dtype)
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return _elu_value(input, alpha, 1.0, 1.0 / alpha)


def celu(input, alpha: float = 1.0, inplace: bool = False):
    """Continuously differentiable elu (torch.nn.functional.celu)."""
    return _apply(written_celu if inplace else _celu, input, (alpha,), inplace)


def written_celu(input, alpha: float = 1.0):
    """celu of a Tensor that the result is about to be written into."""
    result = _celu(input, alpha)
    return _without_backward(result, "elu") if alpha < 0 else result


@op(name="gelu", public=False)
def gelu(input, /, approximate="none"):
    """input * Phi(input), by erf or the tanh approximation (torch.nn.functional.gelu)."""
    refuse_but_real("GeluKernelImpl", input.dtype)
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    if approximate == "tanh":
        inner = np.sqrt(2 / np.pi).item() * (input + 0.044715 * input * input * input)
        return 0.5 * input * (1 + jnp.tanh(inner))
    return 0.5 * input * (1 + jax.lax.erf(input * np.sqrt(0.5).item()))


@op(name="silu", public=False)
def _silu(input, /):
    """input * sigmoid(input)."""
    refuse_integral("silu_cpu", input.dtype)
    return input * jax.nn.sigmoid(input)


def silu(input, inplace: bool = False):
    """input * sigmoid(input), also called swish (torch.nn.functional.silu)."""
    return _apply(_silu, input, (), inplace)


@op(name="mish", public=False)
def _mish(input, /):
    """input * tanh(softplus(input))."""
    refuse_but_real("mish_cpu", input.dtype)
    return input * jnp.tanh(jax.nn.softplus(input))


def mish(input, inplace: bool = False):
    """input * tanh(softplus(input)) (torch.nn.functional.mish)."""
    return _apply(_mish, input, (), inplace)


@op(name="softplus", public=False)
def softplus(input, /, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * input)) / beta, the identity where beta * input > threshold (torch.nn.functional.softplus)."""
    refuse_but_real("softplus_cpu", input.dtype)
    linear = input * beta > threshold
    return jnp.where(linear, input, jnp.log1p(jnp.exp(jnp.where(linear, 0, input) * beta)) / beta)


def softsign(input):
    """input / (1 + |input|) (torch.nn.functional.softsign)."""
    return input / (input.abs() + 1)


@op(name="hardsigmoid", public=False)
def _hardsigmoid(input, /):
    """clamp(input + 3, 0, 6) / 6."""
    refuse_but_real("hardsigmoid_cpu", input.dtype)
    return jnp.clip(input + 3, 0, 6) / 6


@_hardsigmoid.vjp
def _(grad, input):
    return jnp.where((input > -3) & (input < 3), grad / 6, 0)


def hardsigmoid(input, inplace: bool = False):
    """clamp(input + 3, 0, 6) / 6 (torch.nn.functional.hardsigmoid)."""
    return _apply(_hardsigmoid, input, (), inplace)


@op(name="hardswish", public=False)
def _hardswish(input, /):
    """input * clamp(input + 3, 0, 6) / 6."""
    refuse_but_real("hardswish_cpu", input.dtype)
    return input * jnp.clip(input + 3, 0, 6) / 6


@_hardswish.vjp
def _(grad, input):
    return jnp.where(input <= -3, 0, jnp.where(input < 3, grad * (input / 3 + 0.5), grad))


def hardswish(input, inplace: bool = False):
    """input * clamp(input + 3, 0, 6) / 6 (torch.nn.functional.hardswish)."""
    return _apply(_hardswish, input, (), inplace)


@op(name="hardshrink", method=True)
def hardshrink(input, /, lambd=0.5):
    """input, but 0 within [-lambd, lambd] (torch.hardshrink)."""
    refuse_but_real("hardshrink_cpu", input.dtype)
    return jnp.where((input >= -lambd) & (input <= lambd), 0, input)


@op(name="softshrink", public=False)
def softshrink(input, /, lambd=0.5):
    """input moved towards 0 by lambd, and 0 within it (torch.nn.functional.softshrink)."""
    refuse_but_real("softshrink_check", input.dtype)
    if lambd < 0:
        raise RuntimeError(f"lambda must be in range [0, {jnp.finfo(input.dtype).max:g}] for input dtype {scalar_type_name(input.dtype)}, "
                           f"but found {lambd:g}")
    return jnp.where(input > lambd, input - lambd, jnp.where(input < -lambd, input + lambd, input * 0))


@softshrink.vjp
def _(grad, input, lambd):
    return jnp.where((input >= -lambd) & (input <= lambd), 0, grad)


def tanhshrink(input):
    """input - tanh(input) (torch.nn.functional.tanhshrink)."""
    return input - input.tanh()


@op(name="threshold", inplace=True)
def _threshold(input, /, threshold, value):
    """input where it exceeds threshold, else value (torch.threshold)."""
    refuse_unordered("threshold_cpu", input.dtype)
    return jnp.where(input <= threshold, value, input).astype(input.dtype)


def threshold(input, threshold: float, value: float, inplace: bool = False):
    """input where it exceeds threshold, else value (torch.nn.functional.threshold)."""
    return _apply(_threshold, input, (threshold, value), inplace)


@op(name="prelu", method=True, node="PreluKernelBackward0")
def prelu(input, weight, /):
    """input where positive, else weight * input; weight has one value, or one per channel (dim 1) (torch.prelu)."""
    if weight.dtype != input.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {scalar_type_name(input.dtype)} and {scalar_type_name(weight.dtype)}")
    if weight.size > 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != weight.size:
            raise RuntimeError(
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.size}"
                f" and channel size = {channels}."
            )
        if weight.ndim > 1:
            raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
        weight = weight.reshape((1, -1) + (1,) * (input.ndim - 2)) if input.ndim > 1 else weight
    return jnp.where(input > 0, input, weight.reshape(()) * input if weight.size == 1 else weight * input)


@op(name="rrelu_with_noise", public=False)
def _rrelu_with_noise(input, seed=None, /, lower=1 / 8, upper=1 / 3):
    """leaky_relu whose negative slope is drawn anew for each element from [lower, upper), or is their mean without a seed."""
    refuse_but_real("leaky_relu_cpu" if seed is None else "rrelu_with_noise_out_cpu", input.dtype)
    slope = (lower + upper) / 2 if seed is None else jax.random.uniform(key_from(seed), input.shape, input.dtype, lower, upper)
    return jnp.where(input > 0, input, input * slope)


def rrelu(input, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False):
    """leaky_relu with a random slope in [lower, upper) in training, else their mean (torch.nn.functional.rrelu)."""
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    return _apply(_rrelu_with_noise, input, (next_seed() if training else None, lower, upper), inplace)


@function(name="rrelu")
def _rrelu(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """leaky_relu with a random slope in [lower, upper) in training, else their mean (torch.rrelu)."""
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    return _rrelu_with_noise(input, next_seed(generator) if training else None, lower, upper)


@op(name="glu", public=False)
def glu(input, /, dim=-1):
    """First half of `dim` times the sigmoid of the second half (torch.nn.functional.glu)."""
    refuse_but_real("glu_cpu", input.dtype)
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    axis = canonical_dim(dim, input.ndim)
    if input.shape[axis] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {axis} is size {input.shape[axis]}")
    value, gate = jnp.split(input, 2, axis)
    return value * jax.nn.sigmoid(gate)


@op(name="log_sigmoid", public=False)
def logsigmoid(input, /):
    """log(sigmoid(input)) without overflow (torch.nn.functional.logsigmoid)."""
    refuse_but_real("log_sigmoid_cpu", input.dtype)
    return jax.nn.log_sigmoid(input)


def sigmoid(input):
    """1 / (1 + exp(-input)) (torch.nn.functional.sigmoid)."""
    return input.sigmoid()


def tanh(input):
    """Hyperbolic tangent (torch.nn.functional.tanh)."""
    return input.tanh()
