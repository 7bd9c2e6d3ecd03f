"""Copies with something embedded in a window of them: `select_scatter` and its like."""

from __future__ import annotations

from ..core.op import function
from .dims import canonical_dim
from .views import sliced


def _scattering(name: str, chosen):
    def scattered(input, src, *args, **kwargs):
        copy = input.clone()
        window = chosen(copy, *args, **kwargs)
        if window._aval.shape != src._aval.shape:
            raise RuntimeError("expected src to have a size equal to the slice of self. src size = "
                               f"{list(src._aval.shape)}, slice size = {list(window._aval.shape)}")
        window.copy_(src)
        return copy

    scattered.__name__ = name
    scattered.__doc__ = f"A copy of `input` with `src` embedded in the chosen window (torch.{name})."
    return function(scattered, method=True, out=True)


def _slice_window(t, dim=0, start=None, end=None, step=1):
    return sliced(t, canonical_dim(dim, t._aval.ndim), start, end, step)


select_scatter = _scattering("select_scatter", lambda t, dim, index: t.select(dim, index))
slice_scatter = _scattering("slice_scatter", _slice_window)
diagonal_scatter = _scattering("diagonal_scatter", lambda t, offset=0, dim1=0, dim2=1: t.diagonal(offset, dim1, dim2))
as_strided_scatter = _scattering("as_strided_scatter", lambda t, size, stride, storage_offset=None: t.as_strided(size, stride, storage_offset))

