"""Making a batch of samples: tensors are stacked, numbers become a tensor, containers are collated entry by entry."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ... import stack
from ...core.tensor import Tensor
from ...ops.convert import as_tensor, tensor

_ERROR = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _is_text(array: np.ndarray) -> bool:
    return array.dtype.kind in "SUO"


def _remade_mapping(like: Mapping, entries: dict) -> Any:
    """`entries` in a mapping of the same class, or a plain dictionary if the class cannot be made from one."""
    try:
        if isinstance(like, MutableMapping):
            twin = copy.copy(like)
            twin.update(entries)
            return twin
        return type(like)(entries)  # type: ignore[call-arg]
    except TypeError:
        return entries


def _remade_sequence(like: Sequence, items: list) -> Any:
    """`items` in a sequence of the same class; tuples become lists."""
    if isinstance(like, tuple):
        return type(like)(*items) if hasattr(like, "_fields") else items
    try:
        if isinstance(like, MutableSequence):
            twin = copy.copy(like)
            for i, item in enumerate(items):
                twin[i] = item
            return twin
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def default_convert(data):
    """NumPy arrays and scalars inside `data` as Tensors; everything else as it is (torch.utils.data.default_convert)."""
    if isinstance(data, Tensor | str | bytes) or isinstance(data, np.ndarray) and _is_text(data):
        return data
    if isinstance(data, np.ndarray | np.generic):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _remade_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, Sequence):
        return _remade_sequence(data, [default_convert(item) for item in data])
    return data


def collate(batch: Sequence, *, collate_fn_map: dict | None = None):
    """Collate by the type of the first sample: a function from `collate_fn_map`, or entry by entry for mappings and sequences.

    RuntimeError if sequences differ in length, TypeError for a type nothing is known about.
    """
    first = batch[0]
    fn = _collate_fn(type(first), collate_fn_map or {})
    if fn is not None:
        return fn(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return _remade_mapping(first, {key: collate([d[key] for d in batch], collate_fn_map=collate_fn_map) for key in first})
    if isinstance(first, Sequence):
        if not hasattr(first, "_fields") and any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _remade_sequence(first, [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)])
    raise TypeError(_ERROR.format(type(first)))


def _collate_fn(cls: type, table: dict) -> Callable | None:
    if cls in table:
        return table[cls]
    return next((fn for known, fn in table.items() if issubclass(cls, known)), None)


def _collate_arrays(batch, *, collate_fn_map=None):
    if _is_text(batch[0]):
        raise TypeError(_ERROR.format(batch[0].dtype))
    if all(a.dtype == batch[0].dtype and a.shape == batch[0].shape for a in batch):
        return as_tensor(np.stack(batch))
    return collate([as_tensor(a) for a in batch], collate_fn_map=collate_fn_map)


default_collate_fn_map: dict = {
    Tensor: lambda batch, *, collate_fn_map=None: stack(batch, 0),
    np.ndarray: _collate_arrays,
    (np.bool_, np.number, np.object_): lambda batch, *, collate_fn_map=None: as_tensor(np.stack(batch)),
    float: lambda batch, *, collate_fn_map=None: as_tensor(np.asarray(batch, np.float64)),
    int: lambda batch, *, collate_fn_map=None: tensor(batch),
    str: lambda batch, *, collate_fn_map=None: batch,
    bytes: lambda batch, *, collate_fn_map=None: batch,
}


def default_collate(batch: Sequence):
    """A batch from a list of samples, with a new first dimension (torch.utils.data.default_collate)."""
    return collate(batch, collate_fn_map=default_collate_fn_map)
