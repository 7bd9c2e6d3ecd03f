"""Names that programs import from where PyTorch defines TorchScript's decorators (torch._jit_internal)."""

from .jit import Final, Future, _overload, _overload_method, export, ignore, is_scripting, unused
from .jit.annotations import (
    BroadcastingList1,
    BroadcastingList2,
    BroadcastingList3,
    BroadcastingList4,
    BroadcastingList5,
    BroadcastingList6,
)

__all__ = ["BroadcastingList1", "BroadcastingList2", "BroadcastingList3", "BroadcastingList4", "BroadcastingList5", "BroadcastingList6", "Final",
           "Future", "_overload", "_overload_method", "export", "ignore", "is_scripting", "unused"]
