"""Arrays across libraries (torch.utils.dlpack)."""

from __future__ import annotations

from ..core.tensor import Tensor
from ..ops.convert import from_dlpack


def to_dlpack(tensor: Tensor):
    """A DLPack capsule over the memory of a Tensor."""
    return tensor.__dlpack__()  # type: ignore[attr-defined]


__all__ = ["from_dlpack", "to_dlpack"]
