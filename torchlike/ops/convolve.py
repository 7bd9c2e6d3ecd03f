"""The three bilinear maps of a convolution: the output, and the gradients in its input and in its weight.

Each is one `conv_general_dilated`; on a CPU some shapes have a faster form. Measured with jaxlib 0.10.1 (benchmarks/variants.py, how many times
faster than the direct form):

- one input channel per group (depthwise, or grey pictures): sums of shifted slices, 4-20 forward, 2-30 in the input; the weight's gradient
  of a depthwise convolution 5-10, and hundreds with several output channels per group;
- other groups: one convolution per group, at least 20 in the weight, whose direct form is a batch-grouped convolution, 1-6 elsewhere;
- three input channels and at most 32 output channels: a fourth channel of zeros, 2-3;
- kernels of one element: the weight's gradient as a matrix product per picture, 2-6.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..core.precision import matmul_precision
from .lowering import by_platform, last_sum, stored
from .windows import pad_trailing, take_taps

_SPATIAL = "DHW"
_MAX_TAPS = 64
_MAX_PRODUCTS = 512
_MAX_SPLIT = 8


class How(NamedTuple):
    """The settings of a convolution: one number per dimension, padding one (low, high) pair."""

    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int


def output(input, weight, how: How):
    """(N, C, *space), (O, C / groups, *kernel) -> (N, O, *counts)."""
    if _plain(input) and _one_channel(weight, how):
        return by_platform(lambda x, w: stored(lambda x, w: _output_by_taps(x, w, how), x, w), lambda x, w: _output(x, w, how), input, weight)
    if 1 < how.groups <= _MAX_SPLIT:
        return by_platform(_per_group(_output, how, (1, 0, 1)), lambda x, w: _output(x, w, how), input, weight)
    if how.groups == 1 and input.shape[1] == 3 and weight.shape[0] <= 32:
        return by_platform(lambda x, w: _output(_fourth_channel(x), _fourth_channel(w), how), lambda x, w: _output(x, w, how), input, weight)
    return _output(input, weight, how)


def input_gradient(grad, weight, how: How, size: tuple):
    """The adjoint of `output` in its input, whose spatial size is `size`: a convolution of the spread gradient with the turned kernel."""
    if _plain(grad) and _one_channel(weight, how):
        return by_platform(lambda g, w: stored(lambda g, w: _input_gradient_by_taps(g, w, how, size), g, w),
                           lambda g, w: _input_gradient(g, w, how, size), grad, weight)
    if 1 < how.groups <= _MAX_SPLIT:
        return by_platform(_per_group(_input_gradient, how, (1, 0, 1), size), lambda g, w: _input_gradient(g, w, how, size), grad, weight)
    return _input_gradient(grad, weight, how, size)


def weight_gradient(grad, input, how: How, kernel: tuple):
    """The adjoint of `output` in its weight, whose spatial size is `kernel`."""

    def direct(g, x):
        return _weight_gradient(g, x, how, kernel)

    if how.groups > 1:
        by_taps = _plain(input) and how.groups == input.shape[1] and math.prod(kernel) <= _MAX_TAPS
        cpu = (lambda g, x: stored(lambda g, x: _weight_gradient_by_taps(g, x, how, kernel), g, x)) if by_taps else _per_group(
            _weight_gradient, how, (1, 1, 0), kernel)
        return by_platform(cpu, direct, grad, input)
    if math.prod(kernel) == 1:
        return by_platform(lambda g, x: _weight_gradient_of_points(g, x, how), direct, grad, input)
    return direct(grad, input)


def _plain(x) -> bool:
    """Half precision is left to the direct form, which adds up in float32."""
    return x.dtype.itemsize > 2


def _one_channel(weight, how: How) -> bool:
    taps = math.prod(weight.shape[2:])
    return weight.shape[1] == 1 and taps <= _MAX_TAPS and taps * weight.shape[0] // how.groups <= _MAX_PRODUCTS


# ---- direct -----------------------------------------------------------------------------------------------------------------------------


def _run(input, weight, stride, padding, dilation, groups, spread):
    space = _SPATIAL[-len(stride):]
    names = (f"NC{space}", f"OI{space}", f"NC{space}")
    return jax.lax.conv_general_dilated(input, weight, stride, padding, lhs_dilation=spread, rhs_dilation=dilation, feature_group_count=groups,
                                        dimension_numbers=names, precision=matmul_precision())


def _output(input, weight, how: How):
    return _run(input, weight, how.stride, how.padding, how.dilation, how.groups, (1,) * len(how.stride))


def _spread_edges(counts, kernel, how: How, size) -> list:
    """How far the gradient, spread by the stride, is padded so that every input element sees all windows over it."""
    return [(d * (k - 1) - lo, n + lo - (c - 1) * s - 1)
            for c, k, s, d, (lo, _), n in zip(counts, kernel, how.stride, how.dilation, how.padding, size, strict=True)]


def _input_gradient(grad, weight, how: How, size):
    kernel = weight.shape[2:]
    ones = (1,) * len(kernel)
    per_group = weight.reshape(how.groups, weight.shape[0] // how.groups, *weight.shape[1:])
    turned = jnp.flip(per_group.swapaxes(1, 2).reshape(-1, weight.shape[0] // how.groups, *kernel), tuple(range(2, len(kernel) + 2)))
    edges = [_away_from_abort(*each) for each in zip(kernel, how.stride, _spread_edges(grad.shape[2:], kernel, how, size), strict=True)]
    found = _run(grad, turned, ones, edges, how.dilation, how.groups, how.stride)
    return found[(..., *map(slice, size))]


def _away_from_abort(kernel: int, spread: int, edges: tuple) -> tuple:
    """Edges that may add an element at the end. XLA's CPU compiler takes a dimension with a kernel of 2, a spread of 2 and bare edges for one
    that encodes groups, and aborts the process when the kernel has more elements than what it slides over (jaxlib 0.10.1 and 0.11.2)."""
    return (0, 1) if kernel == spread == 2 and edges == (0, 0) else edges


def _weight_gradient(grad, input, how: How, kernel):
    like = jax.ShapeDtypeStruct((grad.shape[1], input.shape[1] // how.groups, *kernel), input.dtype)
    return jax.linear_transpose(lambda w: _output(input, w, how), like)(grad)[0]


# ---- on a CPU ---------------------------------------------------------------------------------------------------------------------------


def _per_group(function: Callable, how: How, axes: tuple, *rest) -> Callable:
    """`function` of each group's share of both arrays, which lies along the first two axes; results are joined along the third."""

    def call(a, b):
        one = how._replace(groups=1)
        shares = zip(jnp.split(a, how.groups, axes[0]), jnp.split(b, how.groups, axes[1]), strict=True)
        return jnp.concatenate([function(x, y, one, *rest) for x, y in shares], axes[2])

    return call


def _fourth_channel(x):
    return jnp.pad(x, [(0, 0), (0, 1)] + [(0, 0)] * (x.ndim - 2))


def _by_channel(weight, how: How) -> list:
    """The weight of one input channel per group, tap by tap: (groups, outputs per group, 1, ...)."""
    flat = weight.reshape(how.groups, weight.shape[0] // how.groups, -1)
    return [flat[..., t].reshape(*flat.shape[:2], *(1,) * (weight.ndim - 2)) for t in range(flat.shape[2])]


def _output_by_taps(input, weight, how: How):
    taps = take_taps(pad_trailing(input, how.padding), weight.shape[2:], how.stride, how.dilation)
    total = sum(tap[:, :, None] * w for tap, w in zip(taps, _by_channel(weight, how), strict=True))
    return total.reshape(input.shape[0], weight.shape[0], *total.shape[3:])


def _input_gradient_by_taps(grad, weight, how: How, size):
    kernel = weight.shape[2:]
    edges = _spread_edges(grad.shape[2:], kernel, how, size)
    wide = jax.lax.pad(grad, jnp.zeros((), grad.dtype),
                       [(0, 0, 0)] * 2 + [(lo, hi, s - 1) for (lo, hi), s in zip(edges, how.stride, strict=True)])
    taps = reversed(take_taps(wide, kernel, (1,) * len(kernel), how.dilation))
    shares = (tap.reshape(tap.shape[0], how.groups, -1, *size) for tap in taps)
    return sum((share * w).sum(2) for share, w in zip(shares, _by_channel(weight, how), strict=True))


def _weight_gradient_by_taps(grad, input, how: How, kernel):
    n, groups = input.shape[:2]
    shares = grad.reshape(n, groups, -1, *grad.shape[2:])
    taps = take_taps(pad_trailing(input, how.padding), kernel, how.stride, how.dilation)
    over_batch = jnp.stack([(tap[:, :, None] * shares).sum(0) for tap in taps], 2)
    return last_sum(over_batch.reshape(*over_batch.shape[:3], -1)).reshape(grad.shape[1], 1, *kernel)


def _weight_gradient_of_points(grad, input, how: How):
    points = take_taps(pad_trailing(input, how.padding), (1,) * len(how.stride), how.stride, how.dilation)[0]
    per_image = jnp.einsum("nop,nkp->nok", grad.reshape(*grad.shape[:2], -1), points.reshape(*points.shape[:2], -1), precision=matmul_precision())
    return per_image.sum(0).reshape(grad.shape[1], input.shape[1], *(1,) * len(how.stride))
