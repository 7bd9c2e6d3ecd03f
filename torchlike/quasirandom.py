"""Points that fill the unit cube evenly (torch.quasirandom): the Sobol sequence, with the direction numbers of Joe and Kuo (2008).

Point i is the exclusive or of the direction numbers at the bits of i's Gray code, so any stretch of the sequence is computed at once, on the host.
"""

from __future__ import annotations

import functools
from importlib.resources import as_file, files

import numpy as np

from .core.dtype import default_dtype, to_numpy_dtype
from .core.missing import missing as _missing
from .core.random import Generator
from .core.tensor import Tensor
from .ops.interchange import from_numpy
from .ops.sample import randint


@functools.cache
def _polynomials() -> tuple[np.ndarray, np.ndarray]:
    """For each dimension, a primitive polynomial over two elements, as bits, and the first direction numbers. SciPy keeps the table."""
    with as_file(files("scipy") / "stats" / "_sobol_direction_numbers.npz") as path, np.load(path) as table:
        return table["poly"], table["vinit"]


def _direction_numbers(dimension: int, bits: int) -> np.ndarray:
    """The numbers (dimension, bits), as integers of so many bits. Each polynomial continues its first numbers by a recurrence."""
    polynomials, first = (table[:dimension] for table in _polynomials())
    numbers = np.ones((dimension, bits), np.int64)
    degrees = np.frexp(polynomials)[1] - 1
    for degree in np.unique(degrees[1:]):
        rows = 1 + np.flatnonzero(degrees[1:] == degree)
        found = np.zeros((len(rows), bits), np.int64)
        found[:, :degree] = first[rows, :degree]
        for j in range(degree, bits):
            found[:, j] = found[:, j - degree]
            for k in range(1, degree + 1):
                found[:, j] ^= np.where(polynomials[rows] >> (degree - k) & 1, found[:, j - k] << k, 0)
        numbers[rows] = found
    return numbers << np.arange(bits - 1, -1, -1)


def _parity(x: np.ndarray) -> np.ndarray:
    for shift in (32, 16, 8, 4, 2, 1):
        x = x ^ (x >> shift)
    return x & 1


class SobolEngine:
    """Draws from the Sobol sequence of some dimension, up to 21201 (torch.quasirandom.SobolEngine).

    `scramble` makes it random (Owen's scrambling by a random triangular matrix and a random shift, as Matousek proposed), and keeps the first
    point from being the origin. As with all random numbers here, `seed` gives another sequence than in PyTorch.
    """

    MAXBIT = 30
    MAXDIM = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None):
        if dimension > self.MAXDIM or dimension < 1:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.dimension, self.scramble, self.seed = dimension, scramble, seed
        self._numbers = _direction_numbers(dimension, self.MAXBIT)
        self._shift = np.zeros(dimension, np.int64)
        if scramble:
            self._scramble()
        self.num_generated = 0

    def _scramble(self) -> None:
        generator = None if self.seed is None else Generator().manual_seed(self.seed)
        places = 1 << np.arange(self.MAXBIT, dtype=np.int64)
        self._shift = randint(0, 2, (self.dimension, self.MAXBIT), generator=generator).numpy() @ places
        lower = randint(0, 2, (self.dimension, self.MAXBIT, self.MAXBIT), generator=generator).numpy()
        # The first bit is the highest: row p of the matrix makes bit p of those up to it, itself among them.
        rows = (np.tril(lower, -1) + np.eye(self.MAXBIT, dtype=np.int64)) @ places[::-1]
        bits = [_parity(rows[:, p, None] & self._numbers) << (self.MAXBIT - 1 - p) for p in range(self.MAXBIT)]
        self._numbers = np.bitwise_or.reduce(bits)

    @property
    def sobolstate(self) -> Tensor:
        """The direction numbers, (dimension, 30)."""
        return from_numpy(self._numbers)

    @property
    def shift(self) -> Tensor:
        """The first point, times 2 to the 30th."""
        return from_numpy(self._shift)

    @property
    def quasi(self) -> Tensor:
        """The point drawn last, times 2 to the 30th."""
        return from_numpy(self._points(max(self.num_generated - 1, 0), 1)[0])

    def _points(self, start: int, count: int) -> np.ndarray:
        """Points `start` to `start + count`, times 2 to the 30th."""
        index = np.arange(start, start + count, dtype=np.int64)
        first = start ^ (start >> 1)
        changes = np.zeros((count, self.dimension), np.int64)
        changes[0] = self._shift ^ np.bitwise_xor.reduce(self._numbers[:, [b for b in range(self.MAXBIT) if first >> b & 1]], axis=1)
        # From one point to the next, one bit of the Gray code changes: the lowest that is zero in the number of the former.
        lowest = np.frexp(~index[:-1] & (index[:-1] + 1))[1] - 1
        changes[1:] = self._numbers.T[lowest]
        return np.bitwise_xor.accumulate(changes, axis=0)

    def draw(self, n: int = 1, out: Tensor | None = None, dtype=None) -> Tensor:
        """The next `n` points, (n, dimension), in the default dtype or the one given."""
        if n < 1:
            steps = n if self.num_generated else n - 1
            if steps < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension {steps}: [{steps}, {self.dimension}]")
        kind = default_dtype() if dtype is None else to_numpy_dtype(dtype)
        points = self._points(self.num_generated, n) if n else np.zeros((0, self.dimension), np.int64)
        result = from_numpy(points.astype(kind) * np.asarray(2.0**-self.MAXBIT, kind))
        self.num_generated += n
        return result if out is None else out.resize_as_(result).copy_(result)  # type: ignore[attr-defined]

    def draw_base2(self, m: int, out: Tensor | None = None, dtype=None) -> Tensor:
        """The next 2**m points; ValueError unless they and those before are a power of two together, which fills the cube evenly."""
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                f"The balance properties of Sobol' points require n to be a power of 2. {self.num_generated} points have been previously "
                f"generated, then: n={self.num_generated}+2**{m}={total}. If you still want to do this, please use 'SobolEngine.draw()' instead.")
        return self.draw(n, out=out, dtype=dtype)

    def reset(self) -> SobolEngine:
        """Go back to the first point; returns the engine."""
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave out the next `n` points; returns the engine."""
        self.num_generated += n
        return self

    def __repr__(self):
        settings = [f"dimension={self.dimension}", *["scramble=True"] * self.scramble, *[f"seed={self.seed}"] * (self.seed is not None)]
        return f"SobolEngine({', '.join(settings)})"


__all__ = ["SobolEngine"]
__getattr__ = _missing(__name__)
