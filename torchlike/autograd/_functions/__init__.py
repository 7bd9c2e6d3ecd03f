"""Functions of torch.autograd that are written as custom Functions (torch.autograd._functions)."""

from __future__ import annotations

import math

from ..function import Function


class Resize(Function):
    """`Resize.apply(tensor, sizes)`: the same elements in another shape."""

    @staticmethod
    def forward(ctx, tensor, sizes: tuple):
        if math.prod(sizes) != tensor.numel():
            raise RuntimeError(
                f"requested resize to {'x'.join(map(str, sizes))} ({math.prod(sizes)} elements in total), but the given tensor has a size of "
                f"{'x'.join(map(str, tensor.size()))} ({tensor.numel()} elements). autograd's resize can only change the shape of a given "
                "tensor, while preserving the number of elements. "
            )
        ctx.sizes, ctx.input_sizes = sizes, tensor.size()
        return tensor.contiguous().view(*sizes)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.contiguous().view(ctx.input_sizes), None


__all__ = ["Resize"]
