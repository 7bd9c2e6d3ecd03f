"""Sorting and selecting along a dimension. NaN is the greatest of all; equal elements keep their order.

The rules send each gradient to the index saved beside its value, and save nothing else, as PyTorch does.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import lax

from ..core import return_types
from ..core.op import function, op
from .axes import lift, numpy_names
from .checks import refuse_unordered
from .dims import canonical_dim
from .extrema import at_index_rule
from .order import select_with_indices, sort_with_indices
from .promotion import category


def _sort(input, dim, descending):
    if category(input.dtype) == 3:
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    x, dim = lift(input, dim)
    return tuple(y.reshape(input.shape) for y in sort_with_indices(x, dim, descending))


def put_along(grad, indices, shape: tuple, dim: int):
    """Zeros of `shape` with `grad` at `indices` along dim; no index occurs twice."""
    where = list(jnp.indices(indices.shape, sparse=True))
    where[dim] = indices
    return jnp.zeros(shape, grad.dtype).at[tuple(where)].set(grad, mode="promise_in_bounds", unique_indices=True)


def _at_indices_rule(grads, input, outs, dim):
    indices = outs[1]
    shape = input.shape or (1,)
    grad, indices = (y.reshape(1) if y.ndim == 0 else y for y in (grads[0], indices))
    return put_along(grad, indices, shape, canonical_dim(dim, input.ndim)).reshape(input.shape)


@op(name="_sort", public=False, node="SortBackward0")
def _sort_default(input, /, dim=-1, descending=False):
    """Sorted values and where they came from."""
    return _sort(input, dim, descending)


@op(name="_sort_stable", public=False, node="SortBackward1")
def _sort_stable(input, /, dim=-1, descending=False):
    """`_sort_default`, asked for by `stable=`."""
    return _sort(input, dim, descending)


@op(name="_topk", public=False, node="TopkBackward0")
def _topk(input, /, k, dim=-1, largest=True):
    """The k greatest (or smallest) elements along dim, in order, and where they are."""
    kind = {0: "bool", 3: "complex"}.get(category(input.dtype))
    if kind:
        raise RuntimeError(f"{' ' * (kind == 'complex')}topk does not support {kind} dtypes on CPU")
    x, axis = lift(input, dim)
    if not 0 <= k <= x.shape[axis]:
        raise RuntimeError("selected index k out of range")
    # A 0-d array is its own largest element, however many are asked for.
    results = select_with_indices(x, k if input.ndim else 1, axis, largest)
    return tuple(y.reshape(()) for y in results) if input.ndim == 0 else results


for kernel in (_sort_default, _sort_stable, _topk):
    kernel.vjp(_at_indices_rule)


@function(method=True, out=True)
@numpy_names
def sort(input, dim=-1, descending=False, stable=None):
    """Sort along dim: (values, indices) (torch.sort). Equal elements always keep their order."""
    kernel = _sort_default if stable is None else _sort_stable
    return return_types.sort(kernel(input, dim, descending))


@function(method=True)
@numpy_names
def argsort(input, dim=-1, descending=False, *, stable=False):
    """The indices that sort along dim (torch.argsort)."""
    return _sort_default(input.detach(), dim, descending)[1]


@function(method=True, out=True)
def msort(input):
    """The values sorted along the first dim (torch.msort)."""
    return _sort_default(input, 0, False)[0]


@function(method=True, out=True)
@numpy_names
def topk(input, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) elements along dim, in order: (values, indices) (torch.topk)."""
    return return_types.topk(_topk(input, k, -1 if dim is None else dim, largest))


@op(name="_kthvalue", public=False, node="KthvalueBackward0")
def _kthvalue(input, /, k, dim=-1, keepdim=False):
    """The k-th smallest element along dim, counting from 1, and where it is."""
    refuse_unordered("kthvalue_cpu", input.dtype)
    x, axis = lift(input, dim)
    if not x.shape[axis]:
        raise IndexError(f"kthvalue(): Expected reduction dim {axis} to have non-zero size.")
    if not 1 <= k <= x.shape[axis]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    results = tuple(lax.slice_in_dim(y, k - 1, k, axis=axis) for y in sort_with_indices(x, axis))
    if input.ndim == 0:
        return tuple(y.reshape(()) for y in results)
    return results if keepdim else tuple(jnp.squeeze(y, axis) for y in results)


_kthvalue.vjp(at_index_rule)


@function(method=True, out=True)
@numpy_names
def kthvalue(input, k, dim=-1, keepdim=False):
    """The k-th smallest element along dim, counting from 1: (values, indices) (torch.kthvalue)."""
    return return_types.kthvalue(_kthvalue(input, k, -1 if dim is None else dim, keepdim))
