"""Pooling to a given output size, max unpooling and power-average pooling.

An adaptive average is linear and separable: one small matrix product per dimension (global pooling is a plain mean). An adaptive maximum
gathers each dimension's windows padded to the longest.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import int64, scalar_type_name
from ..core.failing import refuse_backward
from ..core.op import function, op
from ..core.precision import matmul_precision
from .index_check import refuse_outside
from .lowering import wide
from .pool import avg_pool1d, avg_pool2d, avg_pool3d, first_or_last_nan, max_pool1d, max_pool2d, max_pool3d, scatter_planes
from .pool_checks import adaptive_size, as_picture, pool_tuple


def _bounds(size: int, out: int) -> tuple:
    """First and one-past-last element of each of `out` nearly equal windows over `size`."""
    i = np.arange(out)
    return i * size // out, -(-((i + 1) * size) // out)


def _adaptive_avg_kernel(input, /, output_size):
    """Mean of each adaptive window over the trailing dimensions."""
    rank = len(output_size)
    dtype, input = input.dtype, wide(input)
    for axis, out in zip(range(input.ndim - rank, input.ndim), output_size, strict=True):
        size = input.shape[axis]
        if out == 1:
            input = input.mean(axis, keepdims=True)
        elif out != size:
            first, last = _bounds(size, out)
            position = np.arange(size)[:, None]
            weight = ((position >= first) & (position < last)) / (last - first)
            averaged = jnp.tensordot(input, jnp.asarray(weight, input.dtype), (axis, 0), precision=matmul_precision())
            input = jnp.moveaxis(averaged, -1, axis)
    return input.astype(dtype)


def _adaptive_max_kernel(input, /, output_size):
    """Largest element of each adaptive window and its int64 position in the flattened input plane."""
    rank = len(output_size)
    size = input.shape[-rank:]
    windows, positions = input, np.zeros((), np.int64)
    for axis, (n, out) in enumerate(zip(size, output_size, strict=True)):
        first, last = _bounds(n, out)
        reach = int((last - first).max(initial=0))
        index = np.minimum(first[:, None] + np.arange(reach), last[:, None] - 1)
        # Repeats of a window's last element never win against the first of equals.
        windows = jnp.take(windows, jnp.asarray(index), axis=input.ndim - rank + 2 * axis)
        positions = positions[..., None, None] * n + index
    front = input.ndim - rank
    if not math.prod(output_size):
        return jnp.zeros((*input.shape[:front], *output_size), input.dtype), jnp.zeros((*input.shape[:front], *output_size), jnp.int64)
    order = [*range(front), *(front + 2 * i for i in range(rank)), *(front + 2 * i + 1 for i in range(rank))]
    flat = windows.transpose(order)
    flat = flat.reshape(*flat.shape[: front + rank], math.prod(flat.shape[front + rank :]))
    table = positions.transpose([2 * i for i in range(rank)] + [2 * i + 1 for i in range(rank)]).reshape(*output_size, flat.shape[-1])
    winner = first_or_last_nan(flat)
    best = jnp.take_along_axis(flat, winner[..., None], -1)[..., 0]
    indices = jnp.take_along_axis(jnp.broadcast_to(jnp.asarray(table), flat.shape), winner[..., None], -1)[..., 0]
    return best, indices


def _refuse_empty(kind: str, rank: int, *results) -> None:
    """Let the derivative of an output without elements, whose gradient PyTorch's kernels do not take, be RuntimeError."""
    shape = as_picture(rank, results[0].shape)
    empty = next((d for d in range(1, len(shape)) if shape[d] == 0), None)
    if empty is not None:
        refuse_backward(f"adaptive_{kind}_pool{max(rank, 2)}d_backward(): Expected grad_output to have non-zero size for non-batch dimensions, but "
                        f"grad_output has sizes {shape} with dimension {empty} being empty", *results)


def _adaptive_max_rule(grads, outs, input, output_size):
    # The first of equals takes all of the gradient.
    return scatter_planes(grads[0], outs[1], input.shape[-len(output_size):])


def _max_unpool_kernel(input, indices, /, size):
    """Zeros of `size` with the input at the positions that max pooling reported."""
    rank = len(size)
    planes, each = math.prod(input.shape[:-rank]), math.prod(input.shape[-rank:])
    flat = jnp.zeros((planes, math.prod(size)), input.dtype)
    rows = jnp.arange(planes)[:, None]
    return flat.at[rows, indices.reshape(planes, each)].set(input.reshape(planes, each)).reshape(*input.shape[:-rank], *size)


def _max_unpool_rule(grad, input, indices, size):
    # Every element gets the gradient of the place it was written to, even one that another element overwrote.
    rank = len(size)
    planes, each = math.prod(input.shape[:-rank]), math.prod(input.shape[-rank:])
    flat = jnp.take_along_axis(grad.reshape(planes, math.prod(size)), indices.reshape(planes, each), 1)
    return flat.reshape(input.shape), None


_mean: dict = {}
_max: dict = {}
_unpool: dict = {}
for _rank in (2, 3):
    for _table, _kernel, _name in (
        (_mean, _adaptive_avg_kernel, "AdaptiveAvgPool"),
        (_max, _adaptive_max_kernel, "AdaptiveMaxPool"),
        (_unpool, _max_unpool_kernel, "MaxUnpool"),
    ):
        _table[_rank] = op(_kernel, name=f"{_name}{_rank}d_kernel", public=False, node=f"{_name}{_rank}DBackward0")
    _max[_rank].vjp(_adaptive_max_rule)
    _unpool[_rank].vjp(_max_unpool_rule)


def _adaptive_avg(rank, input, output_size):
    size = adaptive_size(rank, "avg", input, output_size)
    if size == (1,) * rank and input.numel():
        return input.mean(tuple(range(-rank, 0)), keepdim=True)
    result = dispatch(_mean[max(rank, 2)].op, (input,), (size,))
    _refuse_empty("avg", rank, result)
    return result


def _adaptive_max(rank, input, output_size, return_indices):
    size = adaptive_size(rank, "max", input, output_size)
    values, indices = dispatch(_max[max(rank, 2)].op, (input,), (size,))
    _refuse_empty("max", rank, values)
    return (values, indices) if return_indices else values


@function
def adaptive_avg_pool1d(input, output_size):
    """(N, C, L) -> (N, C, output_size), each the mean of its share of the input (torch.adaptive_avg_pool1d)."""
    return _adaptive_avg(1, input, output_size)


def adaptive_avg_pool2d(input, output_size):
    """(N, C, H, W) -> (N, C, *output_size) by averaging (torch.nn.functional.adaptive_avg_pool2d)."""
    return _adaptive_avg(2, input, output_size)


def adaptive_avg_pool3d(input, output_size):
    """(N, C, D, H, W) -> (N, C, *output_size) by averaging (torch.nn.functional.adaptive_avg_pool3d)."""
    return _adaptive_avg(3, input, output_size)


def adaptive_max_pool1d(input, output_size, return_indices: bool = False):
    """(N, C, L) -> (N, C, output_size), each the largest of its share (torch.nn.functional.adaptive_max_pool1d)."""
    return _adaptive_max(1, input, output_size, return_indices)


@function(name="adaptive_max_pool1d")
def adaptive_max_pool1d_with_indices(input, output_size, return_indices: bool = True):
    """(values, indices) of adaptive_max_pool1d (torch.adaptive_max_pool1d)."""
    return _adaptive_max(1, input, output_size, True)


def adaptive_max_pool2d(input, output_size, return_indices: bool = False):
    """(N, C, H, W) -> (N, C, *output_size) by maximum (torch.nn.functional.adaptive_max_pool2d)."""
    return _adaptive_max(2, input, output_size, return_indices)


def adaptive_max_pool2d_with_indices(input, output_size, return_indices: bool = True):
    """(values, indices) of adaptive_max_pool2d (torch.nn.functional.adaptive_max_pool2d_with_indices)."""
    return _adaptive_max(2, input, output_size, True)


def adaptive_max_pool3d(input, output_size, return_indices: bool = False):
    """(N, C, D, H, W) -> (N, C, *output_size) by maximum (torch.nn.functional.adaptive_max_pool3d)."""
    return _adaptive_max(3, input, output_size, return_indices)


def adaptive_max_pool3d_with_indices(input, output_size, return_indices: bool = True):
    """(values, indices) of adaptive_max_pool3d (torch.nn.functional.adaptive_max_pool3d_with_indices)."""
    return _adaptive_max(3, input, output_size, True)


def _check_unpooling(rank: int, input, indices) -> None:
    """RuntimeError unless `indices` is an int64 Tensor of the shape of a non-empty input."""
    planar = max(rank, 2)
    shape, found = ([*t.shape, 1] if rank == 1 else list(t.shape) for t in (input, indices))
    if indices.dtype != int64:
        got = f" but got: {scalar_type_name(indices.dtype.np)}" if rank < 3 else ""
        raise RuntimeError(f"elements in indices should be type int64{got}")
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(f"Input to max_unpooling{planar}d should be a {planar + 1}d or {planar + 2}d Tensor, but got a tensor with "
                           f"{len(shape)} dimensions.")
    if found != shape:
        raise RuntimeError(f"Expected shape of indices to be same as that of the input tensor ({shape}) but got indices tensor with shape: "
                           f"{found}")
    for d in range(len(shape) - planar - 1, len(shape)):
        if shape[d] == 0:
            raise RuntimeError(f"max_unpooling{planar}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but "
                               f"got {shape} with dimension {d} being empty.")


def _max_unpool(rank, input, indices, kernel_size, stride, padding, output_size):
    name = f"max_unpool{rank}d"
    kernel = pool_tuple(kernel_size, rank, name, "kernel_size")
    _check_unpooling(rank, input, indices)
    steps = kernel if stride is None else pool_tuple(stride, rank, name, "stride")
    pads = pool_tuple(padding, rank, name, "padding")
    smallest = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(tuple(input.shape)[-rank:], steps, kernel, pads, strict=True)]
    size = smallest if output_size is None else list(output_size)[-rank:]
    if output_size is not None:
        if len(output_size) not in (rank, rank + 2):
            raise ValueError(f"output_size should be a sequence containing {rank} or {rank + 2} elements, "
                             f"but it has a length of '{len(output_size)}'")
        for d, (n, least, s) in enumerate(zip(size, smallest, steps, strict=True)):
            if not least - s < n < least + s:
                raise ValueError(f'invalid output_size "{output_size[-rank:]}" (dim {d} must be between {least - s} and {least + s})')
    size = tuple(int(n) for n in size)
    plane = "x".join(map(str, (*size, 1) if rank == 1 else size))
    refuse_outside(indices, 0, math.prod(size), lambda _, i: RuntimeError(f"Found an invalid max index: {i} (output volumes are of size {plane})"))
    return dispatch(_unpool[max(rank, 2)].op, (input, indices), (size,))


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Partial inverse of max_pool1d: maxima at their places, zeros elsewhere (torch.nn.functional.max_unpool1d)."""
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Partial inverse of max_pool2d: maxima at their places, zeros elsewhere (torch.nn.functional.max_unpool2d)."""
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Partial inverse of max_pool3d: maxima at their places, zeros elsewhere (torch.nn.functional.max_unpool3d)."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


_GREATEST = (max_pool1d, max_pool2d, max_pool3d)


def _lp_pool(average, rank, input, norm_type, kernel_size, stride, ceil_mode):
    kernel = pool_tuple(kernel_size, rank, f"lp_pool{rank}d", "kernel_size")
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        return _GREATEST[rank - 1](input.abs() * sign, kernel, stride, ceil_mode=ceil_mode) * sign
    mean = average(input.pow(norm_type), kernel, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(math.prod(kernel)).pow(1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """(sum over the window of input ** norm_type) ** (1 / norm_type) (torch.nn.functional.lp_pool1d)."""
    return _lp_pool(avg_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """(sum over the window of input ** norm_type) ** (1 / norm_type) (torch.nn.functional.lp_pool2d)."""
    return _lp_pool(avg_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """(sum over the window of input ** norm_type) ** (1 / norm_type) (torch.nn.functional.lp_pool3d)."""
    return _lp_pool(avg_pool3d, 3, input, norm_type, kernel_size, stride, ceil_mode)
