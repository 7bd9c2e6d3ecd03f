"""Names for ops: `torch.ops.aten.mm.default`, what selective checkpointing hands to a policy and profiles are labelled with.

torchlike has one kernel per op, where PyTorch has one per overload, so every overload of an op is equal to every other, and to the public
function of that name: `op == torch.ops.aten.mm.default`, `op in [torch.ops.aten.mm.default]` and `op == torch.mm` all tell a product.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..core.op import ENTRIES
from ..core.tensor import Tensor
from .kernels_by_name import KERNELS

# Names of more functions: those of torch.nn.functional, once they are there.
more_functions: dict[str, Any] = {}
# Called once, before the first look-up: reads in the kernels that the layers above have.
chapters: list[Callable] = []


def _found(name: str) -> Callable | None:
    """What to call for a name: a kernel, a public function, a method, one of a namespace; a method in place on a copy, a function's result
    written in place."""
    while chapters:
        chapters.pop()()
    public = ENTRIES[name].call if name in ENTRIES else None
    found = KERNELS.get(name) or public or getattr(Tensor, name, None) or more_functions.get(name)
    if found is not None:
        return found
    written, pure = getattr(Tensor, f"{name}_", None), _found(name[:-1]) if name.endswith("_") else None
    if written is not None:
        return lambda input, *args, **kwargs: written(input.clone(), *args, **kwargs)
    return pure and (lambda input, *args, **kwargs: input.copy_(pure(input, *args, **kwargs)))


class OpOverload:
    """One op, such as `torch.ops.aten.mm.default`; calling it calls the public function."""

    __slots__ = ("overloadpacket", "_overloadname")

    def __init__(self, packet: OpOverloadPacket, overload: str):
        self.overloadpacket = packet
        self._overloadname = overload

    @property
    def namespace(self) -> str:
        """The library: always "aten"."""
        return "aten"

    def name(self) -> str:
        """The qualified name: "aten::mm", or with an overload "aten::add.Tensor"."""
        suffix = "" if self._overloadname == "default" else f".{self._overloadname}"
        return f"aten::{self.overloadpacket.__name__}{suffix}"

    @property
    def __name__(self) -> str:
        return f"{self.overloadpacket.__name__}.{self._overloadname}"

    def __call__(self, *args, **kwargs):
        return self.overloadpacket(*args, **kwargs)

    def __eq__(self, other):
        if isinstance(other, OpOverload):
            return self.overloadpacket is other.overloadpacket
        function = self.overloadpacket.function
        return function is not None and callable(other) and inspect.unwrap(other) is inspect.unwrap(function)

    def __hash__(self):
        return hash(self.overloadpacket)

    def __deepcopy__(self, memo=None):
        return self

    def __reduce__(self):
        return getattr, (self.overloadpacket, self._overloadname)

    def __str__(self):
        return f"aten.{self.__name__}"

    def __repr__(self):
        return f"<OpOverload(op='aten.{self.overloadpacket.__name__}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """All overloads of one op: `torch.ops.aten.mm`."""

    def __init__(self, name: str):
        self.__name__ = name
        self.function = ENTRIES[name].call if name in ENTRIES else None

    def __getattr__(self, overload: str) -> OpOverload:
        if overload.startswith("_"):
            name = self.__dict__.get("__name__")
            raise AttributeError(f"The underlying op of 'aten.{name}' has no overload name '{overload}'")
        found = self.__dict__[overload] = OpOverload(self, overload)
        return found

    def __reduce__(self):
        return getattr, (aten, self.__name__)

    def __call__(self, *args, **kwargs):
        call = _found(self.__name__)
        if call is None:
            raise NotImplementedError(f"torchlike has no function of the name 'aten::{self.__name__}' to call; it is a kernel of another one")
        return call(*args, **kwargs)

    def __deepcopy__(self, memo=None):
        return self

    def __str__(self):
        return f"aten.{self.__name__}"

    def __repr__(self):
        return f"<OpOverloadPacket(op='aten.{self.__name__}')>"


class _Namespace:
    """`torch.ops.aten`: an op for every name."""

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")
        found = self.__dict__[name] = OpOverloadPacket(name)
        return found

    def __reduce__(self):
        return "aten"

    def __repr__(self):
        return "<torch.ops.aten>"


aten = _Namespace()
