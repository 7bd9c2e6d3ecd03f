"""The few names of PyTorch's private C++ module that programs use: switches of the override protocol."""

import warnings
from types import SimpleNamespace

from .core.determinism import flags as _deterministic
from .core.override_state import ALL_DISABLED, ENABLED, DisableTorchFunction, DisableTorchFunctionSubclass, state
from .core.override_state import EnableTorchFunction as _EnableTorchFunction
from .core.override_state import TorchFunctionState as _TorchFunctionState
from .core.overrides import disabled_torch_function_impl as _disabled_torch_function_impl
from .core.random import Generator
from .core.tensor import Tensor as TensorBase
from .nn.module_convert import parse_to as _parse_to

_nn = SimpleNamespace(_parse_to=_parse_to)


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


def _warn() -> None:
    warnings.warn("Test message for TORCH_WARN", UserWarning, stacklevel=2)


def _warn_deprecation() -> None:
    warnings.warn("Test message for TORCH_WARN_DEPRECATION", DeprecationWarning, stacklevel=2)


__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "Generator", "TensorBase", "_EnableTorchFunction", "_TorchFunctionState",
           "_disabled_torch_function_impl"]
