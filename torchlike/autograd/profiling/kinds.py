"""The enumerations of the profiler, with the members and numbers PyTorch's have. torchlike fills in CPU and CUDA activity only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ...core.device import has_platform


class _Kind(enum.Enum):
    """An enumeration that prints as PyTorch's do: `ProfilerActivity.CPU`, `<ProfilerActivity.CPU: 0>`."""

    def __str__(self):
        return f"{type(self).__name__}.{self.name}"


class ProfilerActivity(_Kind):
    """What a profile may follow."""

    CPU = 0
    XPU = 1
    CUDA = 2
    HPU = 3
    MTIA = 4
    PrivateUse1 = 5


class DeviceType(_Kind):
    """Where an event took place."""

    CPU = 0
    CUDA = 1
    MKLDNN = 2
    OPENGL = 3
    OPENCL = 4
    IDEEP = 5
    HIP = 6
    FPGA = 7
    MAIA = 8
    XLA = 9
    Vulkan = 10
    Metal = 11
    XPU = 12
    MPS = 13
    Meta = 14
    HPU = 15
    VE = 16
    Lazy = 17
    IPU = 18
    MTIA = 19
    PrivateUse1 = 20


class RecordScope(_Kind):
    """What kind of call an event is."""

    FUNCTION = 0
    BACKWARD_FUNCTION = 1
    TORCHSCRIPT_FUNCTION = 2
    KERNEL_FUNCTION_DTYPE = 3
    CUSTOM_CLASS = 4
    BUILD_FEATURE = 5
    LITE_INTERPRETER = 6
    USER_SCOPE = 7
    STATIC_RUNTIME_OP = 8
    STATIC_RUNTIME_MODEL = 9


class ProfilerState(_Kind):
    """By which means a profile is taken; here always KINETO."""

    Disabled = 0
    CPU = 1
    CUDA = 2
    NVTX = 3
    ITT = 4
    PRIVATEUSE1 = 5
    KINETO = 6
    KINETO_GPU_FALLBACK = 7
    KINETO_PRIVATEUSE1_FALLBACK = 8
    KINETO_PRIVATEUSE1 = 9


@dataclass
class ExperimentalConfig:
    """Options of PyTorch's tracing library, accepted so that programs that pass them run; `trace_only` forbids `events()`."""

    profiler_metrics: list = field(default_factory=list)
    profiler_measure_per_kernel: bool = False
    verbose: bool = False
    performance_events: list = field(default_factory=list)
    enable_cuda_sync_events: bool = False
    adjust_profiler_step: bool = False
    disable_external_correlation: bool = False
    profile_all_threads: bool = False
    capture_overload_names: bool = False
    record_python_gc_info: bool = False
    expose_kineto_event_metadata: bool = False
    custom_profiler_config: str = ""
    adjust_timestamps: bool = False
    trace_only: bool = False


def supported_activities() -> set:
    """What can be profiled here: the CPU and, when JAX sees a GPU, CUDA."""
    return {ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if has_platform("cuda") else [])}


def kineto_available() -> bool:
    """Whether traces can be recorded: always."""
    return True
