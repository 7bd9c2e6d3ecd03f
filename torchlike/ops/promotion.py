"""PyTorch's type promotion, applied where an op's function is traced (so it costs nothing per call).

Operands fall in three groups: arrays with dimensions, 0-d arrays, Python numbers (weak-typed here). A later group changes the
result only if its category (bool < integer < float < complex) is higher than that of the groups before it. Source: torch.result_type.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.dtype import default_dtype
from ..execution.half_sums import HALF

_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2, "V": 2, "c": 3}
_COMPLEX_OF = {"float16": np.complex64, "bfloat16": np.complex64, "float32": np.complex64, "float64": np.complex128}
_FLOAT_OF = {"complex64": np.float32, "complex128": np.float64}


def category(dtype) -> int:
    """0 bool, 1 integer, 2 float, 3 complex."""
    return 2 if dtype == jnp.bfloat16 else _CATEGORY[np.dtype(dtype).kind]


def real_dtype(dtype):
    """The dtype of the real part."""
    return np.dtype(_FLOAT_OF.get(np.dtype(dtype).name, dtype))


def complex_dtype(dtype):
    """The complex dtype whose parts are of this float dtype (halves widen to complex64)."""
    return np.dtype(_COMPLEX_OF.get(np.dtype(dtype).name, dtype))


def promote_dtypes(a, b):
    """The smallest dtype of PyTorch's lattice holding both strong dtypes."""
    a, b = np.dtype(a), np.dtype(b)
    if a == b:
        return a
    ca, cb = category(a), category(b)
    if ca == cb >= 2:
        return np.dtype(np.float32) if {a, b} == HALF else max(a, b, key=lambda d: d.itemsize)
    if ca == cb == 1:
        return np.dtype(np.promote_types(a, b))
    if ca < cb:
        a, b, ca, cb = b, a, cb, ca
    if ca == 3 and cb == 2:
        return max(a, complex_dtype(b), key=lambda d: d.itemsize)
    return a


def result_dtype(*arrays):
    """torch.result_type of traced operands; None among them is skipped."""
    groups: list = [None, None, None]
    for x in arrays:
        if x is None:
            continue
        weak = getattr(x, "weak_type", False) or isinstance(x, bool | int | float | complex)
        x = jnp.asarray(x)
        rank = 2 if weak else 1 if x.ndim == 0 else 0
        dtype = x.dtype
        if weak:
            dtype = {0: np.dtype(bool), 1: np.dtype(np.int64), 2: default_dtype(), 3: complex_dtype(default_dtype())}[category(dtype)]
        groups[rank] = dtype if groups[rank] is None else promote_dtypes(groups[rank], dtype)
    dimensioned, zero_dim, numbers = groups
    return np.dtype(_combine(_combine(dimensioned, zero_dim), numbers))


def _combine(higher, lower):
    """What a group of operands becomes in the company of a lower-ranking group."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    kind, other = category(higher), category(lower)
    if kind == 2:
        return complex_dtype(higher) if other == 3 else higher
    return promote_dtypes(higher, lower) if kind == 0 or other >= 2 > kind else higher


def promote(*arrays):
    """Cast operands to their common dtype. None passes through. One operand comes back bare."""
    dtype = result_dtype(*arrays)
    cast = tuple(None if x is None else jnp.asarray(x).astype(dtype) for x in arrays)
    return cast[0] if len(cast) == 1 else cast


def to_float(*arrays):
    """Like `promote`, with integers and bools raised to the default dtype: what sqrt, exp, mean and true division do."""
    dtype = result_dtype(*arrays)
    if category(dtype) < 2:
        dtype = default_dtype()
    cast = tuple(None if x is None else jnp.asarray(x).astype(dtype) for x in arrays)
    return cast[0] if len(cast) == 1 else cast


def broadcast_shapes(*shapes) -> tuple:
    """The common shape, or PyTorch's RuntimeError naming the first dimension that disagrees."""
    rank = max((len(s) for s in shapes), default=0)
    result = [1] * rank
    for s in shapes:
        # From the last dimension backwards: that is where PyTorch finds a disagreement first.
        for i, n in reversed(list(enumerate(s, start=rank - len(s)))):
            if n == 1 or n == result[i]:
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({result[i]}) must match the size of tensor b ({n}) at non-singleton dimension {i}"
                )
            result[i] = n
    return tuple(result)


def promote_broadcast(*arrays):
    """`promote`, after checking in PyTorch's words that the shapes broadcast."""
    broadcast_shapes(*(x.shape for x in arrays if x is not None))
    return promote(*arrays)
