"""Exchanging what two Tensors are."""

from __future__ import annotations

import weakref

from .tensor import Tensor, fields_of


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Exchange class, value, history and attributes of two Tensors: every reference to one is then to the other (torch.utils.swap_tensors).
    RuntimeError when something holds a weak reference to one."""
    for name, tensor in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(tensor):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    first, second = fields_of(t1), fields_of(t2)
    mine, other = dict(first), dict(second)
    for fields, new in ((first, other), (second, mine)):
        fields.clear()
        fields.update(new)
    t1.__class__, t2.__class__ = type(t2), type(t1)
    for tensor in (t1, t2):
        live = tensor._accumulator() if tensor._accumulator is not None else None
        if live is not None:
            live.variable = tensor
