"""Helpers that libraries import from PyTorch's private module (torch._utils): flat buffers of many Tensors, errors carried over threads."""

from __future__ import annotations

import functools
import importlib.util
import sys
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from .core.tensor import Tensor
from .ops.joining import cat


def _flatten_dense_tensors(tensors: Iterable[Tensor]) -> Tensor:
    """The elements of several Tensors of one dtype as a vector."""
    return cat([t.reshape(-1) for t in tensors])


def _unflatten_dense_tensors(flat: Tensor, tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The inverse: views of the vector in the shapes of the Tensors."""
    shapes = [t.shape for t in tensors]
    parts = flat.split([shape.numel() for shape in shapes])
    return tuple(part.view(shape) for part, shape in zip(parts, shapes, strict=True))


def _take_tensors(tensors: Iterable[Tensor], size_limit: int) -> Iterator[list[Tensor]]:
    """The Tensors in lists of one type each and of at most so many bytes, but at least one Tensor."""
    open_lists: defaultdict[str, list] = defaultdict(list)
    sizes: defaultdict[str, int] = defaultdict(int)
    for tensor in tensors:
        kind = tensor.type()
        if open_lists[kind] and sizes[kind] + tensor.nbytes > size_limit:
            yield open_lists.pop(kind)
            sizes[kind] = 0
        open_lists[kind].append(tensor)
        sizes[kind] += tensor.nbytes
    yield from open_lists.values()


def _reorder_tensors_as(tensors: Iterable[Tensor], ordered_tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """The Tensors, those of each type in their order, in the order of types of `ordered_tensors`."""
    waiting: defaultdict[str, list] = defaultdict(list)
    for tensor in tensors:
        waiting[tensor.type()].append(tensor)
    groups = {kind: iter(group) for kind, group in waiting.items()}
    return tuple(next(groups[tensor.type()]) for tensor in ordered_tensors)


def _element_size(dtype) -> int:
    """The bytes of one element."""
    return dtype.itemsize


def _import_dotted_name(name: str) -> Any:
    """What a dotted name such as 'torch.nn.Linear' stands for."""
    first, *rest = name.split(".")
    return functools.reduce(getattr, rest, importlib.import_module(first))


def try_import(module_name: str) -> ModuleType | None:
    """The module; None when there is none of that name."""
    return importlib.import_module(module_name) if importlib.util.find_spec(module_name) is not None else None


class KeyErrorMessage(str):
    """A text whose lines a KeyError shows as they are."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


class ExceptionWrapper:
    """The error being handled, as text and type, to be raised again by another thread or process."""

    def __init__(self, exc_info=None, where: str = "in background"):
        kind, error, trace = sys.exc_info() if exc_info is None else exc_info
        self.exc_type: Any = kind
        self.where = where
        self.exc_msg = "".join(traceback.format_exception(kind, error, trace))

    def reraise(self) -> None:
        """Raise it, with the text of where it first was."""
        text = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            raise KeyError(KeyErrorMessage(text))
        try:
            error = self.exc_type(text)
        except Exception:
            raise RuntimeError(text) from None
        raise error


class classproperty:
    """A property of a class itself."""

    def __init__(self, func):
        self.fget = func

    def __get__(self, instance, owner=None):
        return self.fget(owner)
