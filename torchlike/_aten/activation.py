"""Backward kernels of activations."""

from __future__ import annotations

from ..nn import functional as F
from ..ops.unary import logit
from .pullback import elementwise, pulled


def elu_backward(grad_output, alpha, scale, input_scale, is_result, self_or_result):
    """The gradient of elu from its input or, with `is_result`, from its output."""
    x = self_or_result
    below = x + alpha * scale if is_result else (x * input_scale).exp() * (alpha * scale)
    return grad_output * (below * input_scale).where(x <= 0, x.new_full((), scale))


def elu(self, alpha=1, scale=1, input_scale=1):
    """elu with a scale of the result and one of the exponent (aten::elu)."""
    return (self * scale).where(self > 0, (self * input_scale).expm1() * (alpha * scale))


def leaky_relu_backward(grad_output, self, negative_slope, self_is_result):
    """The gradient of leaky_relu; the output has the sign of the input, so that either will do."""
    return grad_output.where(self > 0, grad_output * negative_slope)


def rrelu_with_noise_backward(grad_output, self, noise, lower, upper, training, self_is_result):
    """The gradient of rrelu: the slopes drawn in training, otherwise the mean one."""
    if training and upper - lower > 1e-6:
        return grad_output * noise
    return leaky_relu_backward(grad_output, self, (lower + upper) / 2, self_is_result)


def log_sigmoid_forward(self):
    """logsigmoid and exp(-|input|) (aten::log_sigmoid_forward)."""
    return F.logsigmoid(self), (-self.abs()).exp()


def softmax_backward(grad_output, output, dim, input_dtype):
    """The gradient of softmax from its output."""
    product = grad_output * output
    return (product - output * product.sum(dim, keepdim=True)).to(input_dtype)


def log_softmax_backward(grad_output, output, dim, input_dtype):
    """The gradient of log_softmax from its output."""
    return (grad_output - output.exp() * grad_output.sum(dim, keepdim=True)).to(input_dtype)


def prelu_kernel(self, weight):
    """prelu with a weight that broadcasts (aten::_prelu_kernel)."""
    return self.where(self > 0, self * weight)


def prelu_kernel_backward(grad_output, self, weight):
    """The gradients of `prelu_kernel`, that of the weight not summed yet."""
    above = self > 0
    return grad_output.where(above, grad_output * weight), (grad_output * self).masked_fill(above, 0)


KERNELS = {
    "gelu_backward": elementwise(F.gelu),
    "glu_backward": lambda grad_output, self, dim: pulled(lambda x: F.glu(x, dim), grad_output, self)[0],
    "hardshrink_backward": elementwise(F.hardshrink),
    "hardsigmoid_backward": elementwise(F.hardsigmoid),
    "hardswish_backward": elementwise(F.hardswish),
    "hardtanh_backward": elementwise(F.hardtanh),
    "log_sigmoid_backward": lambda grad_output, self, buffer: pulled(F.logsigmoid, grad_output, self)[0],
    "logit_backward": elementwise(logit),
    "mish_backward": elementwise(F.mish),
    "silu_backward": elementwise(F.silu),
    "softplus_backward": elementwise(F.softplus),
    "softshrink_backward": elementwise(F.softshrink),
    "elu": elu,
    "elu_backward": elu_backward,
    "leaky_relu_backward": leaky_relu_backward,
    "rrelu_with_noise_backward": rrelu_with_noise_backward,
    "log_sigmoid_forward": log_sigmoid_forward,
    "_softmax_backward_data": softmax_backward,
    "_log_softmax_backward_data": log_softmax_backward,
    "_prelu_kernel": prelu_kernel,
    "_prelu_kernel_backward": prelu_kernel_backward,
}
