"""What a node saves: immutable values, watched for in-place changes of the Tensors they came from."""

from __future__ import annotations

import re
from typing import Any

from .dtype import scalar_type_name
from .node import Node
from .storage import Storage
from .tensor import Tensor, make

SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). "
    "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need "
    "to backward through the graph a second time or if you need to access saved tensors after calling backward."
)


_DETACHED = (
    "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, please use out-of-place `.detach()` "
    "instead"
)


def short_name(name: str) -> str:
    """MulBackward0 -> Mul, ClampBackward1 -> Clamp1, as PyTorch's messages have it."""
    return re.sub(r"Backward(\d*)$", lambda found: found[1].removeprefix("0"), name)


OWNER: Any = object()


class Saved:
    """One saved value: the immutable array, where it came from, and the version its Tensor had, to catch in-place changes since."""

    __slots__ = ("value", "aval", "counter", "version", "edge", "is_whole", "source")

    def __init__(self, value, aval, counter, edge, is_whole: bool, source: Tensor | None = None):
        self.source = source
        self.value = value
        self.aval = aval
        self.counter = counter
        self.version = counter.version if counter is not None else 0
        # Where the Tensor's gradient flows to; for an output of the owning node (OWNER, output number), which is no reference cycle.
        self.edge = edge
        # The Tensor itself, to hand it out again; not so for an output of the owning node, which would be a cycle.
        # Whether `value` is all there is in the storage that `counter` is; not so for a view's value.
        self.is_whole = is_whole

    @property
    def is_output(self) -> bool:
        """Whether this is an output of the node that saved it."""
        return self.edge[0] is OWNER

    def check(self, owner: Node):
        """The raw value; RuntimeError when the Tensor was modified in place since."""
        if self.counter is not None and self.counter.version != self.version:
            raise RuntimeError(self._modified(owner))
        source = self.source
        if source is not None and source._node is None and self.edge[0] is not None and not self.edge[0].is_accumulator:
            raise RuntimeError(_DETACHED)
        if self.is_whole:
            # A write through `.data` goes unseen by the version and, as in PyTorch, changes what backward reads.
            return self.counter.value
        return self.value

    def _modified(self, owner: Node) -> str:
        maker = self._maker(owner)
        made_by = f", which is output {self.edge[1]} of {maker}," if maker else ""
        kind = ("" if self.aval.device is None or self.aval.device.platform == "cpu" else "cuda.") + scalar_type_name(self.aval.dtype)
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[torch.{kind}Tensor {list(self.aval.shape)}]{made_by} is at version {self.counter.version}; expected version {self.version} "
            "instead. Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True, check_nan=False)."
        )

    def _maker(self, owner: Node) -> str:
        """Who made the Tensor as it is now: the last in-place op on it, else its own node."""
        node = self.edge[0]
        if self.is_output:
            return short_name(owner.name())
        if node is None or node.is_accumulator:
            return ""
        if isinstance(self.counter, Storage):
            if self.counter.aval is not self.aval:
                return "AsStrided"
            if self.counter.writer is not None:
                return short_name(self.counter.writer)
        return short_name(node.name())

    def tensor(self, owner: Node) -> Tensor:
        """The saved Tensor, connected to the graph it belongs to."""
        value = self.check(owner)
        if self.source is not None and self.source._node is self.edge[0]:
            return self.source
        node: Any = owner if self.is_output else self.edge[0]
        if node is not None and node.is_accumulator:
            return node.variable
        result = make(value, self.aval)
        if self.is_whole:
            # The same memory: writing to it is writing to the Tensor that was saved.
            result._storage = self.counter
        if node is not None and self.aval.inexact:
            result._node, result._nr, result._requires_grad = node, self.edge[1], True
        return result
