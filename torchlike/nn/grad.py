"""Gradients of convolutions as functions (torch.nn.grad), themselves differentiable."""

from __future__ import annotations

from collections.abc import Callable

from ..autograd import grad
from ..core.modes import enable_grad, is_grad_enabled
from .functional import conv1d, conv2d, conv3d

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]


def _gradient(conv: Callable, input, weight, wanted: int, grad_output, settings: tuple):
    """The gradient of a convolution by argument number `wanted`. It is linear in both, so the value of that one does not matter."""
    keep_graph = is_grad_enabled()
    arguments = [input, weight]
    with enable_grad():
        arguments[wanted] = arguments[wanted].requires_grad_()
        output = conv(*arguments, None, *settings)
        return grad(output, arguments[wanted], grad_output, create_graph=keep_graph)[0]


def _by_input(conv, input_size, weight, grad_output, *settings):
    return _gradient(conv, grad_output.new_zeros(input_size), weight, 0, grad_output, settings)


def _by_weight(conv, input, weight_size, grad_output, *settings):
    return _gradient(conv, input, grad_output.new_zeros(weight_size), 1, grad_output, settings)


def conv1d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv1d by an input of this size."""
    return _by_input(conv1d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv1d by a weight of this size."""
    return _by_weight(conv1d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv2d by an input of this size."""
    return _by_input(conv2d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv2d by a weight of this size."""
    return _by_weight(conv2d, input, weight_size, grad_output, stride, padding, dilation, groups)


def conv3d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv3d by an input of this size."""
    return _by_input(conv3d, input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of conv3d by a weight of this size."""
    return _by_weight(conv3d, input, weight_size, grad_output, stride, padding, dilation, groups)
