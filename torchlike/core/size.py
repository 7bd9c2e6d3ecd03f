"""torch.Size: a tuple of extents with its own repr and a product."""

from __future__ import annotations

import math


class Size(tuple):
    """The shape of a Tensor."""

    __slots__ = ()

    def numel(self) -> int:
        """The product of the extents."""
        return math.prod(self)

    def __repr__(self):
        return f"torch.Size([{', '.join(map(repr, self))}])"

    __str__ = __repr__

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other):
        return Size(tuple.__add__(self, tuple(other)))

    def __radd__(self, other):
        return Size(tuple.__add__(tuple(other), self))

    def __mul__(self, n):
        return Size(tuple.__mul__(self, n))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)
