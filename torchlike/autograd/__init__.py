"""The autograd namespace (torch.autograd)."""

import sys as _sys

from ..core.missing import missing as _missing
from ..core.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..core.packed import SavedTensor
from . import anomaly_mode, forward_ad, functional, grad_mode, graph, profiler, profiler_util, variable
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .backward import _calculate_shape, backward, grad, install
from .function import Function, NestedIOFunction
from .grad_mode import (
    _force_original_view_tracking,
    _unsafe_preserve_version_counter,
    enforce_grad_layout_policy,
    is_multithreading_enabled,
    is_view_replay_enabled,
    set_multithreading_enabled,
)
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .profiler import (
    DeviceType,
    ProfilerActivity,
    ProfilerState,
    _profiler_enabled,
    _record_function_with_args_enter,
    _record_function_with_args_exit,
    kineto_available,
)
from .profiling.kinds import supported_activities as _supported_activities
from .variable import Variable

# `torch.autograd.torch` is torch.
torch = _sys.modules[__name__.partition(".")[0]]

__all__ = [
    "DeviceType", "Function", "GradcheckError", "NestedIOFunction", "ProfilerActivity", "ProfilerState", "SavedTensor", "Variable",
    "anomaly_mode", "backward", "detect_anomaly", "enable_grad", "enforce_grad_layout_policy", "forward_ad", "functional", "grad", "grad_mode",
    "gradcheck", "gradgradcheck", "graph", "inference_mode", "install", "is_multithreading_enabled", "is_view_replay_enabled",
    "kineto_available", "no_grad", "profiler", "profiler_util", "set_detect_anomaly", "set_grad_enabled", "set_multithreading_enabled", "variable",
]  # fmt: skip
__getattr__ = _missing(__name__, on_demand=("_functions",))
