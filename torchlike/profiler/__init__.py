"""The profiler (torch.profiler): which ops ran how often and for how long, as a table or a Chrome trace."""

from ..autograd.profiler import KinetoStepTracker, record_function
from ..autograd.profiling.kinds import DeviceType, ProfilerActivity, RecordScope, kineto_available, supported_activities
from ..autograd.profiling.kinds import ExperimentalConfig as _ExperimentalConfig
from ..autograd.profiling.names import namespaces as _namespaces
from ..nn import functional as _functional
from . import itt, profiler
from .profiler import ExecutionTraceObserver, _KinetoProfile, profile
from .schedule import ProfilerAction, schedule, tensorboard_trace_handler

_namespaces.append(vars(_functional))

__all__ = [
    "DeviceType", "ExecutionTraceObserver", "KinetoStepTracker", "ProfilerAction", "ProfilerActivity", "RecordScope", "kineto_available",
    "profile", "profiler", "record_function", "schedule", "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip
