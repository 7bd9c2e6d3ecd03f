"""Abstract values: what is known of an array before it is computed.

An `Aval` is interned, so two values of the same shape, dtype and device share one object and a tuple of avals hashes
by identity. That makes the look-up of a `Plan` one cheap dictionary access per call.
"""

from __future__ import annotations

import jax
import numpy as np


class Aval:
    """Shape, dtype, device of an array; `weak` marks a Python number, which bends to the other operand's dtype."""

    __slots__ = ("shape", "dtype", "device", "weak", "ndim", "inexact", "is_complex")

    def __init__(self, shape: tuple, dtype: np.dtype, device, weak: bool):
        self.shape = shape
        self.dtype = dtype
        self.device = device
        self.weak = weak
        self.ndim = len(shape)
        self.inexact = jax.numpy.issubdtype(dtype, np.inexact)
        self.is_complex = dtype.kind == "c"

    @property
    def size(self) -> int:
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def struct(self) -> jax.ShapeDtypeStruct:
        """The same description in JAX's own terms, for tracing."""
        return jax.ShapeDtypeStruct(self.shape, self.dtype, weak_type=self.weak)

    def __repr__(self):
        return f"Aval({self.dtype}{list(self.shape)}{', weak' if self.weak else ''})"


_MAX_INTERNED = 100_000
_MAX_BYTES = 2**63
_interned: dict[tuple, Aval] = {}


def aval_of(shape: tuple, dtype: np.dtype, device) -> Aval:
    """The interned aval of a strongly typed array."""
    key = (shape, dtype, device)
    found = _interned.get(key)
    if found is None:
        if len(_interned) >= _MAX_INTERNED:
            # Forgetting is safe: a fresh twin of an old aval only costs one more plan.
            _interned.clear()
        found = Aval(tuple(int(n) for n in shape), np.dtype(dtype), device, False)
        if found.size * found.dtype.itemsize >= _MAX_BYTES:  # XLA ends the process
            raise RuntimeError(f"Storage size calculation overflowed with sizes={list(found.shape)}")
        _interned[key] = found
    return found


# A Python number's aval. A bool is the lowest category of promotion either way, so it is not weak (as in JAX).
SCALAR_AVALS: dict[type, Aval] = {
    bool: Aval((), np.dtype(np.bool_), None, False),
    int: Aval((), np.dtype(np.int64), None, True),
    float: Aval((), np.dtype(np.float64), None, True),
    complex: Aval((), np.dtype(np.complex128), None, True),
}
