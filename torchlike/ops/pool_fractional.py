"""Fractional max pooling: windows of one size at pseudo-random, nearly even places, so that the output may be of any smaller size."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import op
from ..core.random import key_from, next_seed
from .pool import first_or_last_nan, scatter_planes
from .pool_checks import pool_tuple


def _starts(samples, size: int, out: int, kernel: int):
    """(..., out): where the windows of one dimension begin, given a number in [0, 1) per plane."""
    if out <= 1:
        return jnp.full((*samples.shape, out), size - kernel)
    step = jnp.asarray((size - kernel) / (out - 1), samples.dtype)
    i = jnp.arange(out, dtype=samples.dtype)
    first = ((i + samples[..., None]) * step).astype(jnp.int64) - (samples[..., None] * step).astype(jnp.int64)
    return first.at[..., -1].set(size - kernel)


def _fractional_kernel(input, samples, /, kernel, output_size):
    """Window maxima and their positions in the flattened plane; `samples` (N, C, rank) or a seed to draw them from."""
    rank = len(kernel)
    if samples.dtype == jnp.uint32:
        samples = jax.random.uniform(key_from(samples), (*input.shape[:2], rank), input.dtype)
    samples = samples[: input.shape[0]]
    size = input.shape[2:]
    # PyTorch counts the samples of an image from its width.
    order = range(rank) if rank == 3 else reversed(range(rank))
    windows, flat = input, 0
    for axis, sample in enumerate(order):
        starts = _starts(samples[..., sample], size[axis], output_size[axis], kernel[axis])
        index = starts[..., None] + jnp.arange(kernel[axis])
        along = index.reshape(*index.shape[:2], *(output_size[axis] * kernel[axis] if d == axis else 1 for d in range(rank)))
        windows = jnp.take_along_axis(windows, along, axis + 2)
        flat = flat * size[axis] + along
    parts = [n for pair in zip(output_size, kernel, strict=True) for n in pair]
    permutation = [0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 3 + 2 * rank, 2)]

    def grouped(x):
        full = jnp.broadcast_to(x, windows.shape).reshape(*input.shape[:2], *parts)
        return full.transpose(permutation).reshape(*input.shape[:2], *output_size, math.prod(kernel))

    values = grouped(windows)
    winner = first_or_last_nan(values)[..., None]
    return jnp.take_along_axis(values, winner, -1)[..., 0], jnp.take_along_axis(grouped(flat), winner, -1)[..., 0]


def _rule(grads, outs, input):
    # The first of equals takes the gradient.
    return scatter_planes(grads[0], outs[1], input.shape[2:]), None


_kernels = {}
for _rank in (2, 3):
    _kernels[_rank] = op(_fractional_kernel, name=f"fractional_max_pool{_rank}d_kernel", public=False, node=f"FractionalMaxPool{_rank}DBackward0")
    _kernels[_rank].vjp(_rule)


def _check_samples(rank: int, input, samples) -> None:
    """RuntimeError unless there is a number for each dimension of each plane of the batch, of the input's dtype."""
    if samples.dtype != input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    if samples.size(0) < input.size(0):
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.size(1) != input.size(1):
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.size(2) != rank:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {rank}; got {samples.size(2)}.")


def _check_not_empty(name: str, rank: int, shape: tuple, batched: bool) -> None:
    """RuntimeError if there are no planes to pool."""
    for d in range(int(batched), len(shape)):
        if shape[d] == 0:
            raise RuntimeError(f"{name}{'_out' * (rank == 3)}(): Expected input to have non-zero size for non-batch dimensions, but "
                               f"got{list(shape)} with dimension {d} being empty.")


def _run(rank, input, kernel_size, output_size, output_ratio, samples):
    name = f"fractional_max_pool{rank}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    kernel = pool_tuple(kernel_size, rank, name, "kernel_size")
    space = tuple(input.shape)[-rank:]
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, list | tuple) else (output_ratio,) * rank
        output_size = tuple(int(n * r) for n, r in zip(space, ratios, strict=True))
    out = pool_tuple(output_size, rank, name, "output_size")
    for axis, n, o, k in zip(("time", "height", "width")[-rank:], space, out, kernel, strict=True):
        if o + k - 1 > n:
            raise RuntimeError(f"{name}(): pool {axis} {k} too large relative to input {axis} {n}")
    batched = input.ndim == rank + 2
    _check_not_empty(name, rank, tuple(input.shape), batched)
    if samples is not None:
        _check_samples(rank, input if batched else input.unsqueeze(0), samples)
    values, indices = dispatch(
        _kernels[rank].op, (input if batched else input.unsqueeze(0), next_seed() if samples is None else samples), (kernel, out)
    )
    return (values, indices) if batched else (values.squeeze(0), indices.squeeze(0))


def fractional_max_pool2d(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None):
    """Max pooling of (N, C, H, W) to any smaller size (torch.nn.functional.fractional_max_pool2d)."""
    result = _run(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return result if return_indices else result[0]


def fractional_max_pool2d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False,
                                       _random_samples=None):
    """(values, indices) of fractional_max_pool2d (torch.nn.functional.fractional_max_pool2d_with_indices)."""
    return _run(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None):
    """Max pooling of (N, C, D, H, W) to any smaller size (torch.nn.functional.fractional_max_pool3d)."""
    result = _run(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return result if return_indices else result[0]


def fractional_max_pool3d_with_indices(input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False,
                                       _random_samples=None):
    """(values, indices) of fractional_max_pool3d (torch.nn.functional.fractional_max_pool3d_with_indices)."""
    return _run(3, input, kernel_size, output_size, output_ratio, _random_samples)
