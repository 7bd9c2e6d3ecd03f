"""Normalisation by batch, layer, group, instance, root mean square and neighbouring channels.

The three centred kernels keep mean and reciprocal deviation for a closed-form backward, as PyTorch does; reductions over rows go through
`last_sum`. On CPU that backward is two to three times as fast as the derived one (benchmarks/variants.py). Half precision computes in float32.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name
from ..core.inplace import set_value
from ..core.modes import is_grad_enabled
from ..core.op import function, op
from ..core.refusals import RUNNING_STATISTICS, rewording
from ..core.tensor import value_of
from .checks import refuse_integral
from .lowering import channel_sum, last_sum, stored, wide
from .promotion import to_float
from .windows import pad_trailing, take_taps


def _moments(rows, eps):
    """Mean and reciprocal standard deviation of each row, kept as a last dimension of one."""
    n = rows.shape[-1]
    mean = last_sum(rows) / n
    variance = last_sum(jnp.square(rows - mean)) / n
    return mean, jax.lax.rsqrt(variance + eps)


def _rows_gradient(grad, rows, mean, rstd):
    """The gradient of (rows - mean) * rstd in rows."""
    n = rows.shape[-1]
    normal = (rows - mean) * rstd
    return rstd * (grad - last_sum(grad) / n - normal * (last_sum(grad * normal) / n))


def _check_dtypes(input, *parameters) -> None:
    """RuntimeError unless the parameters have the input's dtype, or are of single precision and the input of half."""
    given = [p for p in parameters if p is not None]
    if not given or all(p.dtype == input.dtype for p in given):
        return
    if given[0].dtype == input.dtype:
        other = next(p.dtype for p in given if p.dtype != input.dtype)
        raise RuntimeError(f"expected scalar type {scalar_type_name(input.dtype)} but found {scalar_type_name(other)}")
    if any(p.dtype != np.float32 for p in given):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if input.dtype.itemsize != 2:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


@op(name="native_layer_norm_kernel", public=False, node="NativeLayerNormBackward0", aux_outputs=2)
def _layer_norm(input, weight=None, bias=None, /, normalized_shape=(), eps=1e-5):
    """Each trailing block of `normalized_shape` brought to mean 0 and variance 1, then scaled and shifted."""
    _check_normalized(input, normalized_shape, f"[{', '.join(['*', *map(str, normalized_shape)])}]", weight, bias)
    refuse_integral("LayerNormKernelImpl", input.dtype)
    _check_dtypes(input, weight, bias)
    rows = wide(input).reshape(_row_shape(input, normalized_shape))
    mean, rstd = _moments(rows, eps)
    out = (rows - mean) * rstd
    if weight is not None:
        out = out * wide(weight).reshape(-1)
    if bias is not None:
        out = out + wide(bias).reshape(-1)
    return out.reshape(input.shape).astype(input.dtype), mean, rstd


@_layer_norm.vjp
def _(grads, outs, input, weight, bias, normalized_shape):
    _, mean, rstd = outs
    rows = wide(input).reshape(_row_shape(input, normalized_shape))
    grad = wide(grads[0]).reshape(rows.shape)
    scaled = grad if weight is None else grad * wide(weight).reshape(-1)
    grad_input = _rows_gradient(scaled, rows, mean, rstd).reshape(input.shape)
    grad_weight = None if weight is None else (grad * (rows - mean) * rstd).sum(0).reshape(weight.shape)
    grad_bias = None if bias is None else grad.sum(0).reshape(bias.shape)
    return grad_input, grad_weight, grad_bias


def _check_normalized(input, normalized_shape, pattern, weight, bias) -> None:
    if not normalized_shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, "
                           "but got normalized_shape = []")
    for what, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter.shape != normalized_shape:
            raise RuntimeError(f"Expected {what} to be of same shape as normalized_shape, but got {what} of shape "
                               f"{list(parameter.shape)} and normalized_shape = {list(normalized_shape)}")
    if input.shape[input.ndim - len(normalized_shape):] != normalized_shape or input.ndim < len(normalized_shape):
        raise RuntimeError(f"Given normalized_shape={list(normalized_shape)}, expected input with shape {pattern}, "
                           f"but got input of size{list(input.shape)}")


def _row_shape(input, normalized_shape) -> tuple:
    """The input as one row per normalised block."""
    return math.prod(input.shape[: input.ndim - len(normalized_shape)]), math.prod(normalized_shape)


def _shape_setting(name: str, normalized_shape) -> tuple:
    if isinstance(normalized_shape, int):
        raise TypeError(f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, not int")
    return tuple(normalized_shape)


@function(name="layer_norm")
def _torch_layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn_enable=True):
    """Normalise over the trailing dimensions `normalized_shape` (torch.layer_norm)."""
    return dispatch(_layer_norm.op, (input, weight, bias), (_shape_setting("layer_norm", normalized_shape), eps))


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    """Normalise over the trailing dimensions `normalized_shape` (torch.nn.functional.layer_norm)."""
    return dispatch(_layer_norm.op, (input, weight, bias), (_shape_setting("layer_norm", normalized_shape), eps))


@op(name="native_group_norm_kernel", public=False, node="NativeGroupNormBackward0", aux_outputs=2)
def _group_norm(input, weight=None, bias=None, /, num_groups=1, eps=1e-5):
    """Each of `num_groups` groups of channels of each sample brought to mean 0 and variance 1, then an affine map per channel."""
    shape, channels = list(input.shape), input.shape[1]
    if channels % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{shape} and num_groups={num_groups}")
    for what, parameter in (("weight", weight), ("bias", bias)):
        if parameter is not None and parameter.shape != (channels,):
            raise RuntimeError(f"Expected {what} to be a vector of size equal to the number of channels in input, but got {what} "
                               f"of shape {list(parameter.shape)} and input of shape {shape}")
    refuse_integral("GroupNormKernelImpl", input.dtype)
    _check_dtypes(input, weight, bias)
    x = wide(input).reshape(_plane_shape(input))
    mean = _group_sum(last_sum(x)[..., 0], num_groups) / (math.prod(x.shape[1:]) // num_groups)
    centred = x - _per_channel(mean, channels)
    variance = _group_sum(last_sum(jnp.square(centred))[..., 0], num_groups) / (math.prod(x.shape[1:]) // num_groups)
    rstd = jax.lax.rsqrt(variance + eps)
    out = centred * (_per_channel(rstd, channels) * (1 if weight is None else wide(weight)[:, None]))
    if bias is not None:
        out = out + wide(bias)[:, None]
    return out.reshape(input.shape).astype(input.dtype), mean, rstd


def _group_sum(x, groups):
    """(N, C) -> (N, groups)."""
    return x.reshape(x.shape[0], groups, x.shape[1] // groups).sum(-1)


def _per_channel(x, channels):
    """(N, groups) -> (N, C, 1)."""
    return jnp.repeat(x, channels // x.shape[1], axis=1)[..., None]


@_group_norm.vjp
def _(grads, outs, input, weight, bias, num_groups):
    _, mean, rstd = outs
    planes = (x.reshape(_plane_shape(input)) for x in (grads[0], input))
    grad_input, grad_weight, grad_bias = stored(lambda *a: _group_norm_gradients(*a, num_groups), *planes, weight, mean, rstd)
    return grad_input.reshape(input.shape), None if weight is None else grad_weight, None if bias is None else grad_bias


def _group_norm_gradients(grad, x, weight, mean, rstd, groups):
    # Two sums per channel serve everything: the closed form then needs one more pass over the elements.
    grad, channels = wide(grad), x.shape[1]
    centred = wide(x) - _per_channel(mean, channels)
    scale = 1 if weight is None else wide(weight)
    rstds = _per_channel(rstd, channels)
    sums, products = last_sum(grad)[..., 0], last_sum(grad * centred)[..., 0] * rstds[..., 0]
    count = math.prod(x.shape[1:]) // groups
    shift, slope = (_per_channel(_group_sum(each * scale, groups) / count, channels) for each in (sums, products))
    scales = scale if weight is None else scale[:, None]
    return rstds * (grad * scales - shift - centred * (rstds * slope)), products.sum(0), sums.sum(0)


@function(name="group_norm")
def _torch_group_norm(input, num_groups, weight=None, bias=None, eps=1e-5, cudnn_enabled=True):
    """Normalise each group of channels of each sample (torch.group_norm)."""
    return dispatch(_group_norm.op, (input, weight, bias), (num_groups, eps))


def group_norm(input, num_groups: int, weight=None, bias=None, eps: float = 1e-5):
    """Normalise each of `num_groups` groups of channels of each sample (torch.nn.functional.group_norm)."""
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    _verify_batch_size([input.size(0) * input.size(1) // num_groups, num_groups, *list(input.shape)[2:]])
    return dispatch(_group_norm.op, (input, weight, bias), (num_groups, eps))


def _verify_batch_size(size) -> None:
    if math.prod([*size[:1], *size[2:]]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def _plane_shape(input) -> tuple:
    """(N, C, all of space)."""
    n, channels = (*input.shape, 1)[:2]
    return n, channels, math.prod(input.shape[2:])


@op(name="native_batch_norm_train", public=False, node="NativeBatchNormBackward0", aux_outputs=2)
def _batch_norm_train(input, weight, bias, running_mean, running_var, momentum, /, eps=1e-5):
    """Normalise each channel by the batch's own statistics; also the running statistics moved towards them."""
    _check_channels(input, weight, bias, running_mean, running_var)
    x = wide(input).reshape(_plane_shape(input))
    count = x.shape[0] * x.shape[2]
    mean = channel_sum(x) / count
    variance = channel_sum(jnp.square(x - mean[:, None])) / count
    rstd = jax.lax.rsqrt(variance + eps)
    out = _affine(x, mean, rstd, weight, bias).reshape(input.shape).astype(input.dtype)
    unbiased = variance * (count / max(count - 1, 1))
    return out, _moved(running_mean, mean, momentum), _moved(running_var, unbiased, momentum), mean, rstd


def _moved(running, value, momentum):
    if running is None:
        return jax.lax.stop_gradient(value)
    return jax.lax.stop_gradient(running + momentum * (value.astype(running.dtype) - running)).astype(running.dtype)


def _affine(x, mean, rstd, weight, bias):
    scale = rstd if weight is None else rstd * wide(weight)
    out = (x - mean[:, None]) * scale[:, None]
    return out if bias is None else out + wide(bias)[:, None]


@_batch_norm_train.vjp
def _(grads, outs, input, weight, bias):
    *_, mean, rstd = outs
    planes = (x.reshape(_plane_shape(input)) for x in (grads[0], input))
    grad_input, grad_weight, grad_bias = stored(_batch_norm_gradients, *planes, weight, mean, rstd)
    return grad_input.reshape(input.shape), None if weight is None else grad_weight, None if bias is None else grad_bias, None, None, None


def _batch_norm_gradients(grad, x, weight, mean, rstd):
    grad, x = wide(grad), wide(x)
    count = x.shape[0] * x.shape[2]
    normal = (x - mean[:, None]) * rstd[:, None]
    grad_bias, grad_weight = channel_sum(grad), channel_sum(grad * normal)
    scale = rstd if weight is None else rstd * wide(weight)
    centred = grad - (grad_bias / count)[:, None] - normal * (grad_weight / count)[:, None]
    return centred * scale[:, None], grad_weight, grad_bias


@op(name="native_batch_norm_eval", public=False, node="NativeBatchNormBackward0")
def _batch_norm_eval(input, weight, bias, running_mean, running_var, /, eps=1e-5):
    """Normalise each channel by the running statistics."""
    _check_channels(input, weight, bias, running_mean, running_var)
    x = wide(input).reshape(_plane_shape(input))
    rstd = jax.lax.rsqrt(wide(running_var) + eps)
    return _affine(x, wide(running_mean), rstd, weight, bias).reshape(input.shape).astype(input.dtype)


def _check_channels(input, weight, bias, running_mean, running_var) -> None:
    refuse_integral("batch_norm", input.dtype)
    channels = input.shape[1] if input.ndim > 1 else 0
    named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
    for name, x in named:
        if x is not None and input.size and x.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {x.size}")
    if input.ndim < 2 and input.size:
        raise IndexError(f"Dimension out of range (expected to be in range of [-1, 0], but got {input.ndim})")
    _check_dtypes(input, weight, bias, running_mean, running_var)


@function(name="batch_norm")
def _torch_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True):
    """Normalise each channel over the batch, updating the running statistics in place in training (torch.batch_norm)."""
    for name, x in (("running_mean", running_mean), ("running_var", running_var)):
        if x is not None and x.requires_grad and is_grad_enabled():
            raise RuntimeError(f"The function 'native_batch_norm' is not differentiable with respect to argument '{name}'. This input cannot "
                               "have requires_grad True.")
    if not training:
        for name, x in (("running_mean", running_mean), ("running_var", running_var)):
            if x is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        return dispatch(_batch_norm_eval.op, (input, weight, bias, running_mean, running_var), (eps,))
    arguments = (input, weight, bias, running_mean, running_var, float(momentum))
    out, new_mean, new_var = dispatch(_batch_norm_train.op, arguments, (eps,))
    for running, new in ((running_mean, new_mean), (running_var, new_var)):
        if running is not None and input.numel():
            with rewording(RUNNING_STATISTICS):
                set_value(running, value_of(new))
    return out


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5):
    """Normalise each channel over the batch, or by the running statistics in evaluation (torch.nn.functional.batch_norm)."""
    if training:
        _verify_batch_size(input.shape)
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    elif eps < 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return _torch_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@function(name="instance_norm")
def _torch_instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=True):
    """Normalise each channel of each sample: batch_norm of one sample with N * C channels (torch.instance_norm)."""
    n, channels = input.shape[:2]
    repeated = [None if p is None else p.repeat(n) for p in (weight, bias)]
    kind = (input if weight is None else weight).dtype  # the running statistics may have any
    repeated += [None if p is None else p.repeat(n).to(kind) for p in (running_mean, running_var)]
    out = _torch_batch_norm(input.reshape(1, n * channels, *input.shape[2:]), *repeated, use_input_stats, momentum, eps)
    if use_input_stats:
        for running, new in ((running_mean, repeated[2]), (running_var, repeated[3])):
            if running is not None:
                with rewording(RUNNING_STATISTICS):
                    set_value(running, value_of(new.view(n, channels).mean(0).to(running.dtype)))
    return out.view(*input.shape)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats: bool = True,
                  momentum: float = 0.1, eps: float = 1e-5):
    """Normalise each channel of each sample (torch.nn.functional.instance_norm)."""
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    return _torch_instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


@op(name="rms_norm_kernel", public=False, node="MulBackward0")
def _rms_norm(input, weight=None, /, normalized_shape=(), eps=None):
    """Each trailing block of `normalized_shape` divided by its root mean square, then scaled."""
    _check_normalized(input, normalized_shape, f"[{', '.join(['*' + str(normalized_shape[0]), *map(str, normalized_shape[1:])])}]"
                      if normalized_shape else "", weight, None)
    refuse_integral("rms_norm", input.dtype)
    rows = wide(input).reshape(_row_shape(input, normalized_shape))
    eps = jnp.finfo(rows.dtype).eps if eps is None else eps
    out = rows * jax.lax.rsqrt(last_sum(jnp.square(rows)) / rows.shape[-1] + eps)
    if weight is not None:
        out = out * wide(weight).reshape(-1)
    return out.reshape(input.shape).astype(input.dtype)


@function
def rms_norm(input, normalized_shape, weight=None, eps: float | None = None):
    """Divide by the root mean square over the trailing dimensions (torch.nn.functional.rms_norm); no eps means the dtype's."""
    return dispatch(_rms_norm.op, (input, weight), (_shape_setting("rms_norm", normalized_shape), eps))


@op(name="local_response_norm_kernel", public=False, node="DivBackward0")
def _local_response_norm(input, /, size, alpha, beta, k):
    """input / (k + alpha * mean of squares over `size` neighbouring channels) ** beta."""
    input = to_float(input)
    squares = jnp.moveaxis(jnp.square(input), 1, -1)
    taps = take_taps(pad_trailing(squares, [(size // 2, (size - 1) // 2)]), (size,), (1,), (1,))
    mean = jnp.moveaxis(sum(taps[1:], taps[0]) / size, -1, 1)
    return input / (mean * alpha + k) ** beta


def local_response_norm(input, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
    """Normalise by neighbouring channels (torch.nn.functional.local_response_norm)."""
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality                          input (got {input.ndim} dimensions)")
    if input.numel() == 0:
        return input
    return dispatch(_local_response_norm.op, (input,), (size, alpha, beta, k))


def normalize(input, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out=None):
    """input divided by its p-norm along `dim`, at least eps (torch.nn.functional.normalize)."""
    result = input / input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return result if out is None else out.copy_(result)
