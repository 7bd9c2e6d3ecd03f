"""`torch.profiler.profile`: a profile that a schedule switches on and off, and that hands over each finished trace."""

from __future__ import annotations

import gzip
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ..autograd import profiler as prof
from ..autograd.profiling.kinds import ExperimentalConfig, ProfilerActivity, supported_activities
from .schedule import ProfilerAction, always

PROFILER_STEP_NAME = "ProfilerStep"
_CLEARS = (
    "Warning: Profiler clears events at the end of each cycle. Only events from the current cycle will be reported. "
    "To keep events across cycles, set acc_events=True."
)
_warned: set[str] = set()


def _parse_activities(activities: Iterable) -> tuple[set, dict]:
    """The activities, and for those given as `{activity: names}` the names."""
    found: set = set()
    filters: dict = {}
    for item in activities:
        if not isinstance(item, ProfilerActivity | dict):
            raise TypeError(f"Expected ProfilerActivity or dict, got {type(item)}")
        for activity in [item] if isinstance(item, ProfilerActivity) else item:
            if activity in found:
                raise ValueError(f"Activity {activity} specified more than once")
            found.add(activity)
        if isinstance(item, dict):
            filters.update({activity: set(names) for activity, names in item.items()})
    return found, filters


class _KinetoProfile:
    """A profile without a schedule: `start`, `stop`, and what can be asked afterwards."""

    def __init__(
        self, *, activities: Iterable | None = None, record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False,
        with_flops: bool = False, with_modules: bool = False, experimental_config: ExperimentalConfig | None = None,
        execution_trace_observer=None, acc_events: bool = False, custom_trace_id_callback: Callable[[], str] | None = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:  # fmt: skip
        self.activities, self.activity_filters = (supported_activities(), {}) if activities is None else _parse_activities(activities)
        self.record_shapes, self.profile_memory, self.with_stack = record_shapes, profile_memory, with_stack
        self.with_flops, self.with_modules = with_flops, with_modules
        self.experimental_config = experimental_config
        self.execution_trace_observer = execution_trace_observer
        self.acc_events = acc_events
        self.custom_trace_id_callback = custom_trace_id_callback
        self.post_processing_timeout_s = post_processing_timeout_s
        self.profiler: prof.profile | None = None
        self.use_device = next((a.name.lower() for a in (ProfilerActivity.CUDA, ProfilerActivity.XPU) if a in self.activities), None)
        self.preset_metadata: dict[str, str] = {}
        self._trace_metadata: dict[str, str] = {}

    def start(self) -> None:
        """Begin to record."""
        self.prepare_trace()
        self.start_trace()

    def stop(self) -> None:
        """End the recording."""
        self.stop_trace()

    def prepare_trace(self) -> None:
        """Get ready to record: the warm-up."""
        if self.profiler is not None and not self.acc_events and _CLEARS not in _warned:
            _warned.add(_CLEARS)
            warnings.warn(_CLEARS, UserWarning, stacklevel=2)
        if self.profiler is None or not self.acc_events:
            self.profiler = prof.profile(
                use_cpu=ProfilerActivity.CPU in self.activities, use_device=self.use_device, record_shapes=self.record_shapes,
                with_flops=self.with_flops, profile_memory=self.profile_memory, with_stack=self.with_stack,
                with_modules=self.with_modules, use_kineto=True, experimental_config=self.experimental_config,
                acc_events=self.acc_events, custom_trace_id_callback=self.custom_trace_id_callback,
                post_processing_timeout_s=self.post_processing_timeout_s, activity_filters=self.activity_filters,
            )  # fmt: skip
        self.profiler._prepare_trace()

    def start_trace(self) -> None:
        """Begin to record, after `prepare_trace`."""
        self._require("starting trace")._start_trace()
        for option in ("profile_memory", "with_stack", "record_shapes", "with_modules", "with_flops"):
            if getattr(self, option):
                self.add_metadata_json(option, "1")
        self._trace_metadata.update(self.preset_metadata)

    def stop_trace(self) -> None:
        """End the recording."""
        self._require("stopping trace").__exit__(None, None, None)

    def _require(self, purpose: str) -> prof.profile:
        if self.profiler is None:
            raise AssertionError(f"Profiler must be initialized before {purpose}")
        return self.profiler

    def export_chrome_trace(self, path: str, use_python_export: bool = False) -> None:
        """Write the last recording as a Chrome trace, compressed when `path` ends in .gz."""
        profiler = self._require("exporting chrome trace")
        if not path.endswith(".gz"):
            return profiler.export_chrome_trace(path, self._trace_metadata)
        with tempfile.TemporaryDirectory() as folder:
            plain = os.path.join(folder, os.path.basename(path).removesuffix(".gz"))
            profiler.export_chrome_trace(plain, self._trace_metadata)
            with open(plain, "rb") as source, gzip.open(path, "wb") as target:
                target.write(source.read())
        return None

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the stacks of the recorded calls with a metric, for flame graph tools."""
        self._require("exporting stacks").export_stacks(path, metric)

    def toggle_collection_dynamic(self, enable: bool, activities: Iterable) -> None:
        """Stop recording for a while, or go on."""
        if self.profiler is not None:
            self.profiler.toggle_collection_dynamic(enable, activities)

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False):
        """The sums over the calls of one name, and, if asked for, of the same shapes and callers."""
        return self._require("getting key averages").key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def events(self):
        """The recorded calls."""
        return self._require("accessing events").function_events

    def add_metadata(self, key: str, value: str) -> None:
        """Put a text into the trace file."""
        self.add_metadata_json(key, '"' + value.replace('"', '\\"') + '"')

    def add_metadata_json(self, key: str, value: str) -> None:
        """Put a JSON value into the trace file."""
        self._trace_metadata[key] = value

    def preset_metadata_json(self, key: str, value: str) -> None:
        """Put a JSON value into the trace files of recordings yet to start."""
        self.preset_metadata[key] = value

    def export_memory_timeline(self, path: str, device: str | None = None) -> None:
        """Would draw memory over time; XLA owns the memory here."""
        raise NotImplementedError("torchlike keeps no memory timeline: XLA allocates; use profile_memory=True, or jax.profiler's memory profile")


class profile(_KinetoProfile):
    """Record the ops that run in a `with` block (torch.profiler.profile).

    With a `schedule`, call `step()` after each iteration: recording goes on and off as it says, and `on_trace_ready(prof)` is called
    when a cycle of recording is complete. Without one everything is recorded. Every kernel is waited for while recording.
    """

    def __init__(
        self, *, activities: Iterable | None = None, schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None, record_shapes: bool = False, profile_memory: bool = False,
        with_stack: bool = False, with_flops: bool = False, with_modules: bool = False,
        experimental_config: ExperimentalConfig | None = None, execution_trace_observer=None, acc_events: bool = False,
        use_cuda: bool | None = None, custom_trace_id_callback: Callable[[], str] | None = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:  # fmt: skip
        if use_cuda is not None:
            warnings.warn("`use_cuda` is deprecated, use `activities` argument instead", FutureWarning, stacklevel=2)
        activities = None if activities is None else list(activities)
        if activities is not None and not any(isinstance(a, ProfilerActivity | dict) for a in activities):
            raise AssertionError("No valid profiler activities found")
        super().__init__(
            activities=activities, record_shapes=record_shapes, profile_memory=profile_memory, with_stack=with_stack,
            with_flops=with_flops, with_modules=with_modules, experimental_config=experimental_config,
            execution_trace_observer=execution_trace_observer, acc_events=acc_events,
            custom_trace_id_callback=custom_trace_id_callback, post_processing_timeout_s=post_processing_timeout_s,
        )  # fmt: skip
        self.schedule = schedule or always
        self.record_steps = schedule is not None
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.step_rec_fn: prof.record_function | None = None
        self.current_action = self._scheduled(0)
        prof.KinetoStepTracker.init_step_count(PROFILER_STEP_NAME)

    def _scheduled(self, step: int) -> ProfilerAction:
        action = self.schedule(step)
        if action is ProfilerAction.DEVICE_STOPPED:
            raise ValueError(
                "ProfilerAction.DEVICE_STOPPED is set internally by the profiler and must not be returned by a user-provided schedule"
            )
        return action

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop()
        prof.KinetoStepTracker.erase_step_count(PROFILER_STEP_NAME)

    def start(self) -> None:
        """Enter the first step."""
        self._begin(self.current_action, fresh=True, ready=False)
        self._open_step()

    def stop(self) -> None:
        """Leave the last step; a recording under way is complete."""
        self._close_step()
        self._end(self.current_action, None)

    def step(self) -> None:
        """Say that the next iteration begins."""
        self._close_step()
        previous, following = self.current_action, self._scheduled(self.step_num + 1)
        self.step_num += 1
        self.current_action = following
        self._end(previous, following)
        over = previous in (ProfilerAction.NONE, ProfilerAction.RECORD_AND_SAVE)
        self._begin(following, fresh=over, ready=previous is ProfilerAction.WARMUP)
        self._open_step()

    def _begin(self, action: ProfilerAction, fresh: bool, ready: bool) -> None:
        """Enter a step: prepare if nothing is under way, and start if this step is recorded and the one before was not."""
        if fresh and action is not ProfilerAction.NONE:
            self.prepare_trace()
        if (fresh or ready) and action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE):
            self.start_trace()

    def _end(self, action: ProfilerAction, following: ProfilerAction | None) -> None:
        """Leave a step for one with another action, or (None) for good."""
        complete = action is ProfilerAction.RECORD_AND_SAVE or (action is ProfilerAction.RECORD and following is None)
        broken = {ProfilerAction.RECORD: (ProfilerAction.NONE, ProfilerAction.WARMUP), ProfilerAction.WARMUP: (ProfilerAction.NONE,)}
        if following in broken.get(action, ()):
            warnings.warn(f"Incorrect schedule: {action.name} followed by {following.name}", stacklevel=3)  # type: ignore[union-attr]
        elif not complete and not (action is ProfilerAction.WARMUP and following is None):
            return
        if action is ProfilerAction.WARMUP:
            self.start_trace()
        self.stop_trace()
        if complete and self.on_trace_ready:
            self.on_trace_ready(self)

    def _open_step(self) -> None:
        if self.record_steps:
            self.step_rec_fn = prof.record_function(f"ProfilerStep#{self.step_num}").__enter__()

    def _close_step(self) -> None:
        if self.step_rec_fn is not None:
            self.step_rec_fn.__exit__(None, None, None)
            self.step_rec_fn = None

    def set_custom_trace_id_callback(self, callback) -> None:
        """Name traces by `callback()` from the next cycle on."""
        self.custom_trace_id_callback = callback

    def get_trace_id(self):
        """The name of the present trace; None before the first."""
        return None if self.profiler is None else self.profiler.trace_id


class ExecutionTraceObserver:
    """Would record a program for replay on other hardware, a format that consists of PyTorch's operators."""

    def __init__(self) -> None:
        raise NotImplementedError("torchlike records no execution traces; torch.profiler.profile gives a table or a Chrome trace")
