"""Histograms in one and in several dimensions, on the host."""

from __future__ import annotations

import math

import numpy as np

from ..core import return_types
from ..core.dtype import type_id_name
from ..core.op import function
from ..core.tensor import Tensor, from_value
from ..execution import placed
from .checks import refuse
from .export import to_array
from .promotion import category
from .ranges import linspace

_NAME = "torch.histogramdd"


def _check(input, bins, range, weight) -> None:
    dtype, dims = input._aval.dtype, input.size(-1) if input.ndim else 0
    if input.ndim < 2:
        raise RuntimeError(f"{_NAME}: input tensor should have at least 2 dimensions")
    if len(bins) != dims:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    if category(dtype) != 2 or dtype.itemsize == 2:
        refuse("histogramdd", dtype)
    if weight is not None and weight.dtype is not input.dtype:
        raise RuntimeError(f"{_NAME}: if weight tensor is provided, input tensor and weight tensor should have the same dtype, but got "
                           f"input({type_id_name(dtype)}), and weight({type_id_name(weight._aval.dtype)})")
    if weight is not None and weight.shape != input.shape[:-1]:
        raise RuntimeError(f"{_NAME}: if weight tensor is provided it should have the same shape as the input tensor excluding its innermost "
                           f"dimension, but got input with shape {list(input.shape)} and weight with shape {list(weight.shape)}")
    if range is not None and len(range) != 2 * dims:
        raise RuntimeError(f"{_NAME}: for a {dims}-dimensional histogram range should have {2 * dims} elements, but got {len(range)}")
    for d, b in enumerate(bins):
        _check_bins(dtype, d, b)


def _check_bins(dtype, d: int, bins) -> None:
    if not isinstance(bins, Tensor):
        if bins <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {d}")
        return
    if bins._aval.dtype != dtype:
        raise RuntimeError(f"{_NAME}: input tensor and bins tensors should have the same dtype, but got input with dtype "
                           f"{type_id_name(dtype)} and bins for dimension {d} with dtype {type_id_name(bins._aval.dtype)}")
    if bins.ndim != 1:
        raise RuntimeError(f"{_NAME}: bins tensor should have one dimension, but got {bins.ndim} dimensions in the bins tensor for "
                           f"dimension {d}")
    if not bins.shape[0]:
        raise RuntimeError(f"{_NAME}: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for dimension {d}")


def _edges(column, bins, limits, d: int, dtype):
    """The edges of the bins of one dimension."""
    if isinstance(bins, Tensor):
        return to_array(bins)
    low, high = limits if limits is not None else (column.min(), column.max()) if column.size else (0.0, 1.0)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"{_NAME}: dimension {d}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(f"{_NAME}: min should not exceed max, but got min {low:g} max {high:g} for dimension {d}")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return to_array(linspace(low, high, bins + 1, dtype=dtype))


def _places(column, edges):
    """The bin of each element, and whether it has one: the last bin includes its upper edge."""
    inside = (column >= edges[0]) & (column <= edges[-1])
    return np.clip(np.searchsorted(edges, column, side="right") - 1, 0, len(edges) - 2), inside


def _like(array, model: Tensor) -> Tensor:
    return from_value(placed(np.ascontiguousarray(array), model._aval.device))


@function
def histogramdd(input, bins, *, range=None, weight=None, density=False):
    """Counts (or densities) of points (..., dims) in a grid of bins: (hist, bin_edges) (torch.histogramdd). No gradient."""
    bins = list(bins) if isinstance(bins, tuple | list) else [bins] * (input.size(-1) if input.ndim else 0)
    _check(input, bins, range, weight)
    points = to_array(input).reshape(-1, len(bins)) if bins else np.zeros((0, 0), input._aval.dtype)
    limits = [None if range is None else (range[2 * d], range[2 * d + 1]) for d, _ in enumerate(bins)]
    edges = [_edges(points[:, d], b, limits[d], d, input.dtype) for d, b in enumerate(bins)]
    weights = np.ones(len(points), points.dtype) if weight is None else to_array(weight).reshape(-1)
    found = [_places(points[:, d], e) for d, e in enumerate(edges)]
    inside = np.logical_and.reduce([i for _, i in found], axis=0) if found else np.zeros(len(points), bool)
    counts = np.zeros([len(e) - 1 for e in edges], points.dtype)
    if edges:
        np.add.at(counts, tuple(place[inside] for place, _ in found), weights[inside])
    if density:
        axes = [i for i, _ in enumerate(edges)]
        volume = math.prod(np.diff(e).reshape([-1 if i == d else 1 for i in axes]) for d, e in enumerate(edges))
        counts = counts / counts.sum() / volume
    return return_types.histogramdd((_like(counts.astype(points.dtype), input), tuple(_like(e, input) for e in edges)))


@function(method=True, out=True)
def histogram(input, bins=100, *, range=None, weight=None, density=False):
    """Counts (or densities) of all elements and the edges of their bins: (hist, bin_edges) (torch.histogram). No gradient."""
    weights = None if weight is None else weight.reshape(-1)
    counts, (edges,) = histogramdd(input.reshape(-1, 1), [bins], range=range, weight=weights, density=density)
    return return_types.histogram((counts, edges))
