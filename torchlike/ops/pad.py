"""Padding by a constant, by reflection, by the edge's value and around; negative amounts crop."""

from __future__ import annotations

import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import function, op
from ..core.operand import type_name
from .windows import pad_trailing

_NUMPY_MODES = {"reflect": "reflect", "replicate": "edge"}


def _pairs(pad) -> tuple:
    """(left, right, top, bottom, ...) -> one (low, high) per trailing dimension, in order of dimensions."""
    return tuple((int(pad[i]), int(pad[i + 1])) for i in range(len(pad) - 2, -1, -2))


def _check_length(input, pad) -> None:
    """TypeError unless `pad` holds integers; RuntimeError unless it holds two for each of some of the input's dimensions."""
    if not isinstance(pad, tuple | list):
        raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type_name(pad)}")
    for i, n in enumerate(pad):
        if isinstance(n, float):
            raise TypeError(f"pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type float at pos {i}")
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.ndim:
        raise RuntimeError("Padding length should be less than or equal to two times the input dimension but got padding length "
                           f"{len(pad)} and input of dimension {input.ndim}")


@op(name="constant_pad_kernel", public=False, node="ConstantPadNdBackward0")
def _constant_pad(input, value, /, padding):
    """`input` surrounded by `value`."""
    return pad_trailing(input, padding, jnp.asarray(value).astype(input.dtype))


@function
def constant_pad_nd(input, pad, value=0):
    """`input` surrounded by `value`; `pad` lists (low, high) from the last dimension on (torch.constant_pad_nd)."""
    _check_length(input, pad)
    pairs = _pairs(pad)
    for axis, (lo, hi) in enumerate(pairs, start=input.ndim - len(pairs)):
        size = input.size(axis)
        if min(lo, 0) + min(hi, 0) < -size:
            raise RuntimeError("narrow(): length must be non-negative.")
        if size + lo + hi < 0:
            raise RuntimeError(f"The input size {size}, plus negative padding {lo} and {hi} resulted in a negative output size, "
                               f"which is invalid. Check dimension {axis} of your input.")
    return dispatch(_constant_pad.op, (input, value), (pairs,))


def _mirror_pad(input, /, padding, mode):
    """`input` continued by its own values."""
    widths = [(0, 0)] * (input.ndim - len(padding)) + [(max(lo, 0), max(hi, 0)) for lo, hi in padding]
    crops = [(min(lo, 0), min(hi, 0)) for lo, hi in padding]
    # As in PyTorch, going around starts from the cropped input, the other modes from the whole one.
    if mode == "circular":
        return jnp.pad(pad_trailing(input, crops), widths, mode="wrap")
    return pad_trailing(jnp.pad(input, widths, mode=_NUMPY_MODES[mode]), crops)


_NODES = {"reflect": "ReflectionPad{}DBackward0", "replicate": "ReplicationPad{}DBackward0", "circular": "CopySlices"}
_kernels = {
    (mode, rank): op(_mirror_pad, name=f"{mode}_pad{rank}d", public=False, node=node.format(rank))
    for mode, node in _NODES.items() for rank in (1, 2, 3)
}


def _too_small(input, axis: int, change: int, mode: str, rank: int) -> str:
    """What is wrong where cropping leaves less than nothing."""
    if mode == "circular":
        return "Negative padding value is resulting in an empty dimension"
    if rank == 1:
        return f"input (W: {input.size(axis)}) is too small. Calculated output W: {input.size(axis) + change}"
    shape = [n + change * (d == axis) for d, n in enumerate(input.shape)]
    return f"Trying to create tensor with negative dimension {input.size(axis) + change}: {shape}"


def pad(input, pad, mode: str = "constant", value: float | None = None):
    """Pad the trailing dimensions; `pad` is (left, right, top, bottom, ...) from the last on (torch.nn.functional.pad)."""
    _check_length(input, pad)
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in _NODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    rank = len(pad) // 2
    if rank not in (1, 2, 3) or input.ndim not in (rank + 1, rank + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.\nSupported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    pairs = _pairs(pad)
    if mode != "circular" and 0 in tuple(input.shape)[-rank - 1 :]:
        raise RuntimeError(f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
                           f"for input, but got: {list(input.shape)}")
    for axis, (lo, hi) in enumerate(pairs, start=input.ndim - rank):
        size = input.size(axis)
        if size + lo + hi < 0:
            raise RuntimeError(_too_small(input, axis, lo + hi, mode, rank))
        if mode == "reflect" and max(lo, hi) >= size:
            raise RuntimeError(f"Argument #{2 * (input.ndim - axis) + 2}: Padding size should be less than the corresponding input "
                               f"dimension, but got: padding ({lo}, {hi}) at dimension {axis} of input {list(input.shape)}")
        if mode == "circular" and max(lo, hi) > size:
            raise RuntimeError("Padding value causes wrapping around more than once.")
    return dispatch(_kernels[mode, rank].op, (input,), (pairs, mode))
