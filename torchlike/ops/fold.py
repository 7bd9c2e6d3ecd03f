"""Sliding blocks as columns (unfold, im2col) and their sum back into an image (fold, col2im): each is the other's gradient."""

from __future__ import annotations

import math

import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import op
from .checks import refuse_integral
from .windows import patches, place_taps


def _settings(**settings) -> tuple:
    """The settings as pairs, checked: RuntimeError for a wrong number or an amount that makes no sense."""
    pairs = {name: (value, value) if isinstance(value, int) else tuple(value) for name, value in settings.items()}
    for name, pair in pairs.items():
        if len(pair) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(pair)}")
    for name, text in _POSITIVE.items():
        if min(pairs[name]) <= 0:
            raise RuntimeError(f"{text} should be greater than zero, but got {text.split()[0]}_height: {pairs[name][0]} "
                               f"{text.split()[0]}_width: {pairs[name][1]}")
    if min(pairs["padding"]) < 0:
        raise RuntimeError("padding should be non-negative, but got pad_height: {} pad_width: {}".format(*pairs["padding"]))
    return tuple(pairs.values())


_POSITIVE = {"kernel_size": "kernel size", "dilation": "dilation", "stride": "stride"}


def _blocks(size, kernel, dilation, padding, stride) -> tuple:
    """How many blocks fit along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    )


def _im2col(input, kernel, dilation, padding, stride):
    columns = patches(input, kernel, stride, tuple((p, p) for p in padding), dilation)
    return columns.reshape(input.shape[0], input.shape[1] * math.prod(kernel), math.prod(columns.shape[3:]))


@op(name="unfold_kernel", public=False, node="Im2ColBackward0")
def _unfold(input, /, kernel, dilation, padding, stride):
    """(N, C, H, W) -> (N, C * taps, blocks)."""
    blocks = _blocks(input.shape[2:], kernel, dilation, padding, stride)
    if min(blocks) < 1:
        raise RuntimeError(
            f"Given input with spatial size {tuple(input.shape[2:])}, kernel_size={kernel}, dilation={dilation}, padding={padding}, "
            f"calculated shape of the array of sliding blocks as {blocks}, but its components must be at least one."
        )
    return _im2col(input, kernel, dilation, padding, stride)


@op(name="fold_kernel", public=False, node="Col2ImBackward0")
def _fold(input, /, output_size, kernel, dilation, padding, stride):
    """(N, C * taps, blocks) -> (N, C, H, W), overlapping values added."""
    taps = math.prod(kernel)
    if input.shape[1] % taps:
        raise RuntimeError("Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
                           f"input.size(1)={input.shape[1]} and kernel_size={kernel}.")
    blocks = _blocks(output_size, kernel, dilation, padding, stride)
    if input.shape[2] != math.prod(blocks):
        raise RuntimeError(
            f"Given output_size={output_size}, kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}, "
            f"expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{' * '.join(map(str, blocks))} = {math.prod(blocks)}, but got input.size(2)={input.shape[2]}."
        )
    n, channels = input.shape[0], input.shape[1] // taps
    columns = jnp.moveaxis(input.reshape(n, channels, taps, *blocks), 2, 0)
    return place_taps(columns, output_size, kernel, stride, [(p, p) for p in padding], dilation)


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Sliding blocks of (N, C, H, W) or (C, H, W) as columns (N, C * taps, blocks) (torch.nn.functional.unfold)."""
    if input.ndim == 2:
        raise IndexError("Dimension out of range (expected to be in range of [-2, 1], but got 2)")
    settings = _settings(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    if input.ndim not in (3, 4) or 0 in tuple(input.shape)[-3:]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
                           f"but got: {list(input.shape)}")
    if input.dtype.name != "bool":
        refuse_integral("im2col_out_cpu", input.dtype.np)
    if input.ndim == 4:
        return dispatch(_unfold.op, (input,), settings)
    return dispatch(_unfold.op, (input.unsqueeze(0),), settings).squeeze(0)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns of sliding blocks added into an image (N, C, *output_size) (torch.nn.functional.fold)."""
    settings = _settings(output_size=output_size, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
    if input.ndim not in (2, 3) or 0 in tuple(input.shape)[-2:]:
        raise RuntimeError("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, "
                           f"but got: {list(input.shape)}")
    if input.dtype.name != "bool":
        refuse_integral("col2im_out_cpu", input.dtype.np)
    if input.ndim == 3:
        return dispatch(_fold.op, (input,), settings)
    return dispatch(_fold.op, (input.unsqueeze(0),), settings).squeeze(0)
