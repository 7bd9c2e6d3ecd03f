"""The memory behind Tensors (torch.storage)."""

from .ops.memory import UntypedStorage
from .ops.storage_types import _dtype_to_storage_type_map, _LegacyStorage, _storage_type_to_dtype_map  # noqa: F401
from .ops.typed_storage import TypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]
