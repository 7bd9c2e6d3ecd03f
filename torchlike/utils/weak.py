"""Dictionaries whose keys are told apart by identity and held weakly (torch.utils.weak): Tensors compare by value and make no good keys."""

from __future__ import annotations

import builtins
import copy
import weakref
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from ..core.tensor import Tensor

WeakRef = weakref.ref


class WeakIdRef(weakref.ref):
    """A weak reference that hashes and compares by the identity of what it refers to."""

    __slots__ = ("_id",)

    def __init__(self, key, callback=None):
        super().__init__(key, callback)
        self._id = id(key)

    def __hash__(self):
        return self._id

    def __eq__(self, other):
        mine, others = self(), other()
        return self is other if mine is None or others is None else mine is others


class WeakIdKeyDictionary(MutableMapping):
    """A dictionary of weakly held keys, each gone with its object."""

    def __init__(self, dict=None, ref_type=WeakIdRef):
        self.ref_type = ref_type
        self.data: builtins.dict[weakref.ref, Any] = {}
        owner = weakref.ref(self)

        def remove(ref):
            mapping = owner()
            if mapping is not None:
                mapping.data.pop(ref, None)

        self._remove = remove
        if dict is not None:
            self.update(dict)

    def _ref(self, key) -> weakref.ref:
        return self.ref_type(key, self._remove)

    def __getitem__(self, key):
        return self.data[self.ref_type(key)]

    def __setitem__(self, key, value):
        self.data[self._ref(key)] = value

    def __delitem__(self, key):
        del self.data[self.ref_type(key)]

    def __contains__(self, key):
        try:
            return self.ref_type(key) in self.data
        except TypeError:
            return False

    def __iter__(self) -> Iterator:
        return (key for key in [ref() for ref in self.data] if key is not None)

    def __len__(self):
        return sum(ref() is not None for ref in self.data)

    def __repr__(self):
        return f"<{type(self).__name__} at {id(self):#x}>"

    def __copy__(self):
        return type(self)(self, ref_type=self.ref_type)

    def copy(self):
        """Another dictionary of the same keys and values."""
        return copy.copy(self)

    def __deepcopy__(self, memo):
        new = type(self)(ref_type=self.ref_type)
        for key, value in self.items():
            new[key] = copy.deepcopy(value, memo)
        return new

    def keyrefs(self) -> list:
        """The weak references to the keys."""
        return list(self.data)

    def __or__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        joined = type(self)(ref_type=self.ref_type)
        joined.update(other)
        joined.update(self)
        return joined

    def __ior__(self, other):
        self.update(other)
        return self

    def __eq__(self, other):
        if not isinstance(other, Mapping):
            return NotImplemented
        mine, others = ({id(key): value for key, value in mapping.items()} for mapping in (self, other))
        return mine == others

    __hash__ = None  # type: ignore[assignment]


WeakTensorKeyDictionary = WeakIdKeyDictionary


class TensorWeakRef:
    """A weak reference to a Tensor: called, it gives the Tensor, or None when that is gone."""

    def __init__(self, tensor: Tensor):
        if not isinstance(tensor, Tensor):
            raise AssertionError(f"expected torch.Tensor, got {type(tensor)}.")
        self.ref = weakref.ref(tensor)

    def __call__(self) -> Tensor | None:
        return self.ref()


__all__ = ["TensorWeakRef", "WeakIdKeyDictionary", "WeakIdRef", "WeakRef", "WeakTensorKeyDictionary"]
