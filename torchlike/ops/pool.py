"""Max and average pooling over the trailing one to three dimensions, as reductions over shifted slices (`windows.py`).

Measured on CPU (benchmarks/variants.py): slices and their gradient beat `reduce_window` and its select-and-scatter 3.5 times together; where
windows tile the input, the gradient is one loop over its elements, 1.1 to 25 times as fast as putting taps back.
Max pooling keeps which tap won (int32) for its gradient; with overlapping strided windows a scatter-add is the faster way back there.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.modes import is_grad_enabled
from ..core.op import function, op
from .checks import refuse
from .lowering import by_platform, stored, wide
from .pool_checks import check_pool_dtype, pool_geometry, pool_settings
from .promotion import category
from .windows import pad_trailing, place_taps, take_taps

_MAX_TAPS = 64


def _lowest(dtype):
    return -np.inf if category(dtype) == 2 else np.iinfo(dtype).min


def _max_and_tap(input, kernel, stride, padding, dilation, ceil_mode):
    """The largest element of each window and which tap it is: the first of equals, but the last NaN, as in PyTorch."""
    _, pads = pool_geometry(input.shape[-len(kernel):], kernel, stride, padding, dilation, ceil_mode)
    padded = pad_trailing(input, pads, _lowest(input.dtype))
    if math.prod(kernel) > _MAX_TAPS:
        best, winner = _max_by_axis(padded, kernel, stride, dilation)
        return best, jnp.where(best == _lowest(input.dtype), _first_real_tap(input, kernel, stride, pads, dilation, best.shape), winner)
    best, winner = None, None
    for t, tap in enumerate(take_taps(padded, kernel, stride, dilation)):
        if best is None:
            best, winner = tap, _first_real_tap(input, kernel, stride, pads, dilation, tap.shape)
            continue
        wins = (tap > best) | jnp.isnan(tap)
        best, winner = jnp.where(wins, tap, best), jnp.where(wins, t, winner)
    return best, winner


def _max_by_axis(padded, kernel, stride, dilation):
    """`_max_and_tap` of large windows, one dimension after the other from the last: a program of their sum, not of their product."""
    rank = len(kernel)
    best, winner, stretch = padded, jnp.zeros((), jnp.int32), 1
    for axis in reversed(range(rank)):
        along = [tuple(v if a == axis else 1 for a in range(rank)) for v in (kernel[axis], stride[axis], dilation[axis])]
        values, winners = take_taps(best, *along), take_taps(jnp.broadcast_to(winner, best.shape), *along)
        best, winner = values[0], winners[0]
        for t, (tap, inner) in enumerate(zip(values[1:], winners[1:], strict=True), start=1):
            wins = (tap > best) | jnp.isnan(tap)
            best, winner = jnp.where(wins, tap, best), jnp.where(wins, inner + t * stretch, winner)
        stretch *= kernel[axis]
    return best, winner


def _first_real_tap(input, kernel, stride, pads, dilation, shape):
    """Where every element is the lowest value, the winner must still not be padding."""
    first = np.zeros(shape[-len(kernel):], np.int32)
    for axis, (k, s, (lo, _), d) in enumerate(zip(kernel, stride, pads, dilation, strict=True)):
        starts = np.arange(first.shape[axis]) * s - lo
        skip = np.maximum(0, -(starts // d))
        first = first * k + skip.reshape((-1,) + (1,) * (len(kernel) - axis - 1))
    return jnp.broadcast_to(jnp.asarray(first, jnp.int32), shape)


def _flat_indices(winner, size, kernel, stride, padding, dilation):
    """Window taps as positions in the flattened input plane."""
    rank = len(kernel)
    flat = jnp.zeros((), jnp.int64)
    for axis, (n, s, p, d) in enumerate(zip(size, stride, padding, dilation, strict=True)):
        offset = winner // math.prod(kernel[axis + 1 :]) % kernel[axis]
        starts = jnp.arange(winner.shape[axis - rank]).reshape((-1,) + (1,) * (rank - axis - 1)) * s - p
        flat = flat * n + starts + offset * d
    return flat


def _max_pool_with_taps(input, /, kernel, stride, padding, dilation, ceil_mode):
    """Window maxima; the winning taps are kept for the backward."""
    return stored(lambda x: _max_and_tap(x, kernel, stride, padding, dilation, ceil_mode), input)


def _max_pool_with_indices(input, /, kernel, stride, padding, dilation, ceil_mode):
    """Window maxima and their int64 positions in the flattened input plane."""
    best, winner = _max_and_tap(input, kernel, stride, padding, dilation, ceil_mode)
    return best, _flat_indices(winner, input.shape[-len(kernel):], kernel, stride, padding, dilation)


def _tap_gradient(grad, winner, input, kernel, stride, padding, dilation, ceil_mode):
    size = input.shape[-len(kernel):]
    _, pads = pool_geometry(size, kernel, stride, padding, dilation, ceil_mode)

    if _tile(kernel, stride, dilation, pads):
        number = np.arange(math.prod(kernel), dtype=np.int32).reshape([n for k in kernel for n in (1, k)])
        return _joined(jnp.where(_spread(winner, kernel) == number, _spread(grad, kernel), 0), size, kernel)

    def by_slices(g, w):
        taps = [jnp.where(w == t, g, 0) for t in range(math.prod(kernel))]
        return place_taps(taps, size, kernel, stride, pads, dilation)

    def by_scatter(g, w):
        return scatter_planes(g, _flat_indices(w, size, kernel, stride, padding, dilation), size)

    if any(1 < s < d * (k - 1) + 1 for k, s, d in zip(kernel, stride, dilation, strict=True)) or math.prod(kernel) > _MAX_TAPS:
        return by_platform(by_scatter, by_slices if math.prod(kernel) <= _MAX_TAPS else by_scatter, grad, winner)
    return by_slices(grad, winner)


def _tile(kernel, stride, dilation, pads) -> bool:
    """Whether the windows tile the input, but for a rest at the end."""
    return kernel == stride and set(dilation) == {1} and not any(map(any, pads))


def _spread(x, kernel):
    """One value per window, (*leading, *counts), as one per element: (*leading, count, k, count, k, ...)."""
    leading, counts = x.shape[: x.ndim - len(kernel)], x.shape[x.ndim - len(kernel):]
    apart = x.reshape(*leading, *(n for c in counts for n in (c, 1)))
    return jnp.broadcast_to(apart, (*leading, *(n for pair in zip(counts, kernel, strict=True) for n in pair)))


def _joined(x, size, kernel):
    """`_spread` windows side by side, and zeros at the end up to `size`."""
    front = x.ndim - 2 * len(kernel)
    tiled = x.reshape(*x.shape[:front], *(c * k for c, k in zip(x.shape[front::2], kernel, strict=True)))
    return pad_trailing(tiled, [(0, n - t) for n, t in zip(size, tiled.shape[front:], strict=True)])


def first_or_last_nan(values):
    """Which of the last dimension's elements PyTorch's maximum reports: the first of equals, but the last NaN."""
    nan = jnp.isnan(values)
    last = values.shape[-1] - 1 - jnp.argmax(nan[..., ::-1], -1)
    return jnp.where(nan.any(-1), last, jnp.argmax(values, -1))


def scatter_planes(values, indices, size):
    """Add `values` into zero planes of `size` at flat `indices`, plane by plane."""
    rank = len(size)
    leading = values.shape[:-rank]
    planes, each = math.prod(leading), math.prod(values.shape[-rank:])
    flat = jnp.zeros((planes, math.prod(size)), values.dtype)
    rows = jnp.arange(planes)[:, None]
    return flat.at[rows, indices.reshape(planes, each)].add(values.reshape(planes, each)).reshape(*leading, *size)


def _rule_from_taps(grad, outs, input, kernel, stride, padding, dilation, ceil_mode):
    # PyTorch's choice among ties, and far cheaper than the derived rule.
    return _tap_gradient(grad, outs[1], input, kernel, stride, padding, dilation, ceil_mode)


def _rule_from_indices(grads, outs, input, kernel):
    return scatter_planes(grads[0], outs[1], input.shape[-len(kernel):])


def _max_pool_values(input, /, kernel, stride, padding, dilation, ceil_mode):
    """Window maxima alone, for when no gradient is wanted: half the time of finding the winners too."""
    _, pads = pool_geometry(input.shape[-len(kernel):], kernel, stride, padding, dilation, ceil_mode)
    padded = pad_trailing(input, pads, _lowest(input.dtype))
    if math.prod(kernel) > _MAX_TAPS:
        return _max_by_axis(padded, kernel, stride, dilation)[0]
    taps = take_taps(padded, kernel, stride, dilation)
    best = taps[0]
    for tap in taps[1:]:
        best = jnp.maximum(best, tap)
    return best


_values = op(_max_pool_values, name="max_pool_values", public=False, differentiable=False)
_kept, _shown = {}, {}
for _rank, _node in ((2, "MaxPool2DWithIndicesBackward0"), (3, "MaxPool3DWithIndicesBackward0")):
    _kept[_rank] = op(_max_pool_with_taps, name=f"max_pool{_rank}d_kernel", public=False, node=_node, aux_outputs=1)
    _kept[_rank].vjp(_rule_from_taps)
    _shown[_rank] = op(_max_pool_with_indices, name=f"max_pool{_rank}d_indices_kernel", public=False, node=_node)
    _shown[_rank].vjp(_rule_from_indices)


def _max_pool(rank, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices):
    settings = pool_settings(rank, f"max_pool{rank}d", input, kernel_size, stride, padding, dilation, ceil_mode)
    if rank == 1 and not return_indices and not (input.is_floating_point() or input.requires_grad):
        refuse("max_pool1d_impl", input._aval.dtype)
    check_pool_dtype(rank, "max", input)
    if return_indices:
        return dispatch(_shown[max(rank, 2)].op, (input,), settings)
    if input.requires_grad and is_grad_enabled():
        return dispatch(_kept[max(rank, 2)].op, (input,), settings)
    return dispatch(_values.op, (input,), settings)


@function
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest element of each window of (N, C, L) or (C, L) (torch.nn.functional.max_pool1d)."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@function
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest element of each window of (N, C, H, W) or (C, H, W) (torch.nn.functional.max_pool2d)."""
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@function
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Largest element of each window of (N, C, D, H, W) or (C, D, H, W) (torch.nn.functional.max_pool3d)."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@function
def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """(values, indices) of max_pool1d (torch.max_pool1d_with_indices)."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """(values, indices) of max_pool2d (torch.nn.functional.max_pool2d_with_indices)."""
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """(values, indices) of max_pool3d (torch.nn.functional.max_pool3d_with_indices)."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def _divisors(size, kernel, stride, padding, counts, count_include_pad) -> np.ndarray:
    """How many elements each window averages: those within the padded input, or within the input itself."""
    total = np.ones((), np.int64)
    for n, k, s, p, c in zip(size, kernel, stride, padding, counts, strict=True):
        start = np.arange(c) * s - p
        end = np.minimum(start + k, n + p)
        if not count_include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, n)
        total = total[..., None] * (end - start)
    return total


def _avg_pool_kernel(input, /, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
    """Mean of each window over the trailing dimensions."""
    dtype, input = input.dtype, wide(input)
    ones, size = (1,) * len(kernel), input.shape[-len(kernel):]
    counts, pads = pool_geometry(size, kernel, stride, padding, ones, ceil_mode)
    if math.prod(kernel) <= _MAX_TAPS:
        taps = take_taps(pad_trailing(input, pads), kernel, stride, ones)
        total = taps[0]
        for tap in taps[1:]:
            total = total + tap
    else:
        leading = (1,) * (input.ndim - len(kernel))
        total = jax.lax.reduce_window(input, np.zeros((), input.dtype), jax.lax.add, leading + kernel, leading + stride,
                                      ((0, 0),) * len(leading) + pads)
    divisor = divisor_override or _divisors(size, kernel, stride, padding, counts, count_include_pad)
    if np.ndim(divisor) and (divisor == divisor.flat[0]).all():
        divisor = divisor.flat[0].item()
    return jax.lax.div(total, jnp.broadcast_to(jnp.asarray(divisor, total.dtype), total.shape)).astype(dtype)


def _avg_pool_rule(grad, input, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override):
    # Where windows tile the input every element asks its own, 3 to 25 times as fast as the derived rule.
    size = input.shape[-len(kernel):]
    _, pads = pool_geometry(size, kernel, stride, padding, (1,) * len(kernel), ceil_mode)
    if _tile(kernel, stride, (1,), pads):
        divisor = jnp.asarray(divisor_override or math.prod(kernel), grad.dtype)
        return _joined(_spread(jax.lax.div(grad, jnp.broadcast_to(divisor, grad.shape)), kernel), size, kernel)

    def forward(x):
        return _avg_pool_kernel(x, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)

    return jax.linear_transpose(forward, jax.ShapeDtypeStruct(input.shape, input.dtype))(grad)[0]


_average = {rank: op(_avg_pool_kernel, name=f"avg_pool{rank}d_kernel", public=False, node=f"AvgPool{rank}DBackward0") for rank in (2, 3)}
for _each in _average.values():
    _each.vjp(_avg_pool_rule)


def _avg_pool(rank, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    kernel, steps, pads, _, ceil = pool_settings(rank, f"avg_pool{rank}d", input, kernel_size, stride, padding, 1, ceil_mode)
    check_pool_dtype(rank, "avg", input)
    return dispatch(_average[max(rank, 2)].op, (input,), (kernel, steps, pads, ceil, bool(count_include_pad), divisor_override))


@function
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Mean of each window of (N, C, L) or (C, L) (torch.avg_pool1d)."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """Mean of each window of (N, C, H, W) or (C, H, W) (torch.nn.functional.avg_pool2d)."""
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    """Mean of each window of (N, C, D, H, W) or (C, D, H, W) (torch.nn.functional.avg_pool3d)."""
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
