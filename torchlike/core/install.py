"""Attach what was declared to Tensor, and list what belongs in the public namespace. Run once, when torchlike is imported."""

from __future__ import annotations

from .inplace import inplace_variant
from .op import ENTRIES
from .pickling import copy_tensor, deepcopy_tensor, reduce_tensor
from .printing import tensor_format, tensor_repr
from .tensor import Tensor


def show_in(module: str, *classes: type) -> None:
    """Give classes the path that users know them by: it shows in `repr` and in pickles."""
    for cls in classes:
        cls.__module__ = module


def install() -> dict:
    """Attach methods and in-place variants; returns the public names."""
    shared = {"__repr__": tensor_repr, "__format__": tensor_format, "__copy__": copy_tensor, "__deepcopy__": deepcopy_tensor,
              "__reduce_ex__": reduce_tensor}
    for name, method in shared.items():
        setattr(Tensor, name, method)
    public = {}
    for entry in list(ENTRIES.values()):
        if entry.public:
            public[entry.name] = entry.call
        if entry.method:
            setattr(Tensor, entry.name, entry.call)
        if entry.inplace:
            variant = inplace_variant(entry.call, f"{entry.name}_")
            setattr(Tensor, variant.__name__, variant)
            if entry.public:
                public[variant.__name__] = variant
    return public
