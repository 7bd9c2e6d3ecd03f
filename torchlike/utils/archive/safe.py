"""What a checkpoint may name: the few functions and types tensors are made of, and whatever the user has declared safe."""

from __future__ import annotations

import _codecs
import _compat_pickle
from collections import Counter, OrderedDict
from typing import Any

from ...core.device import device as Device
from ...core.dtype import ALL
from ...core.size import Size
from ...core.tensor import Tensor
from ...nn.parameter import Parameter
from .names import STORAGE_NAMES, StorageType
from .rebuild import rebuild_from_type, rebuild_layout, rebuild_meta_tensor, rebuild_parameter, rebuild_tensor, rebuild_untyped_tensor

TENSOR_GLOBALS: dict[str, Any] = {
    "torch._utils._rebuild_tensor": rebuild_tensor,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": rebuild_untyped_tensor,
    "torch._utils._rebuild_meta_tensor_no_storage": rebuild_meta_tensor,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": rebuild_parameter,
    "torch._tensor._rebuild_from_type_v2": rebuild_from_type,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.device": Device,
    "torch.Size": Size,
    "torch.serialization._get_layout": rebuild_layout,
    "torch.storage.UntypedStorage": StorageType(None),
    **{f"torch.{d.name}": d for d in ALL},
    **{f"torch.{name}": StorageType(d) for d, name in STORAGE_NAMES.items()},
}
_PLAIN_GLOBALS: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": _codecs.encode,
    **{f"builtins.{cls.__name__}": cls for cls in (set, bytearray, complex)},
}

_user_globals: dict[str, Any] = {}


def add_safe_globals(safe_globals: list) -> None:
    """Let `load` with `weights_only=True` accept these functions and classes, or pairs of one with the name it has in the file."""
    for entry in safe_globals:
        value, name = entry if isinstance(entry, tuple) else (entry, f"{entry.__module__}.{entry.__qualname__}")
        _user_globals[name] = value
        if name.startswith("torchlike."):  # a file of PyTorch's calls it so
            _user_globals["torch." + name.removeprefix("torchlike.")] = value


def get_safe_globals() -> list:
    """What `add_safe_globals` has added."""
    return list({id(value): value for value in _user_globals.values()}.values())


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


def modern_name(module: str, name: str) -> tuple[str, str]:
    """The name in Python 3 of what a pickle of protocol 2 calls by its name in Python 2."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


def allowed_global(path: str) -> tuple[bool, Any]:
    """Whether a checkpoint may name this, and what it stands for."""
    for table in (TENSOR_GLOBALS, _PLAIN_GLOBALS, _user_globals):
        if path in table:
            return True, table[path]
    return False, None


def is_declared_safe(value) -> bool:
    """Whether the user has declared this function or class safe."""
    return any(value is known for known in _user_globals.values())
