"""Convolutions. One op serves every rank, direct and transposed, as PyTorch's `ConvolutionBackward0` does.

Measured on CPU (benchmarks/variants.py): the native convolution wins except with few input channels, where patches and one matmul
are 1.4 to 1.6 times as fast; the backward, whose weight gradient is a batched matmul of patches as long as those fit the cache,
gains up to 1.2.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name
from ..core.op import function, op
from ..core.precision import matmul_precision
from .checks import c_type_name
from .lowering import by_platform
from .windows import pad_trailing, take_taps

_SPATIAL = "DHW"
_MAX_PATCH_CHANNELS = 4
_MAX_PATCH_BYTES = 10 << 20


def _dimension_numbers(rank: int) -> tuple:
    space = _SPATIAL[-rank:]
    return (f"NC{space}", f"OI{space}", f"NC{space}")


def _native(input, weight, stride, padding, dilation, groups):
    return jax.lax.conv_general_dilated(
        input, weight, stride, padding, rhs_dilation=dilation, feature_group_count=groups,
        dimension_numbers=_dimension_numbers(len(stride)), precision=matmul_precision(),
    )


def patches(input, kernel, stride, padding, dilation):
    """(N, C, *space) -> (N, C, taps, *output space): for each output position, the inputs under the kernel."""
    return jnp.stack(take_taps(pad_trailing(input, padding), kernel, stride, dilation), 2)


def _by_patches(input, weight, stride, padding, dilation):
    columns = patches(input, weight.shape[2:], stride, padding, dilation)
    n, space = input.shape[0], columns.shape[3:]
    taps = input.shape[1] * columns.shape[2]
    flat = columns.reshape(n, taps, math.prod(space))
    out = jnp.einsum("ok,nkp->nop", weight.reshape(weight.shape[0], taps), flat, precision=matmul_precision())
    return out.reshape(n, weight.shape[0], *space)


def _weight_gradient_by_patches(grad, input, kernel, stride, padding, dilation):
    n, out_channels = grad.shape[:2]
    positions = math.prod(grad.shape[2:])
    columns = patches(input, kernel, stride, padding, dilation).reshape(n, input.shape[1] * math.prod(kernel), positions)
    per_image = jnp.einsum("nop,nkp->nok", grad.reshape(n, out_channels, positions), columns, precision=matmul_precision())
    return per_image.sum(0).reshape(out_channels, input.shape[1], *kernel)


def _convolve(input, weight, stride, padding, dilation, groups):
    def direct(x, w):
        return _native(x, w, stride, padding, dilation, groups)

    taps = input.shape[1] * math.prod(weight.shape[2:])
    if groups > 1 or input.shape[1] > _MAX_PATCH_CHANNELS or taps > 256:
        return direct(input, weight)
    return by_platform(lambda x, w: _by_patches(x, w, stride, padding, dilation), direct, input, weight)


def _convolve_transposed(input, weight, stride, padding, dilation, groups, output_padding):
    """The adjoint of a convolution in its input: a convolution of the dilated input with the flipped kernel."""
    rank = len(stride)
    kernel = weight.shape[2:]
    per_group = weight.reshape(groups, weight.shape[0] // groups, *weight.shape[1:])
    turned = jnp.flip(per_group.swapaxes(1, 2).reshape(-1, weight.shape[0] // groups, *kernel), tuple(range(2, rank + 2)))
    edges = [
        (d * (k - 1) - lo, d * (k - 1) - hi + extra)
        for k, d, (lo, hi), extra in zip(kernel, dilation, padding, output_padding, strict=True)
    ]
    return jax.lax.conv_general_dilated(
        input, turned, (1,) * rank, edges, lhs_dilation=stride, rhs_dilation=dilation, feature_group_count=groups,
        dimension_numbers=_dimension_numbers(rank), precision=matmul_precision(),
    )


@op(name="convolution_kernel", public=False, node="ConvolutionBackward0")
def _convolution(input, weight, bias=None, /, stride=(), padding=(), dilation=(), groups=1, transposed=False, output_padding=()):
    """Batched convolution of any rank; settings are tuples, padding one (low, high) pair per dimension."""
    _check(input, weight, bias, stride, padding, dilation, groups, transposed)
    out = _linear_part(input, weight, stride, padding, dilation, groups, transposed, output_padding)
    return out if bias is None else out + bias.reshape((-1,) + (1,) * len(stride))


def _linear_part(input, weight, stride, padding, dilation, groups, transposed, output_padding):
    if transposed:
        return _convolve_transposed(input, weight, stride, padding, dilation, groups, output_padding)
    return _convolve(input, weight, stride, padding, dilation, groups)


@_convolution.vjp
def _(grad, input, weight, bias, stride, padding, dilation, groups, transposed, output_padding):
    # Same numbers as the derived rule; written for the faster formula of the weight's gradient.
    def in_weight(w):
        return _linear_part(input, w, stride, padding, dilation, groups, transposed, output_padding)

    def in_input(x):
        return _linear_part(x, weight, stride, padding, dilation, groups, transposed, output_padding)

    grad_input = jax.vjp(in_input, input)[1](grad.conj())[0].conj()
    kernel = weight.shape[2:]
    patch_bytes = input.shape[0] * input.shape[1] * math.prod(kernel) * math.prod(grad.shape[2:]) * input.dtype.itemsize
    if transposed or groups > 1 or patch_bytes > _MAX_PATCH_BYTES or math.prod(kernel) > 64 or input.dtype.kind == "c":
        grad_weight = jax.vjp(in_weight, weight)[1](grad.conj())[0].conj()
    else:
        grad_weight = by_platform(
            lambda g, x: _weight_gradient_by_patches(g, x, kernel, stride, padding, dilation),
            lambda g, x: jax.vjp(lambda w: _native(x, w, stride, padding, dilation, groups), jnp.zeros_like(weight))[1](g)[0],
            grad, input,
        )
    grad_bias = None if bias is None else grad.sum((0, *range(2, grad.ndim)))
    return grad_input, grad_weight, grad_bias


def _check(input, weight, bias, stride, padding, dilation, groups, transposed) -> None:
    """PyTorch's complaints about shapes and dtypes."""
    if weight.dtype != input.dtype:
        names = [f"torch.{scalar_type_name(x.dtype)}Tensor" for x in (input, weight)]
        raise RuntimeError(f"Input type ({names[0]}) and weight type ({names[1]}) should be the same or input should be a MKLDNN tensor "
                           "and weight is a dense tensor")
    if bias is not None and bias.dtype != input.dtype:
        raise RuntimeError(f"Input type ({c_type_name(input.dtype)}) and bias type ({c_type_name(bias.dtype)}) should be the same")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    shape, kernel = list(weight.shape), weight.shape[2:]
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    if not transposed and weight.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{shape}] instead"
        )
    if input.shape[1] != channels:
        rule = f"Given transposed={int(transposed)}, weight" if transposed else f"Given groups={groups}, weight"
        raise RuntimeError(
            f"{rule} of size {shape}, expected input{list(input.shape)} to have {channels} channels, "
            f"but got {input.shape[1]} channels instead"
        )
    out_channels = weight.shape[1] * groups if transposed else weight.shape[0]
    if bias is not None and bias.shape != (out_channels,):
        raise RuntimeError(
            f"Given {'transposed=1' if transposed else f'weight of size {shape}'}, expected bias to be 1-dimensional with "
            f"{out_channels} elements, but got bias of size {list(bias.shape)} instead"
        )
    if not transposed:
        padded = [n + lo + hi for n, (lo, hi) in zip(input.shape[2:], padding, strict=True)]
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        if any(n < r for n, r in zip(padded, reach, strict=True)):
            sizes = (" x ".join(map(str, each)) for each in (padded, reach))
            raise RuntimeError(
                "Calculated padded input size per channel: ({}). Kernel size: ({}). "
                "Kernel size can't be greater than actual input size".format(*sizes)
            )


def ntuple(value, rank: int, name: str) -> tuple:
    """A setting given as one number or one per dimension, as a tuple of `rank`."""
    if isinstance(value, int):
        return (value,) * rank
    value = tuple(int(v) for v in value)
    if len(value) == 1:
        return value * rank
    if len(value) != rank:
        raise RuntimeError(f"expected {name} to be a single integer value or a list of {rank} values to match the convolution "
                           f"dimensions, but got {name}={list(value)}")
    return value


def _pads(padding, kernel, stride, dilation) -> tuple:
    """(low, high) per dimension from a number, a tuple, 'valid' or 'same'."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple((t // 2, t - t // 2) for t in totals)
    if isinstance(padding, str):
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    amounts = ntuple(padding, len(kernel), "padding")
    if any(p < 0 for p in amounts):
        raise RuntimeError("negative padding is not supported")
    return tuple((p, p) for p in amounts)


def _run(rank: int, name: str, input, weight, bias, stride, padding, dilation, groups, transposed=False, output_padding=0):
    """Canonical settings, a batch dimension if there is none, and the op."""
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, "
                           f"but got input of size: {list(input.shape)}")
    if weight.ndim != rank + 2:
        raise RuntimeError(f"expected stride to be a single integer value or a list of {weight.ndim - 2} values to match the "
                           f"convolution dimensions, but got stride={list(ntuple(stride, rank, 'stride'))}")
    stride, dilation = ntuple(stride, rank, "stride"), ntuple(dilation, rank, "dilation")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilation):
        raise RuntimeError("non-positive dilation is not supported")
    extra = ntuple(output_padding, rank, "output_padding")
    for i in range(rank):
        if transposed and extra[i] >= max(stride[i], dilation[i]):
            axes = ("depth", "height", "width")[-max(rank, 2):]
            values = [f"{what}_{axis}: {v}" for what, each in (("output_padding", extra), ("stride", stride), ("dilation", dilation))
                      for axis, v in zip(axes[-rank:], each, strict=True)]
            raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {' '.join(values)}")
    pads = _pads(padding, tuple(weight.shape)[2:], stride, dilation)
    batched = input.ndim == rank + 2
    out = dispatch(
        _convolution.op, (input if batched else input.unsqueeze(0), weight, bias),
        (stride, pads, dilation, groups, transposed, extra if transposed else ()),
    )
    return out if batched else out.squeeze(0)


@function
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlation of (N, C, L) or (C, L) with weight (O, C/groups, K) (torch.conv1d)."""
    return _run(1, "conv1d", input, weight, bias, stride, padding, dilation, groups)


@function
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlation of (N, C, H, W) or (C, H, W) with weight (O, C/groups, KH, KW) (torch.conv2d)."""
    return _run(2, "conv2d", input, weight, bias, stride, padding, dilation, groups)


@function
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlation of (N, C, D, H, W) or (C, D, H, W) with weight (O, C/groups, KD, KH, KW) (torch.conv3d)."""
    return _run(3, "conv3d", input, weight, bias, stride, padding, dilation, groups)


@function
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The gradient of conv1d in its input, as a layer; weight (C, O/groups, K) (torch.conv_transpose1d)."""
    return _run(1, "conv_transpose1d", input, weight, bias, stride, padding, dilation, groups, True, output_padding)


@function
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The gradient of conv2d in its input, as a layer; weight (C, O/groups, KH, KW) (torch.conv_transpose2d)."""
    return _run(2, "conv_transpose2d", input, weight, bias, stride, padding, dilation, groups, True, output_padding)


@function
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """The gradient of conv3d in its input, as a layer; weight (C, O/groups, KD, KH, KW) (torch.conv_transpose3d)."""
    return _run(3, "conv_transpose3d", input, weight, bias, stride, padding, dilation, groups, True, output_padding)


@function
def conv_tbc(input, weight, bias, pad=0):
    """1-d convolution of time x batch x channel, weight (K, C, O) (torch.conv_tbc)."""
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad).permute(2, 0, 1)
