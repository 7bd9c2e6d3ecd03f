"""torch.Size: a tuple of extents with its own repr and a product."""

from __future__ import annotations

import math
import operator


class Size(tuple):
    """The shape of a Tensor: a tuple of whole numbers (torch.Size)."""

    __slots__ = ()

    def __new__(cls, extents=()):
        return tuple.__new__(cls, [n if type(n) is int else _extent(i, n) for i, n in enumerate(extents)])

    def numel(self) -> int:
        """The product of the extents."""
        return math.prod(self)

    def __repr__(self):
        return f"torch.Size([{', '.join(map(repr, self))}])"

    __str__ = __repr__

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return size_of(item) if isinstance(index, slice) else item

    def __add__(self, other):
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __radd__(self, other):
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, n):
        product = tuple.__mul__(self, n)
        return product if product is NotImplemented else size_of(product)

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


def size_of(shape: tuple) -> Size:
    """The Size of a tuple of ints, unchecked."""
    return tuple.__new__(Size, shape)


def _extent(position: int, n) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type(n).__name__}')") from None
