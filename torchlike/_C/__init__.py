"""The few names of PyTorch's private C++ module that programs use: switches of the override protocol."""

from __future__ import annotations

import contextlib
import importlib
import warnings
import weakref
from types import SimpleNamespace

from ..autograd.forward_ad import _set_fwd_grad_enabled
from ..autograd.running import current_node as _current_autograd_node
from ..autograd.running import execution_order as _current_graph_task_execution_order
from ..autograd.running import task_id as _current_graph_task_id
from ..autograd.running import will_execute as _will_engine_execute_node
from ..core.determinism import flags as _deterministic
from ..core.device import get_default_device
from ..core.missing import missing
from ..core.op import ENTRIES
from ..core.override_state import ALL_DISABLED, ENABLED, DisableTorchFunction, DisableTorchFunctionSubclass, state
from ..core.override_state import EnableTorchFunction as _EnableTorchFunction
from ..core.override_state import TorchFunctionState as _TorchFunctionState
from ..core.overrides import disabled_torch_function_impl as _disabled_torch_function_impl
from ..core.random import Generator
from ..core.tensor import Tensor as TensorBase
from ..nn.module_convert import parse_to as _parse_to
from . import _autograd, _functions, _functorch

_TensorMeta = type(TensorBase)
has_lapack = True
# What PyTorch's public functions are is also here.
_PUBLIC = frozenset([
    "OutOfMemoryError", "Size", "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache", "device", "dtype", "finfo",
    "get_autocast_cpu_dtype", "get_autocast_dtype", "get_autocast_gpu_dtype", "get_default_dtype", "get_num_interop_threads", "get_num_threads",
    "iinfo", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_autocast_cache_enabled", "is_autocast_cpu_enabled", "is_autocast_enabled",
    "is_grad_enabled", "is_inference_mode_enabled", "layout", "memory_format", "set_anomaly_enabled", "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype", "set_autocast_cpu_enabled", "set_autocast_dtype", "set_autocast_enabled", "set_autocast_gpu_dtype",
    "set_flush_denormal", "set_num_interop_threads", "set_num_threads",
])  # fmt: skip
_absent = missing(__name__)


def __getattr__(name: str):
    return getattr(importlib.import_module(__name__.partition(".")[0]), name) if name in _PUBLIC else _absent(name)


class _Layers(SimpleNamespace):
    """`torch._C._nn`: the functions behind torch.nn.functional under their own names."""

    def __getattr__(self, name: str):
        from ..nn import functional

        entry = ENTRIES.get(name)
        return getattr(functional, name) if entry is None else entry.call


_nn = _Layers(_parse_to=_parse_to)


def _is_torch_function_enabled() -> bool:
    return state.level is ENABLED


def _is_torch_function_all_disabled() -> bool:
    return state.level is ALL_DISABLED


def _is_torch_function_mode_enabled() -> bool:
    return bool(state.modes) and state.level is not ALL_DISABLED


def _get_torch_function_state() -> _TorchFunctionState:
    return state.level


def _set_torch_function_state(level: _TorchFunctionState) -> None:
    state.level = level


def _len_torch_function_stack() -> int:
    return len(state.modes)


def _get_function_stack_at(index: int):
    return state.modes[index]


def _get_deterministic_algorithms() -> bool:
    return _deterministic["enabled"]


def _get_deterministic_algorithms_warn_only() -> bool:
    return _deterministic["warn_only"]


def _log_api_usage_once(event) -> None:
    """Nothing is logged."""


def _get_tracing_state() -> None:
    """None: nothing is ever traced."""


def _ignored(*args) -> bool:
    """What settings of TorchScript's executor come to here: nothing; False is the setting before."""
    return False


_jit_set_profiling_executor = _jit_set_profiling_mode = _jit_override_can_fuse_on_cpu = _jit_override_can_fuse_on_gpu = _ignored
_jit_set_texpr_fuser_enabled = _jit_set_nvfuser_enabled = _ignored


class _WeakTensorRef:
    """Tells whether a Tensor is gone, without keeping it."""

    def __init__(self, tensor: TensorBase):
        self._ref = weakref.ref(tensor)

    def expired(self) -> bool:
        """Whether nobody holds the Tensor any more."""
        return self._ref() is None


class _Keys(type):
    """Every name is a key."""

    def __getattr__(cls, name: str) -> DispatchKey:
        if name.startswith("_"):
            raise AttributeError(name)
        return cls(name)


class DispatchKey(metaclass=_Keys):
    """A key of PyTorch's dispatcher, by name. There is no dispatcher here: keys can be named and compared, and nothing depends on them."""

    def __init__(self, name: str):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, DispatchKey) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f"DispatchKey.{self.name}"


class DispatchKeySet:
    """Several keys."""

    def __init__(self, *keys: DispatchKey):
        self.keys = frozenset(keys)

    def __or__(self, other: DispatchKeySet) -> DispatchKeySet:
        return DispatchKeySet(*self.keys, *other.keys)

    def has(self, key: DispatchKey) -> bool:
        """Whether a key is among them."""
        return key in self.keys


class _ExcludeDispatchKeyGuard(contextlib.nullcontext):
    """A block; nothing changes in it."""


def _get_default_device() -> str:
    return str(get_default_device())


def _warn() -> None:
    warnings.warn("Test message for TORCH_WARN", UserWarning, stacklevel=2)


def _warn_deprecation() -> None:
    warnings.warn("Test message for TORCH_WARN_DEPRECATION", DeprecationWarning, stacklevel=2)


__all__ = [
    "DisableTorchFunction", "DisableTorchFunctionSubclass", "DispatchKey", "DispatchKeySet", "Generator", "TensorBase", "_EnableTorchFunction",
    "_TorchFunctionState", "_WeakTensorRef", "_autograd", "_current_autograd_node", "_current_graph_task_execution_order", "_current_graph_task_id",
    "_disabled_torch_function_impl", "_functions", "_functorch", "_set_fwd_grad_enabled", "_will_engine_execute_node",
]  # fmt: skip
