"""What a recording leaves behind: FunctionEvents to look at, and a trace to save."""

from __future__ import annotations

from .event_list import EventList
from .events import FunctionEvent
from .export import write_trace
from .recorder import Recorder, Span

_THREAD = 1


class Result:
    """The calls a Recorder saw, with the device they are to be accounted to (None: the CPU alone)."""

    def __init__(self, recorder: Recorder, use_device: str | None, trace_id: str):
        self.recorder = recorder
        self.use_device = use_device
        self.trace_id = trace_id

    def events(self) -> EventList:
        """The calls as FunctionEvents, in the order in which they began, with their nesting."""
        recorder = self.recorder
        found = EventList(
            [self._event(span, i + 1) for i, span in enumerate(recorder.spans)],
            use_device=self.use_device, profile_memory=recorder.memory, with_flops=recorder.with_flops,
        )  # fmt: skip
        found.sort(key=lambda e: (e.time_range.start, -e.time_range.end))
        found._build_tree()
        return found

    def _event(self, span: Span, number: int) -> FunctionEvent:
        event = FunctionEvent(
            id=number, name="ProfilerStep*" if span.name.startswith("ProfilerStep#") else span.name, trace_name=span.name,
            overload_name="", thread=_THREAD, start_us=span.start / 1000, end_us=span.end / 1000, fwd_thread=span.fwd_thread,
            input_shapes=span.shapes, concrete_inputs=span.inputs, kwinputs={}, stack=span.stack, scope=span.scope,
            use_device=self.use_device, cpu_memory_usage=0 if span.on_device else span.nbytes,
            device_memory_usage=span.nbytes if span.on_device else 0, sequence_nr=span.sequence, flops=span.flops,
            is_user_annotation=span.kind == "user_annotation", activity_type=span.kind, external_id=number,
            structured_input_shapes=span.structured, input_dtypes=span.dtypes,
        )  # fmt: skip
        if span.on_device and self.use_device:
            # A kernel is waited for, so its time on the host is its time on the device with the launch.
            event.append_kernel(event.name, 0, (span.end - span.start) / 1000)
        return event

    def save(self, path: str, metadata: dict[str, str] | None = None) -> None:
        """Write a Chrome trace; `metadata` maps names to JSON texts."""
        import json

        recorder = self.recorder
        header = {"trace_id": self.trace_id, **{k: json.loads(v) for k, v in (metadata or {}).items()}}
        write_trace(path, recorder.spans, recorder.wall_origin, recorder.end, header)
