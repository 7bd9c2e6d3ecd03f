"""What compiling a function may raise (torch._dynamo.exc)."""

from ..compiler import InvalidBackend, Unsupported

TorchDynamoException = RuntimeError

__all__ = ["InvalidBackend", "TorchDynamoException", "Unsupported"]
