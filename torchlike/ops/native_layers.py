"""Layers as `torch.*` has them: the computations of `torch.nn.functional` in the order of PyTorch's C++, with integers for modes, and the
`native_*` forms that also return the statistics they normalised by.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import bool as boolean
from ..core.inplace import assign_as, check_writable
from ..core.op import function, op
from ..core.random import next_seed
from . import embedding as tables
from .activation import _rrelu
from .conv import _run as run_convolution
from .create import ones
from .dropout import _kept
from .grid import _MODES, _PADDINGS, _affine_grid, grid_sample
from .lowering import channel_sum, wide
from .normalization import _moments, _plane_shape, _row_shape, _torch_batch_norm, _torch_group_norm, _torch_layer_norm


@function
def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight` by index (torch.embedding); the row `padding_idx` gets no gradient."""
    padding = padding_idx if 0 <= padding_idx < weight.size(0) else None
    return tables.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


@function
def embedding_renorm_(input, indices, max_norm, norm_type):
    """Scale the indexed rows down, in place, to a norm of at most `max_norm` (torch.embedding_renorm_)."""
    check_writable(input, (), "embedding_renorm_")
    tables._limit_norms(input, indices, max_norm, norm_type)
    return input


@op(name="_bag_statistics", public=False, differentiable=False)
def _bag_statistics(weight, indices, offsets, /, bags, padding_idx, maxima):
    """The bag of each index, the number of indices in each bag, and, if asked, the index that gave each maximum."""
    bag = jnp.searchsorted(offsets[:bags], jnp.arange(indices.size), side="right") - 1
    counted = indices != padding_idx
    sizes = jnp.zeros(bags, np.int64).at[bag].add(counted)
    if not maxima:
        return bag.astype(np.int64), sizes, sizes
    rows = jnp.where(counted[:, None], weight[indices], -jnp.inf)
    best = jnp.full((bags, weight.shape[1]), -jnp.inf, weight.dtype).at[bag].max(rows)
    winners = jnp.where(rows == best[bag], indices[:, None], -1)
    return bag.astype(np.int64), sizes, jnp.full(best.shape, -1, np.int64).at[bag].max(winners)


@function
def embedding_bag(weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=None,
                  include_last_offset=False, padding_idx=None):
    """Sums (mode 0), means (1) or maxima (2) of bags of rows: (output, bag of each index, size of each bag, index behind each maximum)
    (torch.embedding_bag). Without maxima the last result is the sizes again."""
    if mode not in (0, 1, 2):
        raise RuntimeError("`mode` must be sum, mean, or max.")
    name = ("sum", "mean", "max")[mode]
    padding = padding_idx if padding_idx is not None and padding_idx >= 0 else None
    out = tables.embedding_bag(indices, weight, offsets, scale_grad_by_freq=scale_grad_by_freq, mode=name, sparse=sparse,
                               per_sample_weights=per_sample_weights, include_last_offset=include_last_offset, padding_idx=padding)
    return out, *_bag_statistics(weight, indices, offsets, out.size(0), -1 if padding is None else padding, mode == 2)


@function
def grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners):
    """Sample an image at positions in [-1, 1] (torch.grid_sampler); modes and paddings are numbered as in `grid_sample`'s errors."""
    return grid_sample(input, grid, _MODES[interpolation_mode], _PADDINGS[padding_mode], align_corners)


@function
def grid_sampler_2d(input, grid, interpolation_mode, padding_mode, align_corners):
    """`grid_sampler` of (N, C, H, W) (torch.grid_sampler_2d)."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


@function
def grid_sampler_3d(input, grid, interpolation_mode, padding_mode, align_corners):
    """`grid_sampler` of (N, C, D, H, W) (torch.grid_sampler_3d)."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


@function(name="affine_grid_generator")
def affine_grid_generator(theta, size, align_corners):
    """The grid of an affine map for an image of `size` (torch.affine_grid_generator)."""
    return dispatch(_affine_grid.op, (theta,), (tuple(int(n) for n in size), bool(align_corners)))


@function
def convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups):
    """Convolution, plain or transposed, in one to three dimensions (torch.convolution)."""
    rank = weight.ndim - 2
    return run_convolution(rank, f"conv{rank}d", input, weight, bias, stride, padding, dilation, groups, transposed, output_padding)


@op(name="_row_statistics", public=False, differentiable=False)
def _row_statistics(input, /, normalized_shape, eps):
    mean, rstd = _moments(wide(input).reshape(_row_shape(input, normalized_shape)), eps)
    shape = (*input.shape[: input.ndim - len(normalized_shape)], *(1,) * len(normalized_shape))
    return mean.reshape(shape).astype(input.dtype), rstd.reshape(shape).astype(input.dtype)


@function
def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """`layer_norm` with the mean and the reciprocal deviation of each block (torch.native_layer_norm)."""
    shape = tuple(normalized_shape)
    return (_torch_layer_norm(input, shape, weight, bias, eps), *_row_statistics(input, shape, eps))


@op(name="_group_statistics", public=False, node="NativeGroupNormBackward0")
def _group_statistics(input, /, groups, eps):
    rows = wide(input).reshape(input.shape[0], groups, math.prod(input.shape[1:]) // groups)
    mean, square = rows.mean(-1), jnp.square(rows - rows.mean(-1, keepdims=True)).mean(-1)
    return mean.astype(input.dtype), (1 / jnp.sqrt(square + eps)).astype(input.dtype)


@function
def native_group_norm(input, weight, bias, N, C, HxW, group, eps):
    """`group_norm` with the mean and the reciprocal deviation of each group (torch.native_group_norm)."""
    return (_torch_group_norm(input, group, weight, bias, eps), *_group_statistics(input, group, eps))


@op(name="_channel_statistics", public=False, differentiable=False)
def _channel_statistics(input, /, eps, dtype):
    x = wide(input).reshape(_plane_shape(input))
    count = x.shape[0] * x.shape[2]
    mean = channel_sum(x) / count
    rstd = 1 / jnp.sqrt(channel_sum(jnp.square(x - mean[:, None])) / count + eps)
    return mean.astype(dtype), rstd.astype(dtype)


@function
def native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """`batch_norm` with the mean and the reciprocal deviation of each channel, empty outside of training (torch.native_batch_norm)."""
    out = _torch_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    if training:
        parameters = [p for p in (weight, bias, running_mean, running_var, input) if p is not None]
        return (out, *_channel_statistics(input, eps, parameters[0]._aval.dtype))
    nothing = input.new_empty((0,))
    return out, nothing, nothing


@op(name="_dropout_mask", public=False, differentiable=False)
def _dropout_mask(input, p, seed, /):
    return _kept(input, p, seed, False)


@function
def native_dropout(input, p, train):
    """Dropout with the mask of the survivors (torch.native_dropout)."""
    if train is not None and not train or not p:
        return input.clone(), ones(input.shape, dtype=boolean, device=input.device)
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={1 - p:.6g}")
    mask = _dropout_mask(input, float(p), next_seed())
    return input * mask * (0.0 if p == 1 else 1 / (1 - p)), mask


def _inplace_of(name: str):
    """The in-place form of one of the top-level dropouts."""
    from ..core.op import ENTRIES

    base = ENTRIES[name].call

    def variant(input, p, train):
        check_writable(input)
        return assign_as("mul_", input, base(input, p, train)) if train and p else input

    variant.__doc__ = f"`torch.{name}` of a tensor in place (torch.{name}_)."
    function(variant, name=f"{name}_")


for _name in ("dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout"):
    _inplace_of(_name)


@function
def rrelu_(input, lower=1 / 8, upper=1 / 3, training=False, generator=None):
    """`torch.rrelu` of a tensor in place (torch.rrelu_)."""
    check_writable(input)
    return assign_as("relu_", input, _rrelu(input, lower, upper, training, generator))
