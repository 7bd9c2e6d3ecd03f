"""Backward kernels of normalisations, convolutions, embeddings, samplers and distances."""

from __future__ import annotations

from ..nn import functional as F
from ..ops import native_layers as native
from ..ops.vector_norm import cdist
from .pullback import masked, pulled


def _normalised(grad, x, mean, rstd, weight, dims: tuple, fixed: bool = False) -> tuple:
    """(gradient of x, that of the weight before its sum) where `(x - mean) * rstd * weight` was computed; moments over `dims`, unless fixed."""
    normal = (x - mean) * rstd
    scaled = grad if weight is None else grad * weight
    if not fixed:
        along = (scaled * normal).mean(dims, keepdim=True)
        scaled = scaled - scaled.mean(dims, keepdim=True) - normal * along
    return (scaled * rstd).to(x.dtype), grad * normal


def _asked(mask, *gradients) -> tuple:
    """The gradients that the mask asks for, each computed only then."""
    return tuple(compute() if wanted else None for wanted, compute in zip(mask, gradients, strict=True))


def native_layer_norm_backward(grad_out, input, normalized_shape, mean, rstd, weight, bias, output_mask):
    """The gradients of native_layer_norm: input, weight, bias."""
    rank = len(normalized_shape)
    outer = tuple(range(input.ndim - rank))
    to_input, to_weight = _normalised(grad_out, input, mean, rstd, weight, tuple(range(-rank, 0)))

    def summed(each):
        return (each.sum(outer) if outer else each).to(input.dtype)

    return _asked(output_mask, lambda: to_input, lambda: None if weight is None else summed(to_weight),
                  lambda: None if bias is None else summed(grad_out))


def native_group_norm_backward(grad_out, input, mean, rstd, weight, N, C, HxW, group, output_mask):
    """The gradients of native_group_norm: input, weight, bias."""
    groups = (N, group, C // group, HxW)
    each = None if weight is None else weight.reshape(1, group, C // group, 1)
    moments = (m.reshape(N, group, 1, 1) for m in (mean, rstd))
    to_input, to_weight = _normalised(grad_out.reshape(groups), input.reshape(groups), *moments, each, (2, 3))
    return _asked(output_mask, lambda: to_input.reshape(input.shape), lambda: to_weight.sum((0, 3)).reshape(C).to(input.dtype),
                  lambda: grad_out.reshape(N, C, HxW).sum((0, 2)).to(input.dtype))


def native_batch_norm_backward(grad_out, input, weight, running_mean, running_var, save_mean, save_invstd, train, eps, output_mask):
    """The gradients of native_batch_norm: input, weight, bias."""
    channels = (1, input.size(1), *(1,) * (input.ndim - 2))
    others = (0, *range(2, input.ndim))
    mean, rstd = (save_mean, save_invstd) if train else (running_mean, (running_var + eps).rsqrt())
    each = None if weight is None else weight.reshape(channels)
    to_input, to_weight = _normalised(grad_out, input, mean.reshape(channels), rstd.reshape(channels), each, others, fixed=not train)
    kind = input.dtype if weight is None else weight.dtype
    return _asked(output_mask, lambda: to_input, lambda: to_weight.sum(others).to(kind), lambda: grad_out.sum(others).to(kind))


def convolution_backward(grad_output, input, weight, bias_sizes, stride, padding, dilation, transposed, output_padding, groups, output_mask):
    """The gradients of a convolution: input, weight, bias."""
    settings = (stride, padding, dilation, transposed, output_padding, groups)
    found = masked(lambda x, w: native.convolution(x, w, None, *settings), grad_output, (input, weight), output_mask)
    batched = grad_output.ndim == weight.ndim
    outer = (*((0,) if batched else ()), *range(1 + batched, grad_output.ndim))
    return (*found, grad_output.sum(outer) if output_mask[2] else None)


def embedding_dense_backward(grad_output, indices, num_weights, padding_idx, scale_grad_by_freq):
    """The gradient of an embedding: rows added up by index."""
    table = grad_output.new_zeros(num_weights, grad_output.size(-1))
    return pulled(lambda w: native.embedding(w, indices, padding_idx, scale_grad_by_freq), grad_output, table)[0]


def embedding_backward(grad, indices, num_weights, padding_idx, scale_grad_by_freq, sparse):
    """`embedding_dense_backward` where a sparse gradient may be asked for; this one is always dense."""
    return embedding_dense_backward(grad, indices, num_weights, padding_idx, scale_grad_by_freq)


def grid_sampler_backward(grad_output, input, grid, interpolation_mode, padding_mode, align_corners, output_mask):
    """The gradients of grid_sampler: input, grid."""
    return masked(lambda x, g: native.grid_sampler(x, g, interpolation_mode, padding_mode, align_corners), grad_output, (input, grid), output_mask)


def affine_grid_generator_backward(grad, size, align_corners):
    """The gradient of affine_grid_generator: that of the maps."""
    rank = len(size) - 2
    maps = grad.new_zeros(size[0], rank, rank + 1)
    return pulled(lambda theta: native.affine_grid_generator(theta, size, align_corners), grad, maps)[0]


def native_batch_norm_legit(input, weight, bias, running_mean, running_var, training, momentum, eps):
    """native_batch_norm (aten::_native_batch_norm_legit)."""
    return native.native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def native_batch_norm_no_training(input, weight, bias, running_mean, running_var, momentum, eps):
    """native_batch_norm by running moments (aten::_native_batch_norm_legit_no_training)."""
    return native.native_batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps)


def im2col(self, kernel_size, dilation, padding, stride):
    """nn.functional.unfold (aten::im2col)."""
    return F.unfold(self, kernel_size, dilation, padding, stride)


def col2im(self, output_size, kernel_size, dilation, padding, stride):
    """nn.functional.fold (aten::col2im)."""
    return F.fold(self, output_size, kernel_size, dilation, padding, stride)


def old_convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, *backend):
    """A convolution with settings of PyTorch's backends, which mean nothing here (aten::_convolution)."""
    return native.convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)


KERNELS = {
    "_convolution": old_convolution,
    "_cdist_backward": lambda grad, x1, x2, p, cdist_: pulled(lambda x: cdist(x, x2, p), grad, x1)[0],
    "_cdist_forward": lambda x1, x2, p, compute_mode: cdist(x1, x2, p),
    "_pdist_backward": lambda grad, self, p, pdist: pulled(lambda x: F.pdist(x, p), grad, self)[0],
    "_pdist_forward": lambda self, p=2: F.pdist(self, p),
    "_native_batch_norm_legit": native_batch_norm_legit,
    "_native_batch_norm_legit_no_training": native_batch_norm_no_training,
    "affine_grid_generator_backward": affine_grid_generator_backward,
    "col2im": col2im,
    "convolution_backward": convolution_backward,
    "embedding_backward": embedding_backward,
    "embedding_dense_backward": embedding_dense_backward,
    "grid_sampler_2d_backward": grid_sampler_backward,
    "grid_sampler_3d_backward": grid_sampler_backward,
    "im2col": im2col,
    "native_batch_norm_backward": native_batch_norm_backward,
    "native_dropout_backward": lambda grad_output, mask, scale: grad_output * mask * scale,
    "native_group_norm_backward": native_group_norm_backward,
    "native_layer_norm_backward": native_layer_norm_backward,
}
