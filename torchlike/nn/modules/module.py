"""torch.nn.modules.module: Module and the hooks for all modules."""

from collections.abc import Callable  # noqa: F401  (annotations of Module are looked up here)

from ..hooks import (
    every_module,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from ..module import Module
from ..module_state import EXTRA_STATE as _EXTRA_STATE_KEY_SUFFIX  # noqa: F401
from ..module_state import _IncompatibleKeys  # noqa: F401

# PyTorch's names for the tables of hooks of all modules, which profilers and tracers look into.
_global_forward_hooks, _global_forward_pre_hooks = every_module.forward, every_module.forward_pre
_global_forward_hooks_always_called, _global_forward_hooks_with_kwargs = every_module.always_called, every_module.with_kwargs
_global_backward_hooks, _global_backward_pre_hooks = every_module.backward, every_module.backward_pre
_global_buffer_registration_hooks, _global_module_registration_hooks = every_module.on_buffer, every_module.on_module
_global_parameter_registration_hooks = every_module.on_parameter


def _addindent(text: str, spaces: int) -> str:
    """The text with all lines but the first moved right, for a `__repr__` with modules inside."""
    return text.replace("\n", "\n" + " " * spaces)


def _has_any_global_hook() -> bool:
    """Whether a hook for all modules is registered that a call runs."""
    return every_module.any_call_hook()


__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

# PyTorch shows it under this path, in texts and in pickles.
Module.__module__ = __name__
