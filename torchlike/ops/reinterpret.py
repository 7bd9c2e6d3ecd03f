"""When the bytes of a Tensor may be read as another dtype: PyTorch's conditions on its last dimension, with its errors."""

from __future__ import annotations

from ..core.dtype import dtype as Dtype
from ..core.dtype import scalar_type_name
from ..core.tensor import Tensor
from ..core.view import geometry_of


def check_dtype_view(self: Tensor, d: Dtype) -> None:
    """RuntimeError unless elements of another size fit into the last dimension."""
    old, new = self.dtype.itemsize, d.itemsize
    if old == new:
        return
    change = f"to view {scalar_type_name(self.dtype.np)} as {scalar_type_name(d.np)} (different element sizes)"
    if not self._aval.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {change}")
    _, strides, offset = geometry_of(self)
    if strides[-1] != 1 and not (new > old and self._aval.size == 0):
        raise RuntimeError(f"self.stride(-1) must be 1 {change}, but got {strides[-1]}")
    if new > old:
        ratio = new // old
        places = {"self.size(-1)": self._aval.shape[-1], "self.storage_offset()": offset}
        places.update({f"self.stride({i})": s for i, s in enumerate(strides[:-1])})
        for place, value in places.items():
            if value % ratio:
                raise RuntimeError(f"{place} must be divisible by {ratio} {change}, but got {value}")


def check_complex_view(input: Tensor) -> None:
    """RuntimeError unless the last dimension holds pairs of neighbours that begin at even places."""
    name = scalar_type_name(input._aval.dtype)
    if name not in ("Half", "Float", "Double"):
        raise RuntimeError(f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: {name}")
    if not input._aval.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input._aval.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    _, strides, offset = geometry_of(input)
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for s in strides[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
