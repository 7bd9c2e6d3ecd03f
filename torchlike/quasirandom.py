"""Sobol' sequences (torch.quasirandom): points that fill the unit cube more evenly than random ones.

The n-th point is the XOR of the direction numbers at the ones of n's Gray code, so any stretch of the sequence is computed at once. The
direction numbers are Joe and Kuo's, which SciPy, without which JAX is not, carries as a table.
"""

from __future__ import annotations

import functools
import importlib.resources

import numpy as np

from .core.dtype import FROM_NUMPY, default_dtype, scalar_type_name
from .core.dtype import dtype as Dtype
from .core.random import Generator
from .core.tensor import Tensor
from .ops.convert import tensor
from .ops.sample import randint


@functools.cache
def _table() -> tuple[np.ndarray, np.ndarray]:
    """Per dimension a primitive polynomial over GF(2) and the first direction numbers."""
    with np.load(str(importlib.resources.files("scipy.stats") / "_sobol_direction_numbers.npz")) as found:
        return found["poly"].astype(np.int64), found["vinit"].astype(np.int64)


def _directions(dimension: int, bits: int) -> np.ndarray:
    """The direction numbers, as integers of so many bits, of shape (dimension, bits)."""
    poly, start = (x[:dimension] for x in _table())
    degree = np.array([int(p).bit_length() - 1 for p in poly])
    v = np.zeros((dimension, bits), np.int64)
    v[:, : start.shape[1]] = start
    v[0] = 1
    for j in range(1, bits):
        # By the recurrence of the polynomial, where its degree has been reached.
        rows = np.flatnonzero((degree <= j) & (np.arange(dimension) > 0))
        new = v[rows, j - degree[rows]]
        for k in range(1, int(degree[rows].max(initial=0)) + 1):
            inside = degree[rows] >= k
            term = ((poly[rows] >> np.maximum(degree[rows] - k, 0)) & 1) * (v[rows, j - k] << k)
            new = np.where(inside, new ^ term, new)
        v[rows, j] = new
    return v << np.arange(bits - 1, -1, -1)


class SobolEngine:
    """Points of the Sobol' sequence in up to 21201 dimensions, scrambled at random if asked (torch.quasirandom.SobolEngine)."""

    MAXBIT = 30
    MAXDIM = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None):
        if dimension > self.MAXDIM or dimension < 1:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.seed, self.scramble, self.dimension = seed, scramble, dimension
        directions, shift = _directions(dimension, self.MAXBIT), np.zeros(dimension, np.int64)
        if scramble:
            directions, shift = self._scrambled(directions)
        self.sobolstate, self.shift = tensor(directions), tensor(shift)
        self.reset()

    def _scrambled(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The directions, their bits multiplied by a random lower triangular matrix per dimension, and a random shift."""
        generator = None if self.seed is None else Generator().manual_seed(self.seed)
        bits, d = self.MAXBIT, self.dimension
        powers = 1 << np.arange(bits, dtype=np.int64)
        shift = randint(2, (d, bits), generator=generator).numpy() @ powers
        lower = np.tril(randint(2, (d, bits, bits), generator=generator).numpy(), -1) + np.eye(bits, dtype=np.int64)
        # Most significant bits first: of the digits (d, direction, bit), each becomes a sum of those before it.
        digits = (directions[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1
        return np.einsum("dij,dkj->dki", lower, digits) % 2 @ powers[::-1], shift

    def _points(self, start: int, count: int) -> np.ndarray:
        """The integers of `count` points from the one of that number."""
        number = np.arange(start, start + count, dtype=np.int64)
        gray, directions = number ^ (number >> 1), self.sobolstate.numpy()
        found = np.broadcast_to(self.shift.numpy(), (count, self.dimension)).copy()
        for bit in range(self.MAXBIT):
            found ^= ((gray >> bit) & 1)[:, None] * directions[:, bit]
        return found

    def draw(self, n: int = 1, out: Tensor | None = None, dtype: Dtype | None = None) -> Tensor:
        """The next `n` points, of shape (n, dimension)."""
        kind = FROM_NUMPY[default_dtype()] if dtype is None else dtype
        more = n - (self.num_generated == 0)
        if more < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {more}: [{more}, {self.dimension}]")
        if more and kind.np not in (np.float32, np.float64):
            raise NotImplementedError(f"\"_sobol_engine_draw\" not implemented for '{scalar_type_name(kind.np)}'")
        points = self._points(self.num_generated, n)
        self.fast_forward(n)
        result = tensor(points).to(kind) * 2.0**-self.MAXBIT  # type: ignore[attr-defined]
        return result if out is None else out.resize_as_(result).copy_(result)  # type: ignore[attr-defined]

    def draw_base2(self, m: int, out: Tensor | None = None, dtype: Dtype | None = None) -> Tensor:
        """The next 2**m points, if that makes a power of 2 of all that have been drawn."""
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                f"The balance properties of Sobol' points require n to be a power of 2. {self.num_generated} points have been previously "
                f"generated, then: n={self.num_generated}+2**{m}={total}. If you still want to do this, please use 'SobolEngine.draw()' instead."
            )
        return self.draw(n=n, out=out, dtype=dtype)

    def reset(self) -> SobolEngine:
        """Begin again."""
        self.num_generated = 0
        self.quasi = self.shift.clone()  # type: ignore[attr-defined]
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next `n` points."""
        self.num_generated += n
        if self.num_generated:
            self.quasi = tensor(self._points(self.num_generated - 1, 1)[0])
        return self

    def __repr__(self):
        shown = [f"dimension={self.dimension}", *["scramble=True"] * self.scramble, *([] if self.seed is None else [f"seed={self.seed}"])]
        return f"{type(self).__name__}({', '.join(shown)})"


__all__ = ["SobolEngine"]
