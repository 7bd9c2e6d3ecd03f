"""The memory behind Tensors (torch.storage)."""

from .ops.memory import TypedStorage, UntypedStorage

__all__ = ["TypedStorage", "UntypedStorage"]
