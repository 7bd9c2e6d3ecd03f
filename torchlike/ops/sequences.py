"""Nested Python values as arrays, for `torch.tensor`: what dtype they have, and what PyTorch says of those that are no block of numbers."""

from __future__ import annotations

import functools
from numbers import Number

import jax
import numpy as np

from ..core.dtype import FROM_NUMPY, default_dtype
from ..core.once import warn_once
from ..core.operand import type_name
from ..core.tensor import Tensor
from .export import to_array
from .promotion import category, complex_dtype, promote_dtypes

_MAX_DEPTH = 128
_NUMBERS = frozenset([bool, int, float, complex])


def _plain(data, found: list):
    """`data` with the Tensors in nested sequences, of one element each, replaced by numbers; `found` gets what was no Python number there."""
    if isinstance(data, Tensor):
        return _one_number(data, found)
    if isinstance(data, list | tuple):
        if _NUMBERS.issuperset(map(type, data)):
            return list(data)
        if any(x is data for x in data):
            raise TypeError("new(): self-referential lists are incompatible")
        plain = [_plain(x, found) for x in data]
        found += [x for x in plain if isinstance(x, np.generic | np.ndarray)]
        return plain
    if isinstance(data, jax.Array):
        return np.asarray(data)
    if hasattr(data, "__dlpack__") and not isinstance(data, np.ndarray | np.generic):
        return np.asarray(jax.dlpack.from_dlpack(data))
    if hasattr(data, "__array__") and not isinstance(data, np.ndarray | np.generic):
        return np.asarray(data)
    return data


def _check_depth(data) -> None:
    for _ in range(_MAX_DEPTH):
        if not isinstance(data, list | tuple) or not data:
            return
        data = data[0]
    raise ValueError(f"too many dimensions '{type(data).__name__}'")


def _one_number(t: Tensor, found: list):
    if t._aval.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars") if t._aval.inexact else TypeError(
            "only integer tensors of a single element can be converted to an index")
    found.append(t)
    return to_array(t).reshape(())[()]


def _leaves(data):
    if isinstance(data, list):
        for x in data:
            yield from _leaves(x)
    else:
        yield data


def _with_dtypes(data, np_dtype, found: list) -> np.ndarray:
    """The array of nested lists some of whose items have dtypes of their own: what all promote to, unless one is given."""
    kinds = {bool: np.dtype(np.bool_), int: np.dtype(np.int64), float: default_dtype(), complex: complex_dtype(default_dtype())}
    common = functools.reduce(promote_dtypes, [kinds.get(type(x)) or np.asarray(x).dtype for x in _leaves(data)])
    if np_dtype is not None and np_dtype.kind in "iu" and category(common) >= 2 and any(isinstance(x, Tensor) for x in found):
        raise TypeError("only integer tensors of a single element can be converted to an index")
    array = np.asarray(data, common)
    return array if np_dtype is None else _cast_array(array, np_dtype)


_SLOW = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a single numpy.ndarray with "
    "numpy.array() before converting to a tensor."
)


def first_leaf(data):
    """The first number of nested lists, or the innermost empty list."""
    while isinstance(data, list) and data:
        data = data[0]
    return data


def _check_ragged(data) -> None:
    """PyTorch's errors for nested sequences that are no block: each is held against the lengths along its first items."""
    lengths, first = [], data
    while _is_sequence(first):
        lengths.append(len(first))
        if not len(first):
            break
        first = first[0]
    _check_lengths(data, lengths, 0, "must be real number, not list" if isinstance(first, float | np.floating) else
                   "'list' object cannot be interpreted as an integer")


def _is_sequence(x) -> bool:
    return isinstance(x, list | range) or isinstance(x, np.ndarray) and x.ndim > 0


def _check_lengths(data, lengths: list[int], depth: int, deeper: str) -> None:
    if depth == len(lengths):
        if isinstance(data, list):
            raise TypeError(deeper)
        return
    if not _is_sequence(data):
        raise TypeError("not a sequence")
    if len(data) != lengths[depth]:
        raise ValueError(f"expected sequence of length {lengths[depth]} at dim {depth} (got {len(data)})")
    if isinstance(data, np.ndarray) and data.shape == tuple(lengths[depth:]):
        return
    for x in data:
        _check_lengths(x, lengths, depth + 1, deeper)


def _bad_leaf(x, np_dtype) -> Exception:
    """PyTorch's error for what is no number, sought among numbers of a dtype that is given or not."""
    name = type_name(x)
    if isinstance(x, bytes) or isinstance(x, str) and np_dtype is None:
        return TypeError(f"new(): invalid data type '{name}'")
    if np_dtype is None:
        return RuntimeError(f"Could not infer dtype of {name}")
    return TypeError(f"'{name}' object cannot be interpreted as an integer" if np_dtype.kind in "iub" else f"must be real number, not {name}")


def _check_leaves(data, np_dtype) -> None:
    first = first_leaf(data)
    if isinstance(data, str | bytes):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    if isinstance(first, str):
        raise ValueError("too many dimensions 'str'")
    for x in _leaves(data):
        if not isinstance(x, Number | np.bool_ | np.ndarray | range):
            raise _bad_leaf(x, np_dtype)


def _from_large(array: np.ndarray, np_dtype) -> np.ndarray:
    """An array of Python integers, of which some have more than 64 bits."""
    if np_dtype is None or np_dtype.kind in "iu":
        raise ValueError("Overflow when unpacking long long")
    return array.astype(bool if np_dtype.kind == "b" else float if np_dtype.kind in "fV" else complex).astype(np_dtype)


def nested_array(data, np_dtype) -> np.ndarray:
    """The array of a nested Python value, its dtype inferred as torch.tensor infers it unless given."""
    if type(data) is list and data and _NUMBERS.issuperset(map(type, data)):
        return _of_numbers(data, np_dtype)
    found: list = []
    _check_depth(data)
    data = _plain(data, found)
    if not isinstance(data, Number | np.bool_ | np.ndarray | range | list):
        _check_leaves(data, np_dtype)
    if isinstance(data, list) and data and (isinstance(data[0], list) or any(_is_sequence(x) for x in data)):
        _check_ragged(data)
        if isinstance(data[0], np.ndarray):
            warn_once("list of arrays", _SLOW)
    return _with_dtypes(data, np_dtype, found) if found else _of_numbers(data, np_dtype)


def refuse_unknown_dtype(array: np.ndarray) -> None:
    """TypeError, in PyTorch's words, for an array of a dtype that no Tensor has."""
    if array.dtype not in FROM_NUMPY:
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}. The only supported types are: float64, float32, float16, "
            "complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
        )


def _of_numbers(data, np_dtype) -> np.ndarray:
    """The array of a number, an array, or nested lists of numbers."""
    leaf = first_leaf(data)
    array = np.asarray(data)
    if array.dtype.kind in "OSU" and not isinstance(data, np.ndarray):
        _check_leaves(data, np_dtype)
        return _from_large(array, np_dtype)
    if isinstance(leaf, int) and array.dtype == np.uint64 and (np_dtype is None or np_dtype.kind in "iu" and np_dtype != np.uint64):
        raise ValueError("Overflow when unpacking long long")
    refuse_unknown_dtype(array)
    if np_dtype is not None:
        return _wrapped(array, np_dtype) if isinstance(data, np.ndarray) else _cast_array(array, np_dtype)
    if array.size == 0 and isinstance(data, list):
        return array.astype(default_dtype())
    if not isinstance(leaf, np.ndarray | np.generic) and array.dtype.kind in "fc":
        return array.astype(default_dtype() if array.dtype.kind == "f" else complex_dtype(default_dtype()))
    return array


def _wrapped(array: np.ndarray, np_dtype: np.dtype) -> np.ndarray:
    """A whole array in another dtype, as `Tensor.to` converts it: nothing is refused."""
    with np.errstate(all="ignore"):
        return (array.real if array.dtype.kind == "c" and np_dtype.kind not in "cb" else array).astype(np_dtype)


def _cast_array(array: np.ndarray, np_dtype: np.dtype) -> np.ndarray:
    if array.dtype.kind == "c" and np_dtype.kind not in "cb":
        raise TypeError("must be real number, not complex" if np_dtype.kind in "fV" else "'complex' object cannot be interpreted as an integer")
    if np_dtype.kind in "iu" and array.dtype.kind in "fiu" and array.size:
        info = np.iinfo(np_dtype)
        low, high = array.min(), array.max()
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise RuntimeError(f"value cannot be converted to type {np_dtype.name} without overflow")
        # Negative numbers wrap into unsigned dtypes, as in PyTorch.
        if high > info.max or (low < info.min and np_dtype.kind != "u"):
            raise RuntimeError(f"value cannot be converted to type {np_dtype.name} without overflow")
    with np.errstate(all="ignore"):
        return array.astype(np_dtype)
