"""Which integers a dtype has room for, asked of the bounds of random draws."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np

from ..core.dtype import c_type_name, scalar_type_name
from .checks import refuse

# All integers up to these are told apart.
EXACT = {"float16": 1 << 11, "bfloat16": 1 << 8, "float32": 1 << 24, "float64": 1 << 53, "bool": 2}


_WIDEST = 2**63


def room_above(dtype: np.dtype, low: int) -> int:
    """Where `random_(low, None)` ends: above what the dtype holds exactly, or, from the least of 64 bits, above them all."""
    if low == -_WIDEST:
        kernel = "random_full_64_bits_range_kernel_cpu"
        if dtype == np.float16:
            refuse(kernel, dtype)
        if dtype.kind in "iub" and dtype != np.int64:
            raise RuntimeError(f"{kernel} handles only int64, double, float and bfloat16")
        return _WIDEST - 1
    exact = None if dtype.kind == "b" else EXACT.get(dtype.name)
    most = 1 if dtype.kind == "b" else int(np.iinfo(dtype).max) if exact is None else exact
    return min(most + 1, _WIDEST - 1)


def check_room(dtype: np.dtype, low: int, high: int) -> None:
    """RuntimeError where a bound of `random_` does not fit in the dtype; a warning where the dtype cannot tell it from its neighbours."""
    if dtype.kind == "c":
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    name, kind = c_type_name(dtype), jnp.finfo if jnp.issubdtype(dtype, np.floating) else np.iinfo
    least, most = (0, 1) if dtype.kind == "b" else (kind(dtype).min, kind(dtype).max)
    if kind is jnp.finfo:
        least, most = int(float(least)), int(float(most))
    for bound, value in (("from", low), ("to - 1", high - 1)):
        if not least <= value <= most:
            raise RuntimeError(f"{bound} is out of bounds for {'short int' if name == 'short' else name}")
    exact = EXACT[dtype.name] if kind is jnp.finfo else None
    for bound, value in (("from", low), ("to - 1", high - 1)):
        if exact is not None and abs(value) > exact:
            power = exact.bit_length() - 1
            warnings.warn(f"{bound} is out of bounds [-(2^{power}), 2^{power}]. Due to precision limitations {name} can support discrete uniform "
                          "distribution only within this range. This warning will become an error in version 1.7 release, please fix the code "
                          "in advance", UserWarning, stacklevel=4)


def check_order(n: int, dtype: np.dtype) -> None:
    """RuntimeError where a dtype has no room for the numbers below n."""
    if dtype.kind in "bc":
        raise NotImplementedError(f"\"randperm\" not implemented for '{scalar_type_name(dtype)}'")
    if dtype.kind in "iu" and n - 1 > np.iinfo(dtype).max:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow")
    if dtype == np.float16 and n > 2049:
        raise RuntimeError("n cannot be greater than 2049 for Half type.")


def check_span(dtype: np.dtype, low: float, high: float) -> None:
    """RuntimeError where a dtype has no room for a bound of `uniform_`, or for the distance between both."""
    most, name = float(jnp.finfo(dtype).max), c_type_name(dtype)
    for bound, value in (("from", low), ("to", high)):
        if not -most <= value <= most:
            raise RuntimeError(f"{bound} is out of bounds for {name}")
    if high - low > most:
        raise RuntimeError(f"uniform_ expects to-from <= std::numeric_limits<{scalar_type_name(dtype)}>::max(), but found to={high:g} and "
                           f"from={low:g} which result in to-from to exceed the limit")
