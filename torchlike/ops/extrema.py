"""The largest and smallest elements: `amax`, `max` in its three overloads, `argmax`, `aminmax`, `cummax`. NaN wins everywhere.

The hand-written rules follow PyTorch at ties: `amax`, `aminmax` and the full `max` split the gradient evenly, `max` over a dim sends it
to the returned index, which is all that it saves.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core import return_types
from ..core.op import function, op
from ..core.tensor import Tensor
from .axes import lift, numpy_names, restore_dims, scatter_add, spread_one, take_along
from .bounds import maximum, minimum
from .checks import refuse_complex
from .dims import canonical_dim, canonical_dims
from .promotion import category

# The kernels that PyTorch's errors name.
_KERNELS = {"amax": "max_values_cpu", "amin": "min_values_cpu", "max": "max_all", "min": "min_all"}


def _extreme(name, input, dim, keepdim, reduce):
    refuse_complex(_KERNELS[name], input.dtype)
    dims = canonical_dims(dim, input.ndim)
    for d in dims:
        if input.shape[d] == 0:
            if dim is None or dim == ():
                raise RuntimeError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                                   "with the 'dim' argument.")
            raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")
    return reduce(input, axis=dims, keepdims=keepdim)


def _evenly(grad, input, out, dim, keepdim):
    dims = canonical_dims(dim, input.ndim)
    hit = input == restore_dims(out, dims, keepdim)
    return jnp.where(hit, restore_dims(grad, dims, keepdim) / hit.sum(dims, keepdims=True), 0).astype(grad.dtype)


@op(method=True)
def amax(input, /, dim=(), keepdim=False):
    """The largest element over dims (torch.amax)."""
    return _extreme("amax", input, dim, keepdim, jnp.max)


@op(method=True)
def amin(input, /, dim=(), keepdim=False):
    """The smallest element over dims (torch.amin)."""
    return _extreme("amin", input, dim, keepdim, jnp.min)


amax.vjp(_evenly)
amin.vjp(_evenly)


@op(name="_max_all", public=False, node="MaxBackward1")
def _max_all(input, /):
    """The largest element of all."""
    return _extreme("max", input, None, False, jnp.max)


@op(name="_min_all", public=False, node="MinBackward1")
def _min_all(input, /):
    """The smallest element of all."""
    return _extreme("min", input, None, False, jnp.min)


def _evenly_all(grad, input, out):
    hit = (input == out) | (jnp.isnan(out) & jnp.isnan(input))
    return jnp.where(hit, grad / hit.sum(), 0).astype(grad.dtype)


_max_all.vjp(_evenly_all)
_min_all.vjp(_evenly_all)


def _refuse_kind(name: str, dtype) -> None:
    kind = {0: "bool", 3: "complex"}.get(category(dtype))
    if kind == "complex" or kind and name.startswith("arg"):
        raise RuntimeError(f"{name}(): does not support {kind} input")


def _arg_extreme(name, input, dim, search):
    """(x, canonical dim, index of extent 1 along dim)."""
    _refuse_kind(name, input.dtype)
    x, dim = lift(input, dim)
    if x.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    return x, dim, search(x, axis=dim, keepdims=True).astype(np.int64)


def _pick(name, input, dim, keepdim, search):
    x, axis, index = _arg_extreme(name, input, dim, search)
    return tuple(_drop(y, axis, keepdim, input.ndim) for y in (take_along(x, index, axis), index))


def _drop(y, axis, keepdim, ndim):
    if ndim == 0:
        return y.reshape(())
    return y if keepdim else jnp.squeeze(y, axis)


@op(name="_max_dim", public=False, node="MaxBackward0")
def _max_dim(input, /, dim, keepdim=False):
    """The largest elements along dim and where they are."""
    return _pick("max", input, dim, keepdim, jnp.argmax)


@op(name="_min_dim", public=False, node="MinBackward0")
def _min_dim(input, /, dim, keepdim=False):
    """The smallest elements along dim and where they are."""
    return _pick("min", input, dim, keepdim, jnp.argmin)


def at_index_rule(grads, input, outs, dim, keepdim):
    """The backward of a function that picks one element along dim: its gradient goes back to the index it came from."""
    shape = input.shape or (1,)
    axis = canonical_dim(dim, input.ndim)
    keep = keepdim and input.ndim > 0
    grad, index = (restore_dims(y, (axis,), keep) for y in (grads[0], outs[1]))
    return spread_one(grad, index, shape, axis).reshape(input.shape)


_max_dim.vjp(at_index_rule)
_min_dim.vjp(at_index_rule)


def _overloaded(name, input, args, kwargs, all_elements, along, pairwise, result):
    if args and isinstance(args[0], Tensor):
        return pairwise(input, *args, **kwargs)
    if "other" in kwargs:
        return pairwise(input, kwargs["other"])
    if not args and not kwargs:
        return all_elements(input)
    if args and not isinstance(args[0], int):
        raise TypeError(f"{name}() received an invalid combination of arguments - got ({type(args[0]).__name__})")
    return result(along(input, *args, **kwargs))


@function(method=True, out=True)
@numpy_names
def max(input, *args, **kwargs):
    """`max(input)`: the largest; `max(input, dim, keepdim=False)`: (values, indices); `max(input, other)`: `maximum` (torch.max)."""
    return _overloaded("max", input, args, kwargs, _max_all, _max_dim, maximum, return_types.max)


@function(method=True, out=True)
@numpy_names
def min(input, *args, **kwargs):
    """`min(input)`: the smallest; `min(input, dim, keepdim=False)`: (values, indices); `min(input, other)`: `minimum` (torch.min)."""
    return _overloaded("min", input, args, kwargs, _min_all, _min_dim, minimum, return_types.min)


def _position(name, input, dim, keepdim, search):
    if dim is not None:
        _, axis, index = _arg_extreme(name, input, dim, search)
        return _drop(index, axis, keepdim, input.ndim)
    if input.size == 0:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    _refuse_kind(name, input.dtype)
    index = search(input.reshape(-1)).astype(np.int64)
    return index.reshape((1,) * input.ndim) if keepdim else index


@op(method=True)
def argmax(input, /, dim=None, keepdim=False):
    """Where the first largest element is, along dim or in the flattened input (torch.argmax)."""
    return _position("argmax", input, dim, keepdim, jnp.argmax)


@op(method=True)
def argmin(input, /, dim=None, keepdim=False):
    """Where the first smallest element is, along dim or in the flattened input (torch.argmin)."""
    return _position("argmin", input, dim, keepdim, jnp.argmin)


@op(name="_aminmax", public=False, node="AminmaxBackward0")
def _aminmax(input, /, dim=None, keepdim=False):
    """The smallest and the largest element."""
    refuse_complex("aminmax_cpu", input.dtype)
    dims = canonical_dims(dim, input.ndim)
    if dim is not None and input.ndim and input.shape[dims[0]] == 0:
        raise IndexError(f"aminmax: Expected reduction dim {dim} to have non-zero size.")
    if 0 in [input.shape[d] for d in dims]:
        raise RuntimeError("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    return tuple(reduce(input, axis=dims, keepdims=keepdim) for reduce in (jnp.min, jnp.max))


@_aminmax.vjp
def _(grads, input, outs, dim, keepdim):
    # Ties are split evenly, on both sides.
    return _evenly(grads[0], input, outs[0], dim, keepdim) + _evenly(grads[1], input, outs[1], dim, keepdim)


@function(method=True, out=True)
@numpy_names
def aminmax(input, *, dim=None, keepdim=False):
    """The smallest and the largest element, of all or along dim: (min, max) (torch.aminmax)."""
    return return_types.aminmax(_aminmax(input, dim=dim, keepdim=keepdim))


def _running(input, dim, wins):
    """Running extremes and their latest positions along dim."""
    x, dim = lift(input, dim)
    position = lax.broadcasted_iota(np.int64, x.shape, dim)

    def later(first, second):
        take = wins(second[0], first[0]) | jnp.isnan(second[0])
        return tuple(jnp.where(take, b, a) for a, b in zip(first, second, strict=True))

    if x.size == 0:
        return input, position.reshape(input.shape)
    values, indices = lax.associative_scan(later, (x, position), axis=dim)
    return values.reshape(input.shape), indices.reshape(input.shape)


@op(name="_cummax", public=False, node="CummaxBackward0")
def _cummax(input, /, dim):
    """Running maxima and where they are."""
    refuse_complex("cummax_cpu", input.dtype)
    return _running(input, dim, jnp.greater_equal)


@op(name="_cummin", public=False, node="CumminBackward0")
def _cummin(input, /, dim):
    """Running minima and where they are."""
    refuse_complex("cummin_cpu", input.dtype)
    return _running(input, dim, jnp.less_equal)


def _running_rule(grads, outs, input, dim):
    # Each gradient goes to the index saved beside the value.
    shape = input.shape or (1,)
    grad, index = (y.reshape(shape) for y in (grads[0], outs[1]))
    return scatter_add(grad, index, shape, canonical_dim(dim, input.ndim)).reshape(input.shape)


_cummax.vjp(_running_rule)
_cummin.vjp(_running_rule)


@function(method=True, out=True)
@numpy_names
def cummax(input, dim):
    """Running maxima along dim: (values, indices), of ties the latest (torch.cummax)."""
    return return_types.cummax(_cummax(input, dim=dim))


@function(method=True, out=True)
@numpy_names
def cummin(input, dim):
    """Running minima along dim: (values, indices), of ties the latest (torch.cummin)."""
    return return_types.cummin(_cummin(input, dim=dim))
