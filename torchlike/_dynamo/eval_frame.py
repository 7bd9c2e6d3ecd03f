"""Where the class of compiled modules is found (torch._dynamo.eval_frame)."""

from ..compiler import OptimizedModule

__all__ = ["OptimizedModule"]
