"""Reductions over runs of neighbouring elements: `segment_reduce`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.levels import examined
from ..core.op import function, op
from .checks import refuse_but_real, refuse_inexact
from .dims import canonical_dim
from .joining import cat

_NAME = "segment_reduce()"
_REDUCTIONS = {"sum": "sum", "mean": "mean", "prod": "prod", "max": "max", "amax": "max", "min": "min", "amin": "min"}
_IDENTITY = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -np.inf, "min": np.inf}


def _segment_of(offsets, length: int):
    """The segment of each of `length` elements; the number of segments for those outside of all."""
    place = jnp.searchsorted(offsets, jnp.arange(length), side="right") - 1
    return jnp.where(place < 0, offsets.shape[0] - 1, place)


def _reduce_one(data, offsets, reduce: str, initial):
    """The reduction along the first dimension of `data`."""
    count = offsets.shape[0] - 1
    start = jnp.full((count, *data.shape[1:]), _IDENTITY[reduce] if initial is None else initial, data.dtype)
    target = start.at[_segment_of(offsets, data.shape[0])]
    if reduce in ("max", "min"):
        return getattr(target, reduce)(data, mode="drop")
    if reduce == "prod":
        return target.multiply(data, mode="drop")
    total = target.add(data, mode="drop")
    if reduce == "sum":
        return total
    lengths = jnp.diff(offsets).reshape(-1, *(1,) * (data.ndim - 1))
    # An empty mean is the initial value, or NaN.
    return jnp.where(lengths == 0, jnp.nan if initial is None else initial, total / jnp.maximum(lengths, 1)).astype(data.dtype)


def _over_batches(fn, rank: int):
    for _ in range(rank):
        fn = jax.vmap(fn)
    return fn


@op(name="_segment_reduce", public=False, node="SegmentReduceBackward0")
def _segment_reduce(data, offsets, /, reduce, initial):
    """Segments along the last dimension of `offsets`, whose other dimensions are those of `data`."""
    refuse_but_real("_segment_reduce_cpu", data.dtype)
    return _over_batches(lambda d, o: _reduce_one(d, o, reduce, initial), offsets.ndim - 1)(data, offsets)


def _spread(values, ids):
    """Each element's segment's value; 0 outside of all segments."""
    return values.at[ids].get(mode="fill", fill_value=0)


def _gradient_one(grad, data, out, offsets, reduce: str, initial):
    ids, count = _segment_of(offsets, data.shape[0]), offsets.shape[0] - 1
    if reduce == "sum":
        return _spread(grad, ids)
    if reduce == "mean":
        return _spread(grad / jnp.maximum(jnp.diff(offsets), 1).reshape(-1, *(1,) * (data.ndim - 1)).astype(grad.dtype), ids)
    zeros = jnp.zeros((count, *data.shape[1:]), data.dtype)
    if reduce in ("max", "min"):
        chosen = jnp.where((data == _spread(out, ids)) | jnp.isnan(data), 1, 0).astype(data.dtype)
        ties = jnp.maximum(zeros.at[ids].add(chosen, mode="drop"), 1)
        return chosen * _spread(grad / ties, ids)
    return _product_of_others(data, ids, zeros, initial) * _spread(grad, ids)


def _product_of_others(data, ids, zeros, initial):
    """What each element is multiplied by in its segment's product. Zeros and NaNs are counted apart: the product cannot be divided by them."""
    zero, nan = data == 0, jnp.isnan(data)
    special = zero | nan
    rest = jnp.full_like(zeros, 1 if initial is None else initial).at[ids].multiply(jnp.where(special, 1, data), mode="drop")
    other_zeros, other_nans = (_spread(zeros.at[ids].add(x.astype(data.dtype), mode="drop"), ids) - x for x in (zero, nan))
    factor = jnp.where(other_nans > 0, jnp.nan, jnp.where(other_zeros > 0, 0, 1)).astype(data.dtype)
    return _spread(rest, ids) / jnp.where(special, 1, data) * factor


@_segment_reduce.vjp
def _(grad, data, out, offsets, reduce, initial):
    # PyTorch's convention for ties (an even split), and a product whose scatter JAX cannot differentiate.
    fn = _over_batches(lambda g, d, o, at: _gradient_one(g, d, o, at, reduce, initial), offsets.ndim - 1)
    return fn(grad, data, out, offsets), None


def _check_lengths(lengths, size: int) -> None:
    values = examined(lengths)
    if values is None:
        return
    values = np.asarray(values)
    if not values.size:
        raise RuntimeError("min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' "
                           "argument.")
    if values.min() < 0:
        raise RuntimeError("lengths contains negative value!")
    if (values.sum(-1) != size).any():
        raise RuntimeError(f"{_NAME}: Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe.")


@function
def segment_reduce(data, reduce, *, lengths=None, indices=None, offsets=None, axis=0, unsafe=False, initial=None):
    """The sum, mean, prod, max or min of runs of elements along `axis`, given by lengths or by offsets (torch.segment_reduce)."""
    axis = canonical_dim(axis, data.ndim)
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if indices is not None:
        raise RuntimeError(f"{_NAME}: indices based reduction is not supported yet.")
    if lengths is None and offsets is None:
        raise RuntimeError(f"{_NAME}: Either lengths or offsets must be defined.")
    bounds = lengths if offsets is None else offsets
    refuse_inexact("_segment_reduce_lengths_cpu_kernel1", bounds._aval.dtype)
    if bounds.ndim != axis + 1:
        which = "lengths" if offsets is None else "offsets"
        raise RuntimeError(f"{_NAME}: Expected axis to be the last dimension of {which} but got {axis}.")
    if offsets is None:
        if not unsafe:
            _check_lengths(lengths, data.size(axis))
        offsets = cat([lengths.new_zeros((*lengths.shape[:-1], 1)), lengths.cumsum(-1)], -1)
    return _segment_reduce(data, offsets, _REDUCTIONS[reduce], initial)
