"""torch.Size: a tuple of extents with its own repr and a product."""

from __future__ import annotations

import math
from operator import index


def _extent(i: int, n) -> int:
    """The i-th extent as a plain integer; TypeError when it is none."""
    try:
        return int(index(n))
    except TypeError:
        raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{type(n).__name__}')") from None


class Size(tuple):
    """The shape of a Tensor."""

    __slots__ = ()

    def __new__(cls, extents=()):
        made = tuple.__new__(cls, extents)
        for i, n in enumerate(made):
            if type(n) is not int:
                return tuple.__new__(cls, [_extent(i, n) for i, n in enumerate(made)])
        return made

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
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        return Size(tuple.__add__(other, self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, n):
        return Size(tuple.__mul__(self, n))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)
