"""Folding a batch norm in evaluation mode into the layer before it (torch.nn.utils.fusion)."""

from __future__ import annotations

import copy

from ... import rsqrt
from ..module import Module
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _folded(layer: Module, bn: Module, fuse, **options) -> Module:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    fused = copy.deepcopy(layer)
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused.weight, fused.bias = fuse(fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, **options)
    return fused


def _factor_and_offset(bias, mean, var, eps, bn_weight, bn_bias) -> tuple:
    """What the weight is multiplied with, and the new bias."""
    factor = rsqrt(var + eps) if bn_weight is None else bn_weight * rsqrt(var + eps)
    offset = -mean if bias is None else bias - mean
    return factor, offset * factor if bn_bias is None else offset * factor + bn_bias


def _parameters(weight, factor, new_bias, old_bias) -> tuple[Parameter, Parameter]:
    fused = (weight * factor).to(dtype=weight.dtype)
    new_bias = new_bias.to(dtype=(weight if old_bias is None else old_bias).dtype)
    return Parameter(fused, weight.requires_grad), Parameter(new_bias, old_bias is not None and old_bias.requires_grad)


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """A copy of a convolution that does what it and the batch norm after it do; `transpose` says that it is a transposed one."""
    return _folded(conv, bn, fuse_conv_bn_weights, transpose=transpose)


def fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps: float, bn_w, bn_b, transpose: bool = False) -> tuple[Parameter, Parameter]:
    """The weight and bias of the convolution with the batch norm folded into it."""
    factor, bias = _factor_and_offset(conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    shape = [1, -1] if transpose else [-1, 1]
    return _parameters(conv_w, factor.reshape(shape + [1] * (conv_w.ndim - 2)), bias, conv_b)


def fuse_linear_bn_eval(linear: Module, bn: Module) -> Module:
    """A copy of a linear layer that does what it and the batch norm after it do."""
    if linear.out_features != bn.num_features and bn.num_features != 1 and not (linear.training or bn.training):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    return _folded(linear, bn, fuse_linear_bn_weights)


def fuse_linear_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps: float, bn_w, bn_b) -> tuple[Parameter, Parameter]:
    """The weight and bias of the linear layer with the batch norm folded into it."""
    factor, bias = _factor_and_offset(linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    return _parameters(linear_w, factor.unsqueeze(-1), bias, linear_b)
