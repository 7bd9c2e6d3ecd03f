"""A Storage cell: the mutable place behind one or more Tensors. The value in it is immutable; writing replaces it."""

from __future__ import annotations

import weakref

from ..execution import Aval


class Storage:
    """`value` of signature `aval`; `generation` counts writes (views re-read when it moved), `version` counts the writes autograd must know of,
    `writer` names the last recorded one, `shared` says that the user asked for shared memory, `born` is the serial number of the function
    transform in which it was made, `face` refers weakly to the user's object for this memory."""

    # Every op makes one; class defaults keep that cheap.
    generation = 0
    version = 0
    writer: str | None = None
    shared = False
    born = 0
    face: weakref.ref | None = None

    def __init__(self, value, aval: Aval):
        self.value = value
        self.aval = aval

    def write(self, value) -> None:
        """Replace the value. The caller bumps the version of the counter it writes through."""
        self.value = value
        self.generation += 1


class VersionCounter:
    """A version of its own over a shared Storage: what `.data` gives, whose writes autograd does not see."""

    __slots__ = ("version",)

    def __init__(self, version: int = 0):
        self.version = version
