"""Memory formats of convolution weights: arrays have one layout here, so there is nothing to convert."""

from __future__ import annotations

from ..module import Module
from ..modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def _convert(module: Module, memory_format, kinds: tuple) -> Module:
    for child in module.modules():
        if isinstance(child, kinds):
            child.weight.data = child.weight.detach().clone(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: Module, memory_format) -> Module:
    """Give the weights of all 2-d convolutions in the module this memory format (torch.nn.utils.convert_conv2d_weight_memory_format)."""
    return _convert(module, memory_format, (Conv2d, ConvTranspose2d))


def convert_conv3d_weight_memory_format(module: Module, memory_format) -> Module:
    """Give the weights of all 3-d convolutions in the module this memory format (torch.nn.utils.convert_conv3d_weight_memory_format)."""
    return _convert(module, memory_format, (Conv3d, ConvTranspose3d))
