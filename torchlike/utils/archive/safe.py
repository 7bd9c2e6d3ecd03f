"""What a checkpoint may name: the few functions and types tensors are made of, and whatever the user has declared safe."""

from __future__ import annotations

import _codecs
import importlib
import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

from ...core.device import device as Device
from ...core.dtype import ALL
from ...core.size import Size
from ...core.tensor import Tensor
from ...nn.parameter import Parameter
from .names import STORAGE_NAMES, StorageType
from .rebuild import rebuild_from_type, rebuild_parameter, rebuild_tensor, rebuild_untyped_tensor

TENSOR_GLOBALS: dict[str, Any] = {
    "torch._utils._rebuild_tensor": rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": rebuild_untyped_tensor,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild_parameter,
    "torch._tensor._rebuild_from_type_v2": rebuild_from_type,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.device": Device,
    "torch.Size": Size,
    "torch.storage.UntypedStorage": StorageType(None),
    **{f"torch.{d.name}": d for d in ALL},
    **{f"torch.{name}": StorageType(d) for d, name in STORAGE_NAMES.items()},
}
# Protocol 2 spells builtins the way Python 2 did.
_PLAIN_GLOBALS: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": _codecs.encode,
    **{f"{module}.{cls.__name__}": cls for module in ("builtins", "__builtin__") for cls in (set, bytearray, complex)},
}

_user_globals: dict[str, Any] = {}


def add_safe_globals(safe_globals: list) -> None:
    """Let `load` with `weights_only=True` accept these functions and classes, or pairs of one with the name it has in the file."""
    for entry in safe_globals:
        value, name = entry if isinstance(entry, tuple) else (entry, f"{entry.__module__}.{entry.__qualname__}")
        _user_globals[name] = value


def get_safe_globals() -> list:
    """What `add_safe_globals` has added."""
    return list(_user_globals.values())


def clear_safe_globals() -> None:
    """Forget what `add_safe_globals` has added."""
    _user_globals.clear()


class safe_globals:
    """`add_safe_globals` for the length of a `with` block."""

    def __init__(self, safe_globals: list):
        self.entries = safe_globals

    def __enter__(self):
        self.before = dict(_user_globals)
        add_safe_globals(self.entries)

    def __exit__(self, *error):
        _user_globals.clear()
        _user_globals.update(self.before)


class SafeUnpickler(pickle.Unpickler):
    """Finds only what is listed here; anything else in the pickle is an UnpicklingError, before it is called."""

    def __init__(self, file, storage_of: Callable, **options):
        super().__init__(file, **options)
        self.storage_of = storage_of

    def persistent_load(self, pid):
        return self.storage_of(pid)

    def find_class(self, module: str, name: str):
        path = f"{module}.{name}"
        for table in (TENSOR_GLOBALS, _PLAIN_GLOBALS, _user_globals):
            if path in table:
                return table[path]
        raise pickle.UnpicklingError(
            f"Weights only load failed. The file names {path}, which `weights_only=True` does not allow: it is none of the types tensors and "
            "state dicts are made of. If you trust the file, either pass `weights_only=False` (a pickle can run any code), or declare the "
            f"class or function safe with `torch.serialization.add_safe_globals([{name}])`."
        )


class TrustingUnpickler(SafeUnpickler):
    """Finds everything; what PyTorch calls `torch.x.y` is looked for as `torchlike.x.y`."""

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
        return pickle.Unpickler.find_class(self, module, name)
