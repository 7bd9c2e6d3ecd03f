"""PyTorch's dtype objects, each naming one NumPy dtype, and the process-wide default float dtype."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np


class dtype:
    """A data type such as `torchlike.float32`; compared by identity, printed as PyTorch prints it."""

    __slots__ = ("np", "name", "itemsize", "is_floating_point", "is_complex", "is_signed")

    def __init__(self, name: str, np_dtype):
        self.name = name
        self.np = np.dtype(np_dtype)
        self.itemsize = self.np.itemsize
        self.is_floating_point = jnp.issubdtype(self.np, np.floating)
        self.is_complex = self.np.kind == "c"
        self.is_signed = self.np.kind not in "ub"

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this dtype; RuntimeError for one of integers or bools."""
        if not (self.is_floating_point or self.is_complex):
            raise RuntimeError(f"Unknown Complex ScalarType for {_NAMES[self.name]}")
        return {"float64": complex128, "complex128": complex128}.get(self.name, complex64)

    def to_real(self) -> dtype:
        """The dtype of this dtype's real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def __repr__(self):
        return f"torch.{self.name}"

    def __reduce__(self):
        return self.name

    def __deepcopy__(self, memo):
        return self


bool = dtype("bool", np.bool_)
uint8 = dtype("uint8", np.uint8)
uint16 = dtype("uint16", np.uint16)
uint32 = dtype("uint32", np.uint32)
uint64 = dtype("uint64", np.uint64)
int8 = dtype("int8", np.int8)
int16 = short = dtype("int16", np.int16)
int32 = int = dtype("int32", np.int32)
int64 = long = dtype("int64", np.int64)
float16 = half = dtype("float16", np.float16)
bfloat16 = dtype("bfloat16", jnp.bfloat16)
float32 = float = dtype("float32", np.float32)
float64 = double = dtype("float64", np.float64)
complex64 = cfloat = dtype("complex64", np.complex64)
complex128 = cdouble = dtype("complex128", np.complex128)

ALL = (bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128)
FROM_NUMPY: dict[np.dtype, dtype] = {d.np: d for d in ALL}
_PYTHON_TYPES = {"bool": bool, "float": float64, "int": int64, "complex": complex128}

_default = float32.np


def default_dtype() -> np.dtype:
    """The NumPy dtype of a float made from Python numbers."""
    return _default


def get_default_dtype() -> dtype:
    """The current default floating point dtype (torch.get_default_dtype)."""
    return FROM_NUMPY[_default]


def set_default_dtype(d: dtype) -> None:
    """Set the default floating point dtype (torch.set_default_dtype); TypeError for any other kind."""
    from .op import forget_plans

    global _default
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    if d.np != _default:
        _default = d.np
        forget_plans()


def to_numpy_dtype(d, default=None, function: str = ""):
    """The NumPy dtype behind a torchlike dtype, a Python type or None (which gives `default`); TypeError, naming the function, for others."""
    if d is None:
        return default
    if isinstance(d, dtype):
        return d.np
    if isinstance(d, type) and d.__name__ in _PYTHON_TYPES:
        return _PYTHON_TYPES[d.__name__].np
    if isinstance(d, np.dtype):
        return d
    argument = f"{function}(): argument 'dtype'" if function else "dtype"
    raise TypeError(f"{argument} must be torch.dtype, not {type(d).__name__}")


_NAMES = {"float32": "Float", "float64": "Double", "float16": "Half", "bfloat16": "BFloat16", "uint8": "Byte", "int8": "Char", "int16": "Short",
          "int32": "Int", "int64": "Long", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
          "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64"}


def scalar_type_name(np_dtype) -> str:
    """The name PyTorch's messages use: Float, Long, Bool, ..."""
    return _NAMES[FROM_NUMPY[np.dtype(np_dtype)].name]


_C_TYPES = {"float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long", "int32": "int",
            "int16": "short", "int8": "signed char", "uint8": "unsigned char", "complex64": "c10::complex<float>",
            "complex128": "c10::complex<double>"}


def c_type_name(np_dtype) -> str:
    """The C++ name that some of PyTorch's messages use: float, long, c10::Half, ..."""
    name = FROM_NUMPY[np.dtype(np_dtype)].name
    return _C_TYPES.get(name, name)


def type_id_name(np_dtype) -> str:
    """The C++ name as the compiler has it: as `c_type_name`, but `long int` and `short int`."""
    name = c_type_name(np_dtype)
    return f"{name} int" if name in ("long", "short") else name


# The `grad_dtype` of a leaf whose user has not set one: its gradient has the leaf's own dtype.
SAME_DTYPE: Any = object()
