"""Memory shared with other libraries through DLPack."""

from __future__ import annotations

import jax

from ..core.op import function
from ..core.tensor import Tensor, from_value
from ..execution.program import exported


@function
def from_dlpack(ext_tensor):
    """A Tensor over another library's array, through DLPack; another Tensor's storage is shared (torch.from_dlpack)."""
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.detach()
    if type(ext_tensor).__name__ == "PyCapsule":
        ext_tensor = _OnCPU(ext_tensor)
    return from_value(exported(jax.dlpack.from_dlpack(ext_tensor)))


class _OnCPU:
    """A bare capsule, which does not say where it is, as JAX takes it."""

    def __init__(self, capsule):
        self._capsule = capsule

    def __dlpack__(self, **options):
        return self._capsule

    def __dlpack_device__(self):
        return 1, 0


@function
def to_dlpack(tensor):
    """A DLPack capsule over the memory of a Tensor (torch.to_dlpack)."""
    return tensor.__dlpack__()
