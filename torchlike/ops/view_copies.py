"""The views of views.py as copies, under PyTorch's names `diagonal_copy`, `view_copy`, ...: the same arguments, a storage of their own."""

from __future__ import annotations

import functools

from ..core.inplace import write_out
from ..core.op import function
from ..core.tensor import Tensor
from . import split, views
from . import view_ops as v
from .dims import canonical_dim
from .strided import as_strided


def slice_view(input, dim=0, start=None, end=None, step=1):
    """A range of one dimension, with Python's rules for its ends."""
    d = canonical_dim(dim, input.ndim)
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    first, last, _ = slice(start, end).indices(input.size(d))
    return v._slice(input, first, dim=d, length=len(range(first, last, step)), step=step)


def _permute(input, dims):
    return views.permute(input, dims)


def _expand(input, size, *, implicit=False):
    return views.expand(input, size)


def _view(input, size=None, *, dtype=None):
    return views.view(input, size) if dtype is None else views.view(input, dtype=dtype)


def _unfold(input, dimension, size, step):
    return input.unfold(dimension, size, step)


_VIEWS = {
    "alias": lambda input: input, "detach": Tensor.detach, "as_strided": as_strided, "diagonal": views.diagonal, "expand": _expand,
    "permute": _permute, "select": views.select, "slice": slice_view, "split": split.split, "split_with_sizes": split.split_with_sizes,
    "squeeze": views.squeeze, "t": views.t, "transpose": views.transpose, "unbind": split.unbind, "unfold": _unfold,
    "unsqueeze": views.unsqueeze, "view": _view, "view_as_complex": views.view_as_complex, "view_as_real": views.view_as_real,
}  # fmt: skip


_SEVERAL = ("split", "split_with_sizes", "unbind")


def _without_answer(copied, name: str):
    """`copied` with an `out=` of several Tensors, after which PyTorch returns nothing."""

    @functools.wraps(copied)
    def call(*args, out=None, **kwargs):
        result = copied(*args, **kwargs)
        if out is None:
            return result
        write_out(name, out, result, args)
        return None

    return call


def _declare(name: str, view) -> None:
    if view.__module__ == __name__:
        view.__qualname__ = f"{name}_copy"  # what Python's own TypeErrors call it

    def copied(input, *args, **kwargs):
        result = view(input, *args, **kwargs)
        return tuple(x.clone() for x in result) if isinstance(result, list | tuple) else result.clone()

    copied.__doc__ = f"What `{name}` gives, in memory of its own (torch.{name}_copy)."
    function(_without_answer(copied, f"{name}_copy") if name in _SEVERAL else copied, name=f"{name}_copy", out=name not in _SEVERAL)


for _name, _view_of in _VIEWS.items():
    _declare(_name, _view_of)


@function(method=True)
def slice_inverse(input, src, dim=0, start=None, end=None, step=1):
    """A view of the storage of `input` with the geometry of `src`, of which it was a slice (torch.slice_inverse)."""
    return as_strided(input, src.shape, src.stride(), src.storage_offset())
