"""What PyTorch has and torchlike has not: its names exist, compare and print, and say what to do instead when they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from .dtype import dtype


class UnsupportedDtype(dtype):
    """A dtype that no Tensor has here. Its name, size and kind are known; NotImplementedError when something is to be made of it."""

    __slots__ = ("_signed",)

    def __init__(self, name: str, itemsize: int, is_floating_point: bool = False, is_complex: bool = False, is_signed: bool = True):
        self.name = name
        self.itemsize, self.is_floating_point, self.is_complex, self._signed = itemsize, is_floating_point, is_complex, is_signed

    @property
    def np(self) -> np.dtype:  # type: ignore[override]
        """Raises NotImplementedError: arrays have no such dtype."""
        raise NotImplementedError(f"torchlike has no tensors of dtype {self}; use {self._instead()} instead")

    @property
    def is_signed(self) -> bool:  # type: ignore[override]
        """Whether numbers below zero have a place; RuntimeError for quantised dtypes."""
        if self.name.startswith("q"):
            raise RuntimeError("isSignedType not supported for quantized types")
        return self._signed

    def _instead(self) -> str:
        if self.is_complex:
            return "torch.complex64"
        return "torch.bfloat16" if self.is_floating_point else "torch.int8 or torch.uint8"


DTYPES = {
    d.name: d
    for d in (
        UnsupportedDtype("complex32", 4, is_complex=True),
        *(UnsupportedDtype(f"float8_{kind}", 1, is_floating_point=True) for kind in ("e4m3fn", "e5m2", "e4m3fnuz", "e5m2fnuz")),
        UnsupportedDtype("float8_e8m0fnu", 1, is_floating_point=True, is_signed=False),
        UnsupportedDtype("float4_e2m1fn_x2", 1, is_floating_point=True),
        *(UnsupportedDtype(f"int{bits}", 1) for bits in range(1, 8)),
        *(UnsupportedDtype(f"uint{bits}", 1, is_signed=False) for bits in range(1, 8)),
        *(UnsupportedDtype(name, 1) for name in ("bits1x8", "bits2x4", "bits4x2", "bits8")),
        UnsupportedDtype("bits16", 2),
        UnsupportedDtype("qint32", 4),
        *(UnsupportedDtype(name, 1) for name in ("qint8", "quint8", "quint4x2", "quint2x4")),
    )
}
DTYPES["chalf"] = DTYPES["complex32"]


def refused(name: str, sentence: str) -> Callable:
    """A function of that name which raises NotImplementedError with the sentence."""

    def call(*args, **kwargs):
        raise NotImplementedError(f"{name}: {sentence}")

    call.__name__ = call.__qualname__ = name
    call.refusal = sentence  # type: ignore[attr-defined]
    call.__doc__ = f"Not supported (torch.{name}): {sentence}."
    return call


def refused_class(name: str, sentence: str) -> type:
    """A class of that name, good for annotations and `isinstance`: NotImplementedError with the sentence when one is to be made."""

    def refuse(self, *args, **kwargs):
        raise NotImplementedError(f"{name}: {sentence}")

    return type(name, (), {"__init__": refuse, "__doc__": f"Not there: {sentence}", "refusal": sentence})


def refusing(names: Iterable[str], sentence: str) -> dict[str, Callable]:
    """Such a function for each name, or a class for one that is written as classes are."""
    return {name: (refused_class if name[0].isupper() else refused)(name, sentence) for name in names}
