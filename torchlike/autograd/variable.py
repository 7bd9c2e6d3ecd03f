"""`Variable`, another name for Tensor (torch.autograd.variable)."""

from __future__ import annotations

from ..core.engine import current
from ..core.tensor import Tensor


class VariableMeta(type):
    """Every Tensor is a Variable."""

    def __instancecheck__(cls, other):
        return isinstance(other, Tensor)


class _Engine:
    """The running backward pass, to those inside it."""

    @staticmethod
    def queue_callback(callback) -> None:
        """Call `callback` when the running backward pass ends."""
        if current.running is None:
            raise RuntimeError("Final callbacks can only be installed during backward pass.")
        current.running.callbacks.append(callback)


class Variable(metaclass=VariableMeta):
    """`Variable(data, requires_grad)`: a Tensor sharing `data`'s memory. Kept for programs older than the merge of the two."""

    _execution_engine = _Engine()

    def __new__(cls, data: Tensor, requires_grad: bool = False):
        return data.detach().requires_grad_(requires_grad)
