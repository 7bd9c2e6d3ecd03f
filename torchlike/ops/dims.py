"""Normalising dimension arguments, with PyTorch's errors."""

from __future__ import annotations

from operator import index


def whole(value) -> int:
    """An integer argument as a plain int; TypeError for what is none, bools included."""
    if isinstance(value, bool):
        raise TypeError("an argument must be int, not bool")
    return index(value)


def canonical_dim(dim: int, ndim: int) -> int:
    """A dimension in [0, ndim), counting negatives from the end; a 0-d array answers to dims 0 and -1."""
    if type(dim) is not int:
        dim = whole(dim)
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim % n


def canonical_dims(dim, ndim: int) -> tuple:
    """A tuple of distinct dims; None or () means all of them."""
    if dim is None or (isinstance(dim, tuple | list) and not len(dim)):
        return tuple(range(ndim))
    if ndim > 64:
        raise RuntimeError("only tensors with up to 64 dims are supported")
    dims = tuple(canonical_dim(d, ndim) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    for i, d in enumerate(dims):
        if d in dims[:i]:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims if ndim else ()
