"""Backward kernels of views and of selections: the gradient put where its elements came from."""

from __future__ import annotations

from ..ops.reduce import cumprod
from .pullback import pulled


def _zeros(grad, sizes):
    return grad.new_zeros(tuple(sizes))


def select_backward(grad_output, input_sizes, dim, index):
    """The gradient of select."""
    return _zeros(grad_output, input_sizes).select_scatter(grad_output, dim, index)


def slice_backward(grad_output, input_sizes, dim, start, end, step):
    """The gradient of a slice."""
    return _zeros(grad_output, input_sizes).slice_scatter(grad_output, dim, start, end, step)


def diagonal_backward(grad_output, input_sizes, offset, dim1, dim2):
    """The gradient of diagonal."""
    return _zeros(grad_output, input_sizes).diagonal_scatter(grad_output, offset, dim1, dim2)


def trace_backward(grad, sizes):
    """The gradient of trace."""
    found = _zeros(grad, sizes)
    return found.diagonal_scatter(grad.expand(min(sizes)))


def value_selecting_reduction_backward(grad, dim, indices, sizes, keepdim):
    """The gradient of a reduction that chose an element, such as max along a dim."""
    if not keepdim and len(sizes):
        grad, indices = grad.unsqueeze(dim), indices.unsqueeze(dim)
    return _zeros(grad, sizes).scatter(dim, indices, grad)


def masked_select_backward(grad, input, mask):
    """The gradient of masked_select."""
    found = input.new_zeros((input + mask).shape) if input.shape != mask.shape else input.new_zeros(input.shape)
    return found.masked_scatter(mask, grad).sum_to_size(input.shape)


def masked_scatter_backward(grad_output, mask, sizes):
    """The gradient of masked_scatter's source."""
    taken = grad_output.masked_select(mask)
    return _zeros(grad_output, sizes).reshape(-1).slice_scatter(taken, 0, 0, taken.numel()).reshape(tuple(sizes))


KERNELS = {
    "cummaxmin_backward": lambda grad, input, indices, dim: input.new_zeros(input.shape).scatter_add(dim, indices, grad),
    "cumprod_backward": lambda grad, input, dim, output: pulled(lambda x: cumprod(x, dim), grad, input)[0],
    "diagonal_backward": diagonal_backward,
    "gather_backward": lambda grad, self, dim, index, sparse_grad: self.new_zeros(self.shape).scatter_add(dim, index, grad),
    "index_select_backward": lambda grad, self_sizes, dim, index: _zeros(grad, self_sizes).index_add(dim, index, grad),
    "masked_scatter_backward": masked_scatter_backward,
    "masked_select_backward": masked_select_backward,
    "matrix_exp_backward": lambda self, grad: pulled(lambda x: x.matrix_exp(), grad, self)[0],
    "select_backward": select_backward,
    "slice_backward": slice_backward,
    "trace_backward": trace_backward,
    "value_selecting_reduction_backward": value_selecting_reduction_backward,
}
