"""A value that is yet to be computed."""

from __future__ import annotations

from typing import Any


class Pending:
    """A value that a segment is yet to compute; afterwards the array itself, or the error that kept it from being computed."""

    __slots__ = ("segment", "index", "aval", "value", "__weakref__")

    def __init__(self, segment, index: int, aval):
        self.segment = segment
        self.index = index
        self.aval = aval
        self.value: Any = None

    def array(self):
        """The `jax.Array`, computed now if need be."""
        if self.segment is not None:
            self.segment.flush("a value was looked at")
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value

    def __array__(self, *args, **kwargs):
        return self.array().__array__(*args, **kwargs)
