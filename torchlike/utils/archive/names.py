"""The names PyTorch's pickles use: one storage class per dtype, and the spelling of a global."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ...core import dtype as dtypes
from ...core.dtype import dtype as DType

STORAGE_NAMES: dict[DType, str] = {
    dtypes.float64: "DoubleStorage",
    dtypes.float32: "FloatStorage",
    dtypes.float16: "HalfStorage",
    dtypes.bfloat16: "BFloat16Storage",
    dtypes.int64: "LongStorage",
    dtypes.int32: "IntStorage",
    dtypes.int16: "ShortStorage",
    dtypes.int8: "CharStorage",
    dtypes.uint8: "ByteStorage",
    dtypes.bool: "BoolStorage",
    dtypes.complex64: "ComplexFloatStorage",
    dtypes.complex128: "ComplexDoubleStorage",
}


@dataclass(frozen=True)
class StorageType:
    """Stands for one of PyTorch's storage classes while reading; None as dtype means untyped bytes."""

    dtype: DType | None


@dataclass(frozen=True)
class Global:
    """Stands for a function or class of PyTorch's while writing: it pickles as the name alone."""

    module: str
    name: str

    def __call__(self, *args):
        raise TypeError(f"{self.module}.{self.name} is only a name here")


@functools.cache
def torch_global(module: str, name: str) -> Global:
    """One object per name, so that a pickle mentions each name once."""
    return Global(module, name)


def is_contiguous(size: tuple, stride: tuple) -> bool:
    """Whether elements of these strides lie in row-major order without gaps."""
    step = 1
    for n, s in zip(reversed(size), reversed(stride), strict=True):
        if n != 1 and s != step:
            return n == 0
        step *= n
    return True
