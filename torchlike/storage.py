"""The memory behind Tensors (torch.storage)."""

from .ops.memory import TypedStorage, UntypedStorage
from .ops.storage_types import _dtype_to_storage_type_map, _storage_type_to_dtype_map  # noqa: F401

__all__ = ["TypedStorage", "UntypedStorage"]
