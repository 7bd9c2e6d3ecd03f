"""functorch.experimental.control_flow: the old path of `torch.cond` and its like."""

from ...control_flow import cond, map

__all__ = ["cond", "map"]
