"""PyTorch's private module of operators (torch._ops): the classes of `torch.ops.aten`'s, for programs that ask what they have been given."""

from __future__ import annotations

from ._C import DispatchKey
from .core.unsupported import refusing
from .ops.overloads import OpOverload, OpOverloadPacket

globals().update(refusing(("HigherOrderOperator",), "functions that take functions are plain Python functions here"))

__all__ = ["DispatchKey", "OpOverload", "OpOverloadPacket"]
