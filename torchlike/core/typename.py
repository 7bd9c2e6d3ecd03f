"""The names PyTorch's error messages give to the types of things."""

from __future__ import annotations

from .dtype import scalar_type_name
from .tensor import Tensor


def typename(value) -> str:
    """`torch.FloatTensor` for a Tensor, `int` for a builtin, `package.Class` for the rest (torch.typename)."""
    if isinstance(value, Tensor):
        place = "" if value.device.type == "cpu" else f"{value.device.type}."
        return f"torch.{place}{scalar_type_name(value._aval.dtype)}Tensor"
    cls = value if isinstance(value, type) else type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
