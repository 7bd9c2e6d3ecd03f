"""The device that computes nothing: its arrays have a shape and a dtype only (PyTorch's "meta").

A plan on it has a kernel that gives such arrays at once, so that nothing else on the way from a call to its result knows of it.
"""

from __future__ import annotations

from collections.abc import Callable


class MetaDevice:
    """Stands where a `jax.Device` stands in an Aval."""

    platform = "meta"
    id = 0

    def __repr__(self):
        return "meta"


META = MetaDevice()


class Meta:
    """An array of which only the Aval is known."""

    __slots__ = ("aval", "__weakref__")

    def __init__(self, aval):
        self.aval = aval

    @property
    def shape(self) -> tuple:
        return self.aval.shape

    @property
    def dtype(self):
        return self.aval.dtype

    def __array__(self, *args, **kwargs):
        raise no_data()


def no_data() -> NotImplementedError:
    """PyTorch's error for a look at the elements."""
    return NotImplementedError("Cannot copy out of meta tensor; no data!")


def placeholders(out_avals: tuple, single: bool) -> Callable:
    """The kernel of a plan on this device."""
    if single:
        return lambda *values: Meta(out_avals[0])
    return lambda *values: tuple(map(Meta, out_avals))
