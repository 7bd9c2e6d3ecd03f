"""Values that a function transform stands behind (vmap's batches, forward mode's dual numbers), as the executor sees them.

A `Lifted` value has the shape and dtype of what the user's function works on; its level knows what it stands for and how to run a plan
on it. Levels nest, the newest is handled first. Which Tensors stand behind is the business of core/levels.py.
"""

from __future__ import annotations

from typing import Any


class Lifted:
    """A value of one level: `inner` is what it stands for one level down, with `tangent` (forward mode) or `batched` (vmap: whether the
    leading dimension of `inner` is the mapped one)."""

    __slots__ = ("level", "inner", "tangent", "batched", "__weakref__")
    in_use = False

    def __init__(self, level, inner, tangent=None, batched: bool = False):
        self.level = level
        self.inner = inner
        self.tangent = tangent
        self.batched = batched

    def __array__(self, *args, **kwargs):
        return self.level.concrete(self).__array__(*args, **kwargs)


def newest_level(values) -> Any:
    """The innermost level among the values; None when all are plain."""
    newest = None
    for v in values:
        if type(v) is Lifted and (newest is None or v.level.depth > newest.depth):
            newest = v.level
    return newest
