"""Small tools of the functions that work along dimensions: 0-d arrays as vectors, reduced dimensions put back, gathering by index,
and NumPy's spelling of the arguments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax.numpy as jnp
from jax import lax

from .dims import canonical_dim

_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input"}


def numpy_names(fn: Callable) -> Callable:
    """Let a composite be called with `axis` and `keepdims`, as PyTorch does."""

    @functools.wraps(fn)
    def call(*args, **kwargs):
        for name in _NUMPY_NAMES.keys() & kwargs.keys():
            kwargs.setdefault(_NUMPY_NAMES[name], kwargs.pop(name))
        return fn(*args, **kwargs)

    return call


def lift(x, dim: int):
    """(x with at least one dimension, canonical dim): a 0-d array answers to dims 0 and -1 as a vector of one element."""
    dim = canonical_dim(dim, x.ndim)
    return (x.reshape(1) if x.ndim == 0 else x), dim


def restore_dims(reduced, dims: tuple, keepdim: bool):
    """Put back dimensions of extent 1 where `dims` were reduced away."""
    return reduced if keepdim or not dims else jnp.expand_dims(reduced, dims)


def take_along(x, indices, dim: int):
    """x at `indices` along dim; shapes agree elsewhere. Indices are known to be in range."""
    return jnp.take_along_axis(x, indices, axis=dim, mode="promise_in_bounds")


def spread_one(grad, index, shape: tuple, dim: int):
    """Zeros of `shape` with `grad` where the position along dim equals `index` (both of extent 1 along dim)."""
    position = lax.broadcasted_iota(index.dtype, shape, dim)
    return jnp.where(position == index, grad, 0)


_OF_BOOLS = {"add": "max", "multiply": "min"}


def multiply_at(base, where: tuple, values):
    """`base` times the product of the values whose index tuple in `where` names each place; differentiable where places repeat.

    JAX differentiates a scattered product for distinct places only. Here the values are sorted by place and multiplied by a segmented scan,
    so that each place receives one number.
    """
    places = jnp.ravel_multi_index(jnp.broadcast_arrays(*where), base.shape, mode="clip").reshape(-1)
    order = jnp.argsort(places, stable=True)
    places, values = places[order], values.reshape(-1)[order].astype(base.dtype)
    starts = jnp.concatenate([jnp.ones(1, bool), places[1:] != places[:-1]])

    def join(left, right):
        (first, x), (second, y) = left, right
        return first | second, jnp.where(second, y, x * y)

    products = lax.associative_scan(join, (starts, values))[1]
    ends = jnp.concatenate([starts[1:], jnp.ones(1, bool)])
    factors = jnp.ones(base.size, base.dtype).at[jnp.where(ends, places, base.size)].set(products, mode="drop")
    return base * factors.reshape(base.shape)


def combine_at(at, how: str, values, **options):
    """`at.add(values)` and the like, which JAX has for numbers only: bools add as `or` and multiply as `and`."""
    return getattr(at, _OF_BOOLS.get(how, how) if values.dtype == bool else how)(values, **options)


def scatter_add(grad, indices, shape: tuple, dim: int):
    """Zeros of `shape` with `grad` added at `indices` along dim."""
    where = list(jnp.indices(indices.shape, sparse=True))
    where[dim] = indices
    return jnp.zeros(shape, grad.dtype).at[tuple(where)].add(grad, mode="promise_in_bounds")
