"""Sliding windows as shifted slices: what convolution patches, pooling and fold have in common.

A window's element number t ("tap") of all windows at once is one strided slice of the padded input, so a reduction over windows is an
elementwise fusion of slices, and its gradient the sum of the taps put back in place. Windows slide over the trailing dimensions.
"""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp


def pad_trailing(x, padding, fill=0):
    """`x` with (low, high) more elements of value `fill` at each trailing dimension; negative amounts crop."""
    config = [(0, 0, 0)] * (x.ndim - len(padding)) + [(lo, hi, 0) for lo, hi in padding]
    return jax.lax.pad(x, jnp.asarray(fill, x.dtype), config)


def window_counts(size, kernel, stride, dilation) -> tuple:
    """How many whole windows fit along each dimension."""
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(size, kernel, stride, dilation, strict=True))


def take_taps(padded, kernel, stride, dilation) -> list:
    """One array (*leading, *counts) per tap, in row-major order of the kernel."""
    rank = len(kernel)
    counts = window_counts(padded.shape[-rank:], kernel, stride, dilation)
    return [
        padded[(..., *(slice(o * d, o * d + (c - 1) * s + 1, s) for o, c, s, d in zip(offset, counts, stride, dilation, strict=True)))]
        for offset in itertools.product(*map(range, kernel))
    ]


def patches(input, kernel, stride, padding, dilation):
    """(N, C, *space) -> (N, C, taps, *output space): for each output position, the inputs under the kernel."""
    return jnp.stack(take_taps(pad_trailing(input, padding), kernel, stride, dilation), 2)


def place_taps(taps, size, kernel, stride, padding, dilation):
    """The adjoint of padding and `take_taps`: add each tap back where its windows lie in an input of `size`."""
    zero = jnp.zeros((), taps[0].dtype)
    rank = len(kernel)
    total = None
    for tap, offset in zip(taps, itertools.product(*map(range, kernel)), strict=True):
        config = [(0, 0, 0)] * (tap.ndim - rank)
        for n, (lo, hi), c, o, s, d in zip(size, padding, tap.shape[-rank:], offset, stride, dilation, strict=True):
            config.append((o * d, n + lo + hi - o * d - (c - 1) * s - 1, s - 1))
        placed = jax.lax.pad(tap, zero, config)
        total = placed if total is None else total + placed
    return pad_trailing(total, [(-lo, -hi) for lo, hi in padding])
