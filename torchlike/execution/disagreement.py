"""What PyTorch says of shapes that do not broadcast, for kernels that leave it to JAX to find that out."""

from __future__ import annotations

import re


def retold(error: Exception) -> Exception:
    """A JAX error about shapes that do not broadcast as PyTorch's RuntimeError; any other error as it is."""
    _, found, shapes = str(error).partition("ncompatible shapes for broadcasting: ")
    if not found:
        return error
    a, b, *_ = (tuple(int(n) for n in re.findall(r"\d+", shape)) for shape in re.findall(r"\([\d, ]*\)", shapes))
    rank = max(len(a), len(b))
    for d in reversed(range(rank)):
        n, m = (shape[d - rank + len(shape)] if d >= rank - len(shape) else 1 for shape in (a, b))
        if n != m and 1 not in (n, m):
            return RuntimeError(f"The size of tensor a ({n}) must match the size of tensor b ({m}) at non-singleton dimension {d}")
    return error
