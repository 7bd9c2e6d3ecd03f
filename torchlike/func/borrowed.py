"""What a transform's function is given in place of its arguments, and how its writes into them come home.

The function works on Tensors of its own; where it changed one in place, so is, when it has returned, the argument of its caller.
"""

from __future__ import annotations

from collections.abc import Callable

from ..core.levels import same_history
from ..core.pytree_only import tree_map_only
from ..core.tensor import Tensor, make, value_of


class Borrowed:
    """The arguments of one call and the Tensors that the function has in their place."""

    def __init__(self):
        self._pairs: list[tuple[Tensor, Tensor]] = []

    def lend(self, original: Tensor, given: Tensor) -> Tensor:
        """Remember that the function has `given`, a fresh Tensor, in place of `original`; returns `given`."""
        self._pairs.append((original, given))
        return given

    def lend_all(self, tree):
        """The tree with every Tensor replaced by one of the same value and history."""
        return tree_map_only(Tensor, lambda t: self.lend(t, same_history(make(value_of(t), t._aval), t)), tree)

    def give_back(self, outside: Callable) -> None:
        """Write what the function has changed into the originals; `outside` turns a Tensor of the function into one of its caller."""
        for original, given in self._pairs:
            if given._storage.generation:
                original.copy_(outside(given))  # type: ignore[attr-defined]

    def behind(self, tensor: Tensor) -> tuple:
        """(original, given) where `tensor` is, or is a view of, a Tensor that the function was given; (None, None) for any other."""
        return next((pair for pair in self._pairs if pair[1]._storage is tensor._storage), (None, None))
