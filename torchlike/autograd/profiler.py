"""Profiling the tape (torch.autograd.profiler): `profile` records every op on its thread, `record_function` names regions.

`torch.profiler` stands on this and is what most programs use. Inside a profile every kernel is waited for before the next is launched, so
that a time belongs to the op it stands beside; a program that is profiled therefore runs somewhat slower than one that is not.
"""

from __future__ import annotations

import copy
import time
import uuid
import warnings
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ContextDecorator
from dataclasses import dataclass
from types import SimpleNamespace

from .. import ops as _ops
from ..core.device import has_platform
from .profiling.event_list import EventList
from .profiling.events import FunctionEvent
from .profiling.kinds import DeviceType, ExperimentalConfig, ProfilerActivity, ProfilerState, kineto_available
from .profiling.recorder import Recorder, active
from .profiling.result import Result

_ExperimentalConfig = ExperimentalConfig


@dataclass
class _ProfilerStats:
    """What the profiler knows about its own last run."""

    profiling_window_duration_sec: float = 0
    number_of_events: int = 0


def _profiler_enabled() -> bool:
    """Whether a profile is being taken on this thread."""
    return active.recorder is not None


class profile:
    """Record the ops that run in a `with` block on this thread; `key_averages().table()` sums them up.

    `record_shapes` keeps the shapes of arguments, `with_stack` where each op was called from, `profile_memory` how many bytes it made,
    `with_flops` an estimate of its operations. `use_device="cuda"` accounts the time of kernels on the GPU to it. Without `enabled`
    nothing happens.
    """

    def __init__(
        self, enabled=True, *, use_cuda=False, use_device=None, record_shapes=False, with_flops=False, profile_memory=False,
        with_stack=False, with_modules=False, use_kineto=False, use_cpu=True, experimental_config=None, acc_events=False,
        custom_trace_id_callback=None, post_processing_timeout_s: float | None = None, activity_filters: dict | None = None,
    ):  # fmt: skip
        self.enabled: bool = enabled
        if not enabled:
            return
        if use_cuda:
            warnings.warn("The attribute `use_cuda` will be deprecated soon, please use ``use_device = 'cuda'`` instead.", FutureWarning,
                          stacklevel=2)
            use_device = "cuda"
        if not use_cpu and not use_kineto:
            raise AssertionError("Device-only events supported only with Kineto (use_kineto=True)")
        self.use_cuda, self.use_cpu = use_cuda, use_cpu
        self.use_device = _usable_device(use_device)
        self.record_shapes = record_shapes or with_flops
        self.with_flops, self.profile_memory, self.with_stack, self.with_modules = with_flops, profile_memory, with_stack, with_modules
        self.experimental_config = _compatible(experimental_config, with_stack)
        self.acc_events = acc_events
        self.custom_trace_id_callback = custom_trace_id_callback
        self.kineto_activities = {
            *([ProfilerActivity.CPU] if use_cpu else []), *([ProfilerActivity.CUDA] if self.use_device == "cuda" else [])
        }  # fmt: skip
        if not self.kineto_activities:
            raise AssertionError("No activities specified for the profiler")
        if post_processing_timeout_s is not None and post_processing_timeout_s < 0:
            raise ValueError("post_processing_timeout_s must be non-negative")
        self.post_processing_timeout_s = post_processing_timeout_s
        self.activity_filters = activity_filters or {}
        self.profiler_kind = ProfilerState.KINETO
        self.trace_id = ""
        self.entered = False
        self.kineto_results: Result | None = None
        self.profiling_start_time_ns = self.profiling_end_time_ns = 0
        self._recorder: Recorder | None = None
        self._function_events: EventList | None = None
        self._finished = False
        self._stats = _ProfilerStats()

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self._prepare_trace()
        self._start_trace()
        return self

    def _prepare_trace(self) -> None:
        self.entered = True
        self.trace_id = self.create_trace_id()
        self._recorder = Recorder(self.record_shapes, self.with_stack, self.profile_memory, self.with_flops)

    def _start_trace(self) -> None:
        self.entered = True
        self.profiling_start_time_ns = time.perf_counter_ns()
        self._recorder = self._recorder or Recorder(self.record_shapes, self.with_stack, self.profile_memory, self.with_flops)
        self._recorder.start()

    def __exit__(self, kind, error, trace):
        if not self.enabled:
            return None
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
            self.kineto_results = Result(recorder, self.use_device, self.trace_id)
        self.profiling_end_time_ns = time.perf_counter_ns()
        self._stats.profiling_window_duration_sec = (self.profiling_end_time_ns - self.profiling_start_time_ns) / 1e9
        earlier = self._function_events if self.acc_events else None
        self._function_events, self._finished = None, True
        if self.acc_events and not self.experimental_config.trace_only:
            self._results().extend(earlier or [])
        return False

    def default_trace_id(self) -> str:
        """A random number in hexadecimal."""
        return f"{uuid.uuid4().int:032X}"

    def create_trace_id(self) -> str:
        """The name of the next trace, from `custom_trace_id_callback` if one was given."""
        return self.custom_trace_id_callback() if self.custom_trace_id_callback else self.default_trace_id()

    def _results(self) -> EventList:
        if self.experimental_config.trace_only:
            raise RuntimeError("events() is not available when trace_only=True in ExperimentalConfig. Use export_chrome_trace() instead.")
        if self._function_events is None:
            self._function_events = self.kineto_results.events() if self.kineto_results else EventList()
            self._function_events._tree_built = True
            self._stats.number_of_events = len(self._function_events)
        return self._function_events

    def __repr__(self):
        return repr(self._results()) if self._finished else "<unfinished torch.autograd.profile>"

    def __str__(self):
        return str(self._results()) if self._finished else "<unfinished torch.autograd.profile>"

    @property
    def function_events(self) -> EventList:
        """The recorded calls."""
        return self._results()

    def table(
        self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55, max_shapes_column_width=80, header=None,
        top_level_events_only=False,
    ) -> str:  # fmt: skip
        """The recorded calls as a table of text (`EventList.table`)."""
        return self._results().table(
            sort_by, row_limit, max_src_column_width, max_name_column_width, max_shapes_column_width, header, top_level_events_only
        )

    def export_chrome_trace(self, path, metadata=None, use_python_export=False) -> None:
        """Write the last recording as a Chrome trace; `metadata` maps names to JSON texts."""
        self.kineto_results.save(path, metadata)  # type: ignore[union-attr]

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the stacks of the recorded calls with a metric, for flame graph tools."""
        events = self._results()
        if not self.with_stack:
            raise AssertionError("export_stacks() requires with_stack=True")
        events.export_stacks(path, metric)

    def toggle_collection_dynamic(self, enabled: bool, activities: Iterable) -> None:
        """Stop recording for a while, or go on."""
        if self._recorder is not None and ProfilerActivity.CPU in set(activities):
            self._recorder.enabled = enabled

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, group_by_overload_name=False) -> EventList:
        """The sums over the calls of one name, and, if asked for, of the same shapes and callers."""
        return self._results().key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def total_average(self):
        """The sum over all calls."""
        return self._results().total_average()

    @property
    def self_cpu_time_total(self):
        """The time of all calls, in microseconds."""
        return self._results().self_cpu_time_total


def _usable_device(name: str | None) -> str | None:
    if name is None:
        return None
    if name not in ("cuda", "xpu", "mtia", "hpu"):
        warnings.warn(f"The {name} is not a valid device option.", stacklevel=3)
        return None
    if name == "cuda" and has_platform("cuda"):
        return name
    warnings.warn(f"{name.upper()} is not available, disabling {name.upper()} profiling", stacklevel=3)
    return None


def _compatible(config: ExperimentalConfig | None, with_stack: bool) -> ExperimentalConfig:
    config = config or ExperimentalConfig()
    if config.trace_only and with_stack:
        warnings.warn(
            "trace_only=True is incompatible with with_stack=True (stack traces require event post-processing). Disabling trace_only.",
            stacklevel=3,
        )
        config = copy.copy(config)
        config.trace_only = False
    return config


class record_function(ContextDecorator):
    """Give a block, or a decorated function, a name of its own in the profile. Outside a profile it does next to nothing."""

    def __init__(self, name: str, args: str | None = None):
        self.name = name
        self.args = args
        self.run_callbacks_on_exit = True
        self.record: tuple | None = None

    def _recreate_cm(self):
        return type(self)(self.name, self.args)

    def __enter__(self):
        if not isinstance(self.name, str):
            raise RuntimeError(
                "profiler::_record_function_enter_new() Expected a value of type 'str' for argument 'name' but instead found type "
                f"'{type(self.name).__name__}'.\nPosition: 0\nValue: {self.name!r}"
            )
        recorder = active.recorder
        self.record = (recorder, recorder.begin(self.name) if recorder is not None else None)
        return self

    def __exit__(self, kind, error, trace):
        if not self.run_callbacks_on_exit:
            return
        if self.record is None:
            raise AssertionError("Expected record to be set")
        recorder, span = self.record
        if span is not None:
            recorder.finish(span)


def _record_function_with_args_enter(name: str, *args) -> record_function:
    """Open a named region by hand; the arguments are not kept."""
    return record_function(name).__enter__()


def _record_function_with_args_exit(record: record_function) -> None:
    """Close what `_record_function_with_args_enter` opened."""
    record.__exit__(None, None, None)


_ops.profiler = SimpleNamespace(  # type: ignore[attr-defined]
    _record_function_enter=lambda name, args=None: record_function(name, args).__enter__(),
    _record_function_exit=_record_function_with_args_exit,
)


class _Emitter:
    """An annotation for a vendor's profiler, which JAX programs do not speak to."""

    tool = ""

    def __init__(self, enabled=True, record_shapes=False):
        self.enabled = enabled
        self.entered = False
        self.record_shapes = record_shapes

    def __enter__(self):
        if not self.enabled:
            return None
        raise NotImplementedError(
            f"torchlike emits no {self.tool} ranges: JAX launches the kernels; use jax.profiler.trace, or torch.profiler.profile for a table"
        )

    def __exit__(self, kind, error, trace):
        return None


class emit_nvtx(_Emitter):
    """NVTX ranges for NVIDIA's profilers; only `enabled=False` is supported."""

    tool = "NVTX"


class emit_itt(_Emitter):
    """ITT ranges for Intel's profilers; only `enabled=False` is supported."""

    tool = "ITT"


def load_nvprof(path):
    """Would read a trace by nvprof, a tool that has been discontinued."""
    raise NotImplementedError("torchlike reads no nvprof traces: nvprof has been discontinued, and JAX programs are traced by jax.profiler")


parse_nvprof_trace = load_nvprof


class EnforceUnique:
    """Raises when a key is seen twice."""

    def __init__(self):
        self.seen = set()

    def see(self, *key) -> None:
        """Note a key; RuntimeError when it has been seen before."""
        if key in self.seen:
            raise RuntimeError("duplicate key: " + str(key))
        self.seen.add(key)


class KinetoStepTracker:
    """One count of training steps for all who count them: the largest of theirs."""

    _current_step = 0
    _step_dict: dict[str, int] = defaultdict(int)

    @classmethod
    def init_step_count(cls, requester: str) -> None:
        """Let a requester start at the present step."""
        cls._step_dict[requester] = cls._current_step

    @classmethod
    def erase_step_count(cls, requester: str) -> bool:
        """Forget a requester; whether it was known."""
        return cls._step_dict.pop(requester, None) is not None

    @classmethod
    def increment_step(cls, requester: str) -> int:
        """Count one step of a requester; returns the step all agree on."""
        if requester not in cls._step_dict:
            cls.init_step_count(requester)
        cls._step_dict[requester] += 1
        newest = max(cls._step_dict.values())
        if newest - cls._current_step > 1:
            warnings.warn(
                f"Profiler step count has increased more than 1 - current_step = {cls._current_step} step dict =  {cls._step_dict}",
                stacklevel=2,
            )
        cls._current_step = max(newest, cls._current_step)
        return cls._current_step

    @classmethod
    def current_step(cls) -> int:
        """The newest step of any requester."""
        return cls._current_step


__all__ = [
    "DeviceType", "EnforceUnique", "EventList", "FunctionEvent", "KinetoStepTracker", "ProfilerActivity", "ProfilerState", "emit_itt",
    "emit_nvtx", "kineto_available", "load_nvprof", "parse_nvprof_trace", "profile", "record_function",
]  # fmt: skip
