"""Reading a pickle that is trusted: whatever it names is imported."""

from __future__ import annotations

import functools
import importlib
import pickle
from collections.abc import Callable

from .safe import TENSOR_GLOBALS


@functools.cache
def trusting_unpickler(pickle_module=pickle) -> type:
    """The class that finds everything, on the Unpickler of a module that is like `pickle`."""
    return type("TrustingUnpickler", (_Trusting, pickle_module.Unpickler), {})


class _Trusting:
    """What PyTorch calls `torch.x.y` is looked for as `torchlike.x.y`."""

    def __init__(self, file, storage_of: Callable, **options):
        super().__init__(file, **options)  # type: ignore[call-arg]
        self.storage_of = storage_of

    def persistent_load(self, pid):
        return self.storage_of(pid)

    def find_class(self, module: str, name: str):
        path = f"{module}.{name}"
        if path in TENSOR_GLOBALS:
            return TENSOR_GLOBALS[path]
        top, _, rest = module.partition(".")
        if top == "torch":
            own = f"torchlike.{rest}" if rest else "torchlike"
            try:
                return getattr(importlib.import_module(own), name)
            except (ImportError, AttributeError):
                parent = own.rpartition(".modules")[0] or own
                found = getattr(importlib.import_module(parent), name, None) if parent != own else None
                if found is None:
                    raise pickle.UnpicklingError(f"torchlike has no {path}, which the file needs") from None
                return found
        return super().find_class(module, name)  # type: ignore[misc]
