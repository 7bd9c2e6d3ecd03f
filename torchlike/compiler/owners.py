"""How a Tensor, or something that belongs to one, is found again in a later call: by the object itself, or by its place among the arguments."""

from __future__ import annotations

from ..core.tensor import Tensor


class State:
    """A Tensor reached through the function's surroundings: the same object in every call."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    def __call__(self, call):
        return self.tensor


class Argument:
    """A Tensor among the arguments, by its position."""

    __slots__ = ("position",)

    def __init__(self, position: int):
        self.position = position

    def __call__(self, call):
        return call[self.position]


class Of:
    """Something that belongs to a Tensor: its gradient, its storage, its version counter."""

    __slots__ = ("owner", "name")

    def __init__(self, owner, name: str):
        self.owner = owner
        self.name = name

    def __call__(self, call):
        return getattr(self.owner(call), self.name)


def storage_of_state(owner) -> Tensor | None:
    """The Tensor, where this is the storage of one that is the same in every call."""
    plain = isinstance(owner, Of) and owner.name == "_storage" and isinstance(owner.owner, State)
    return owner.owner.tensor if plain else None


def described(t: Tensor) -> tuple:
    """What a program depends on of a Tensor that comes anew with each call."""
    return t._aval, t._requires_grad or t.requires_grad, t._node is None, t._view is None, t._inference, t.__class__


def sharing(storages: list) -> tuple:
    """Which of the storages are one: for each the position of the first that is the same."""
    first: dict[int, int] = {}
    return tuple([first.setdefault(id(s), i) for i, s in enumerate(storages)])
