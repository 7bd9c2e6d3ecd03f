"""Convolutions. One op serves every rank, direct and transposed, as PyTorch's `ConvolutionBackward0` does; how it runs is in convolve.py."""

from __future__ import annotations

from ..core.arguments import misfit
from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name, type_id_name
from ..core.op import function, op
from ..core.operand import type_name
from ..core.tensor import Tensor
from .convolve import How, input_gradient, output, weight_gradient
from .lowering import channel_sum


@op(name="convolution_kernel", public=False, node="ConvolutionBackward0")
def _convolution(input, weight, bias=None, /, stride=(), padding=(), dilation=(), groups=1, transposed=False, output_padding=()):
    """Batched convolution of any rank; settings are tuples, padding one (low, high) pair per dimension."""
    _check(input, weight, bias, stride, padding, dilation, groups, transposed)
    out = _linear_part(input, weight, stride, padding, dilation, groups, transposed, output_padding)
    return out if bias is None else out + bias.reshape((-1,) + (1,) * len(stride))


def _linear_part(input, weight, stride, padding, dilation, groups, transposed, output_padding):
    if not transposed:
        return output(input, weight, How(stride, padding, dilation, groups))
    how = _adjoint(stride, padding, dilation, groups, output_padding)
    size = [(n - 1) * s - lo - hi + d * (k - 1) + 1
            for n, k, s, (lo, hi), d in zip(input.shape[2:], weight.shape[2:], stride, how.padding, dilation, strict=True)]
    return input_gradient(input, weight, how, tuple(size))


def _adjoint(stride, padding, dilation, groups, output_padding) -> How:
    """The convolution whose gradient in its input a transposed convolution is: additional output is padding that it does not have."""
    return How(stride, tuple((lo, hi - extra) for (lo, hi), extra in zip(padding, output_padding, strict=True)), dilation, groups)


@_convolution.vjp
def _(grad, input, weight, bias, stride, padding, dilation, groups, transposed, output_padding):
    # Each gradient has its own fastest form.
    if transposed:
        how = _adjoint(stride, padding, dilation, groups, output_padding)
        grad_input = output(grad, weight.conj(), how)
        grad_weight = weight_gradient(input.conj(), grad, how, weight.shape[2:])
    else:
        how = How(stride, padding, dilation, groups)
        grad_input = input_gradient(grad, weight.conj(), how, input.shape[2:])
        grad_weight = weight_gradient(grad, input.conj(), how, weight.shape[2:])
    return grad_input, grad_weight, None if bias is None else channel_sum(grad)


def _of_two_types(input, weight) -> str:
    """What PyTorch says of an input and a weight of different dtypes, which depends on the library that serves the input's."""
    named = [scalar_type_name(dtype) for dtype in (input, weight)]
    if input.kind != "c" and input.name != "bfloat16":
        return f"expected scalar type {named[0]} but found {named[1]}"
    named = [f"CPU{name}Type" if name == "BFloat16" or "Complex" in name else f"torch.{name}Tensor" for name in named]
    text = f"Input type ({named[0]}) and weight type ({named[1]}) should be the same"
    return text if input.kind == "c" else text + " or input should be a MKLDNN tensor and weight is a dense tensor"


def _check(input, weight, bias, stride, padding, dilation, groups, transposed) -> None:
    """PyTorch's complaints about shapes and dtypes."""
    if bias is not None and bias.dtype != input.dtype and not transposed:
        raise RuntimeError(f"Input type ({type_id_name(input.dtype)}) and bias type ({type_id_name(bias.dtype)}) should be the same")
    for other in (weight, bias):
        if other is not None and other.dtype != input.dtype:
            raise RuntimeError(_of_two_types(input.dtype, other.dtype))
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    shape, kernel = list(weight.shape), weight.shape[2:]
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    if weight.shape[0] < groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size {shape} "
                           "instead")
    if min(kernel) <= 0:
        axes = ("depth", "height", "width")[-len(kernel):]
        named = " ".join(f"kernel_{axis}: {k}" for axis, k in zip(axes, kernel, strict=True))
        raise RuntimeError(f"kernel size should be greater than zero, but got {named}")
    if transposed and 0 in input.shape[2:]:
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {_planar(input.shape)}")
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
            f"Given {'transposed=1, ' * transposed}weight of size {shape}, expected bias to be 1-dimensional with "
            f"{out_channels} elements, but got bias of size {list(bias.shape)} instead"
        )
    if transposed:
        _check_transposed_size(input, kernel, stride, padding, dilation)
    else:
        padded = [n + lo + hi for n, (lo, hi) in zip(input.shape[2:], padding, strict=True)]
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        if any(n < r for n, r in zip(padded, reach, strict=True)):
            sizes = (" x ".join(map(str, each)) for each in (padded, reach))
            raise RuntimeError(
                "Calculated padded input size per channel: ({}). Kernel size: ({}). "
                "Kernel size can't be greater than actual input size".format(*sizes)
            )


def _planar(shape) -> list:
    """The shape with the height of 1 that PyTorch gives the input of a one-dimensional convolution."""
    return [*shape[:-1], 1, shape[-1]] if len(shape) == 3 else list(shape)


def _check_transposed_size(input, kernel, stride, padding, dilation) -> None:
    size = [(n - 1) * s - lo - hi + d * (k - 1) + 1
            for n, k, s, (lo, hi), d in zip(input.shape[2:], kernel, stride, padding, dilation, strict=True)]
    if min(size) < 1:
        sizes = (" x ".join(map(str, _planar((0, 0, *each))[2:])) for each in (input.shape[2:], size))
        raise RuntimeError("Given input size per channel: ({}). Calculated output size per channel: ({}). Output size is too "
                           "small".format(*sizes))


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


def _check_dilation(dilation: tuple, transposed: bool) -> None:
    if min(dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")
    if min(dilation) == 0:
        planar = (1, *dilation) if len(dilation) == 1 else dilation
        named = ", ".join(f"dilation_{axis}: {d}" for axis, d in zip(("depth", "height", "width")[-len(planar):], planar, strict=True))
        raise RuntimeError(f"dilation should be greater than zero, but got {named if transposed else list(planar)}")


def _run(rank: int, name: str, input, weight, bias, stride, padding, dilation, groups, transposed=False, output_padding=0):
    """Canonical settings, a batch dimension if there is none, and the op."""
    if not isinstance(input, Tensor):
        # Also where a module asks, whose arguments nobody looks at otherwise.
        given = (input, weight, bias, stride, padding, *((output_padding, groups, dilation) if transposed else (dilation, groups)))
        raise misfit(name, given, {}) or TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, "
                           f"but got input of size: {list(input.shape)}")
    if weight.ndim != rank + 2:
        raise RuntimeError(f"expected stride to be a single integer value or a list of {weight.ndim - 2} values to match the "
                           f"convolution dimensions, but got stride={list(ntuple(stride, rank, 'stride'))}")
    stride, dilation = ntuple(stride, rank, "stride"), ntuple(dilation, rank, "dilation")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    _check_dilation(dilation, transposed)
    extra = ntuple(output_padding, rank, "output_padding")
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    for i in range(rank):
        if transposed and extra[i] >= max(stride[i], dilation[i]):
            axes = ("depth", "height", "width")[-max(rank, 2):]
            values = [f"{what}_{axis}: {v}" for what, each, one in (("output_padding", extra, 0), ("stride", stride, 1), ("dilation", dilation, 1))
                      for axis, v in zip(axes, (one,) * (rank == 1) + each, strict=True)]
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
    for what, t in (("Input", input), ("Weight", weight)):
        if t.ndim != 3:
            raise RuntimeError(f"{what} must have 3 dims: time, batch, in_channel" if what == "Input" else
                               "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.")
    if bias.ndim != 1:
        raise RuntimeError("Bias must be 1-D")
    if input.size(2) != weight.size(1):
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if weight.size(2) != bias.size(0):
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad).permute(2, 0, 1)
