"""One profiled call (FunctionEvent) and the sum over many (FunctionEventAvg), as torch.autograd.profiler_util has them."""

from __future__ import annotations

import warnings
from collections import namedtuple
from dataclasses import InitVar, dataclass, field
from typing import Any

from .kinds import DeviceType

Kernel = namedtuple("Kernel", ["name", "device", "duration"])


class Interval:
    """A stretch of time, in microseconds."""

    def __init__(self, start, end):
        self.start = start
        self.end = end

    def elapsed_us(self):
        """The length of the interval."""
        return self.end - self.start


def format_time(time_us) -> str:
    """A time with the unit that suits it: 12.345us, 1.234ms, 1.234s."""
    if time_us >= 1_000_000:
        return f"{time_us / 1_000_000:.3f}s"
    if time_us >= 1_000:
        return f"{time_us / 1_000:.3f}ms"
    return f"{time_us:.3f}us"


def _formatted(name: str) -> property:
    return property(lambda self: format_time(getattr(self, name)), doc=f"`{name}` as text.")


def _renamed(old: str, new: str) -> property:
    def read(self):
        warnings.warn(f"`{old}` is deprecated, please use `{new}` instead.", FutureWarning, stacklevel=2)
        return getattr(self, new)

    return property(read, doc=f"The old name of `{new}`.")


class FormattedTimesMixin:
    """Averages and times as text, from `count`, `cpu_time_total` and their like."""

    count: int
    cpu_time_str = _formatted("cpu_time")
    device_time_str = _formatted("device_time")
    cpu_time_total_str = _formatted("cpu_time_total")
    device_time_total_str = _formatted("device_time_total")
    self_cpu_time_total_str = _formatted("self_cpu_time_total")
    self_device_time_total_str = _formatted("self_device_time_total")
    cuda_time = _renamed("cuda_time", "device_time")

    @property
    def cpu_time(self):
        """The time on the CPU per call, in microseconds."""
        return self.cpu_time_total / self.count if self.count else 0.0  # type: ignore[attr-defined]

    @property
    def device_time(self):
        """The time on the device per call, in microseconds."""
        return self.device_time_total / self.count if self.count else 0.0  # type: ignore[attr-defined]


@dataclass(eq=False, repr=False)
class FunctionEvent(FormattedTimesMixin):
    """One call: what, when (microseconds since the profile began), on which thread, and which calls it made in turn."""

    id: int
    name: str
    thread: int
    start_us: InitVar[float]
    end_us: InitVar[float]
    overload_name: str | None = None
    fwd_thread: int | None = None
    input_shapes: Any = None
    stack: Any = None
    scope: int = 0
    use_device: str | None = None
    cpu_memory_usage: int = 0
    device_memory_usage: int = 0
    is_async: bool = False
    is_remote: bool = False
    sequence_nr: int = -1
    node_id: int = -1
    device_type: Any = DeviceType.CPU
    device_index: int = 0
    device_resource_id: int | None = None
    is_legacy: bool = False
    flops: int | None = None
    trace_name: str | None = None
    concrete_inputs: Any = None
    kwinputs: Any = None
    is_user_annotation: bool | None = False
    is_python_function: bool = False
    activity_type: str | None = None
    metadata_json: str | None = None
    flow_id: int | None = None
    flow_type: int | None = None
    flow_start: bool | None = None
    external_id: int = 0
    linked_correlation_id: int = 0
    extra_meta: InitVar[dict | None] = None
    structured_input_shapes: Any = None
    structured_input_strides: Any = None
    input_dtypes: Any = None
    python_id: int = -1
    python_parent_id: int = -1
    python_module_id: int = -1
    time_range: Interval = field(init=False)
    kernels: list = field(init=False, default_factory=list)
    count: int = field(init=False, default=1)
    cpu_children: list = field(init=False, default_factory=list)
    cpu_parent: FunctionEvent | None = field(init=False, default=None)

    cuda_time_total = _renamed("cuda_time_total", "device_time_total")
    self_cuda_time_total = _renamed("self_cuda_time_total", "self_device_time_total")
    self_cuda_memory_usage = _renamed("self_cuda_memory_usage", "self_device_memory_usage")

    def __post_init__(self, start_us, end_us, extra_meta):
        self.time_range = Interval(start_us, end_us)
        if self.device_resource_id is None:
            self.device_resource_id = self.thread

    @property
    def key(self) -> str:
        """What calls are grouped by."""
        return self.name

    def append_kernel(self, name, device, duration) -> None:
        """Note a kernel this call launched."""
        _require(self.device_type == DeviceType.CPU, "Expected device_type to be CPU")
        self.kernels.append(Kernel(name, device, duration))

    def append_cpu_child(self, child: FunctionEvent) -> None:
        """Note a call made directly by this one."""
        _require(self.device_type == DeviceType.CPU, "Expected device_type to be CPU")
        _require(isinstance(child, FunctionEvent), "Expected child to be a FunctionEvent")
        _require(child.device_type == DeviceType.CPU, "Expected child device_type to be CPU")
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent: FunctionEvent) -> None:
        """Note the call that directly made this one."""
        _require(self.device_type == DeviceType.CPU, "Expected device_type to be CPU")
        _require(isinstance(parent, FunctionEvent), "Expected parent to be a FunctionEvent")
        _require(parent.device_type == DeviceType.CPU, "Expected parent device_type to be CPU")
        self.cpu_parent = parent

    @property
    def _counts_children(self) -> bool:
        return not self.is_async and self.device_type == DeviceType.CPU

    @property
    def cpu_time_total(self):
        """The time from begin to end, in microseconds."""
        return self.time_range.elapsed_us() if self.device_type == DeviceType.CPU else 0

    @property
    def self_cpu_time_total(self):
        """The time not spent in children."""
        return self.cpu_time_total - sum(c.cpu_time_total for c in self.cpu_children) if self._counts_children else 0

    @property
    def self_cpu_memory_usage(self):
        """The bytes made, without those of children."""
        return self.cpu_memory_usage - sum(c.cpu_memory_usage for c in self.cpu_children) if self._counts_children else 0

    @property
    def self_device_memory_usage(self):
        """The bytes made on the device, without those of children."""
        return self.device_memory_usage - sum(c.device_memory_usage for c in self.cpu_children) if self._counts_children else 0

    @property
    def device_time_total(self):
        """The time of the kernels launched by this call and its children."""
        if self.is_async or not self.use_device:
            return 0
        if self.device_type != DeviceType.CPU:
            return self.time_range.elapsed_us()
        children = 0 if self.is_legacy else sum(c.device_time_total for c in self.cpu_children)
        return sum(k.duration for k in self.kernels) + children

    @property
    def self_device_time_total(self):
        """The time of the kernels launched by this call itself."""
        if self.device_type != DeviceType.CPU or self.is_async or not self.use_device:
            return self.device_time_total
        return self.device_time_total - sum(c.device_time_total for c in self.cpu_children)

    def __repr__(self):
        device = self.use_device
        return (
            f"<FunctionEvent id={self.id} name={self.name} overload_name={self.overload_name} device_type={self.device_type} "
            f"node_id={self.node_id} cpu_time={self.cpu_time_str} start_us={self.time_range.start} end_us={self.time_range.end} "
            f"cpu_children={[c.id for c in self.cpu_children]} {device}_time={self.device_time_str} name={self.name} "
            f"thread={self.thread} input_shapes={self.input_shapes} cpu_memory_usage={self.cpu_memory_usage} "
            f"{device}_memory_usage={self.device_memory_usage} is_async={self.is_async} is_remote={self.is_remote} "
            f"seq_nr={self.sequence_nr} is_legacy={self.is_legacy}>"
        )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


_SUMMED = (
    "cpu_time_total", "device_time_total", "self_cpu_time_total", "self_device_time_total", "cpu_memory_usage", "device_memory_usage",
    "self_cpu_memory_usage", "self_device_memory_usage", "count",
)  # fmt: skip
_SHARED = (
    "key", "node_id", "is_async", "is_remote", "cpu_parent", "cpu_children", "overload_name", "input_shapes", "stack", "scope",
    "device_type", "is_legacy", "use_device", "is_user_annotation",
)  # fmt: skip


class FunctionEventAvg(FormattedTimesMixin):
    """The sum over all calls with one key; `cpu_time` is the average."""

    key: str | None = None

    def __init__(self) -> None:
        vars(self).update(dict.fromkeys(_SHARED), **dict.fromkeys(_SUMMED, 0))
        vars(self).update(node_id=0, is_async=False, is_remote=False, device_type=DeviceType.CPU, is_legacy=False)
        self.flops: int | None = 0

    def add(self, other) -> FunctionEventAvg:
        """Take another call, or another sum, in; returns self."""
        if self.key is None:
            vars(self).update({name: getattr(other, name) for name in _SHARED})
        _require(isinstance(other, FunctionEvent | FunctionEventAvg), "Expected other to be a FunctionEvent or FunctionEventAvg")
        _require(other.key == self.key, f"Expected keys to match, but got {other.key} vs {self.key}")
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if self.flops is None:
            self.flops = other.flops
        elif other.flops is not None:
            self.flops += other.flops
        return self

    __iadd__ = add

    def __repr__(self):
        shown: Any = self
        device = shown.use_device or "cuda"
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str} cpu_time={self.cpu_time_str} "
            f" self_{device}_time={self.self_device_time_total_str} {device}_time={self.device_time_str} "
            f"input_shapes={shown.input_shapes} cpu_memory_usage={shown.cpu_memory_usage} "
            f"{device}_memory_usage={shown.device_memory_usage}>"
        )
