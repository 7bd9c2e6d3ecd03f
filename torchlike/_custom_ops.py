"""The path at which torch.library's decorators were at first (torch._custom_ops)."""

from .library import custom_op, impl_abstract

__all__ = ["custom_op", "impl_abstract"]
