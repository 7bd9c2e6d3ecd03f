"""Padding by mirror or edge, resampling: a kernel per rank and mode, each with its backward kernel."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..core.dispatch import dispatch
from ..nn import functional as F
from ..ops.resize import _LINEAR_MODES, _antialias_ops, _linear_ops, _nearest_ops
from .pullback import pulled


def _padding(mode: str) -> tuple[Callable, Callable]:
    def forward(self, padding):
        return F.pad(self, tuple(padding), mode)

    def backward(grad_output, self, padding):
        return pulled(lambda x: forward(x, padding), grad_output, self)[0]

    return forward, backward


def _sizes(input, output_size, scales: tuple) -> tuple[tuple, tuple]:
    """(output size, input elements per output element), from a size, a list of scales, or a size with scales beside it."""
    space = tuple(input.shape)[2:]
    if len(scales) == 1 and isinstance(scales[0], list | tuple):
        scales = tuple(scales[0])
    scales = (*scales, *(None,) * (len(space) - len(scales)))
    out = tuple(math.floor(n * s) for n, s in zip(space, scales, strict=True)) if output_size is None else tuple(output_size)
    return out, tuple(n / o if s is None else 1 / s for n, o, s in zip(space, out, scales, strict=True))


def _smooth(mode: str, antialias: bool) -> tuple[Callable, Callable]:
    operation = (_antialias_ops if antialias else _linear_ops)[mode].op

    def forward(self, output_size, align_corners, *scales):
        return dispatch(operation, (self,), (*_sizes(self, output_size, scales), _LINEAR_MODES[mode][0], bool(align_corners), antialias))

    def backward(grad_output, output_size, input_size, align_corners, *scales):
        empty = grad_output.new_zeros(tuple(input_size))
        return pulled(lambda x: forward(x, output_size, align_corners, *scales), grad_output, empty)[0]

    return forward, backward


def _nearest(exact: bool, rank: int) -> tuple[Callable, Callable]:
    operation = _nearest_ops[exact, rank].op

    def forward(self, output_size, *scales):
        return dispatch(operation, (self,), (*_sizes(self, output_size, scales), exact))

    def backward(grad_output, output_size, input_size, *scales):
        empty = grad_output.new_zeros(tuple(input_size))
        return pulled(lambda x: forward(x, output_size, *scales), grad_output, empty)[0]

    return forward, backward


def _pairs():
    """(name, (forward, backward)) of every kernel of this file."""
    for rank in (1, 2, 3):
        yield f"reflection_pad{rank}d", _padding("reflect")
        yield f"replication_pad{rank}d", _padding("replicate")
        yield f"upsample_nearest{rank}d", _nearest(False, rank)
        yield f"_upsample_nearest_exact{rank}d", _nearest(True, rank)
    for mode, (_, rank) in _LINEAR_MODES.items():
        if mode != "lanczos":
            yield f"upsample_{mode}{rank}d", _smooth(mode, False)
    for mode in _antialias_ops:
        yield f"_upsample_{mode}2d_aa", _smooth(mode, True)


KERNELS: dict[str, Callable] = {}
for _name, (_forward, _backward) in _pairs():
    KERNELS[_name] = _forward
    KERNELS[f"{_name}_backward"] = _backward
