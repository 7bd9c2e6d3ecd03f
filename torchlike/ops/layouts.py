"""What a dense Tensor answers to questions about other layouts, and old ways to ask for a shape."""

from __future__ import annotations

import warnings

from ..core.geometry import is_contiguous as row_major
from ..core.op import function
from ..core.tensor import Tensor
from ..core.view import geometry_of
from .convert import to
from .info import channels_last, channels_last_3d, memory_format

_KINDS = {
    "is_coalesced": "sparse coordinate tensor", "coalesce": "sparse coordinate tensor", "indices": "sparse coordinate tensor",
    "values": "sparse tensor", "crow_indices": "sparse row compressed tensor", "col_indices": "sparse row compressed tensor",
    "ccol_indices": "sparse column compressed tensor", "row_indices": "sparse column compressed tensor",
}  # fmt: skip


def to_dense(self, dtype=None, *, masked_grad=True):
    """`self`, which is dense, in another dtype if asked for (torch.Tensor.to_dense)."""
    return to(self, dtype=dtype)


@function(method=True)
def dequantize(input):
    """`input` in float32: nothing is quantised here (torch.dequantize)."""
    return [dequantize(t) for t in input] if isinstance(input, list | tuple) else input.float()


def sparse_dim(self) -> int:
    """0: no dimension is sparse (torch.Tensor.sparse_dim)."""
    return 0


def dense_dim(self) -> int:
    """The number of dimensions, all of them dense (torch.Tensor.dense_dim)."""
    return self.ndim


@function(method=True)
def is_distributed(input):
    """False (torch.is_distributed)."""
    return False


def _lies_as(t: Tensor, format: memory_format) -> bool:
    """Whether the elements lie in the order of a memory format. (`is_contiguous` says yes to those that are never used here.)"""
    shape, strides, _ = geometry_of(t)
    if format in (channels_last, channels_last_3d):
        if t.ndim != (4 if format is channels_last else 5):
            return False
        shape, strides = ((x[0], *x[2:], x[1]) for x in (shape, strides))
    return row_major(shape, strides)


def dim_order(self, *, ambiguity_check=False) -> tuple:
    """The dimensions as they lie in memory, outermost first (torch.Tensor.dim_order).

    RuntimeError, with `ambiguity_check`, where another order would do as well: a dimension of size 1, or two of one stride; where memory formats
    are given, unless exactly one of them fits.
    """
    strides = geometry_of(self)[1]
    formats = [] if isinstance(ambiguity_check, bool) else ambiguity_check
    if not isinstance(formats, list) or not all(isinstance(f, memory_format) for f in formats):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    if ambiguity_check and (1 in self.shape or len(set(strides)) < len(strides)) and sum(_lies_as(self, f) for f in formats) != 1:
        raise RuntimeError("The tensor does not have unique dim order, or cannot map to exact one of the given memory formats.")
    return tuple(sorted(range(len(strides)), key=lambda d: (-strides[d], d)))


def resize(self, *sizes):
    """`self` in a shape of as many elements (torch.Tensor.resize, deprecated)."""
    warnings.warn("non-inplace resize is deprecated", UserWarning, stacklevel=2)
    return _resized(self, tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)


def resize_as(self, tensor):
    """`self` in the shape of a tensor of as many elements (torch.Tensor.resize_as, deprecated)."""
    warnings.warn("non-inplace resize_as is deprecated", UserWarning, stacklevel=2)
    return _resized(self, tuple(tensor.shape))


def _resized(self: Tensor, size: tuple) -> Tensor:
    count = 1
    for n in size:
        count *= n
    if count != self._aval.size:
        wanted, has = ("x".join(map(str, shape)) for shape in (size, self._aval.shape))
        raise RuntimeError(
            f"requested resize to {wanted} ({count} elements in total), but the given tensor has a size of {has} ({self._aval.size} elements). "
            "autograd's resize can only change the shape of a given tensor, while preserving the number of elements. ")
    return self.contiguous().view(size)  # type: ignore[attr-defined]


def reinforce(self, *args):
    """Raises RuntimeError: removed from PyTorch (torch.Tensor.reinforce)."""
    raise RuntimeError("reinforce() was removed.\nUse torch.distributions instead.\nSee https://pytorch.org/docs/main/distributions.html")


def xpu(self, device=None, non_blocking=False, memory_format=None):
    """Raises NotImplementedError: there is no such device (torch.Tensor.xpu)."""
    return to(self, device="xpu")


def record_stream(self, stream) -> None:
    """Nothing: XLA knows who uses a buffer (torch.Tensor.record_stream)."""


def _volatile(self) -> bool:
    """False (torch.Tensor.volatile, removed)."""
    warnings.warn("volatile was removed (Variable.volatile is always False)", UserWarning, stacklevel=2)
    return False


def _wrong_layout(name: str, expected: str):
    def method(self):
        raise RuntimeError(f"{name} expected {expected} layout but got Strided")

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Raises RuntimeError: only a {expected} has this."
    return method


def install(cls: type) -> None:
    """Attach the queries to Tensor."""
    for method in (to_dense, sparse_dim, dense_dim, dim_order, resize, resize_as, reinforce, xpu, record_stream):
        setattr(cls, method.__name__, method)
    for name, expected in _KINDS.items():
        setattr(cls, name, _wrong_layout(name, expected))
    cls.volatile = property(_volatile)  # type: ignore[attr-defined]
    cls.name = property(lambda t: None, doc="None: Tensors have no names.")  # type: ignore[attr-defined]
