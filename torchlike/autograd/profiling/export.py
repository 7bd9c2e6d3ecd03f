"""Files for other tools: Chrome traces (chrome://tracing, Perfetto, TensorBoard) and stacks for flame graphs."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

METRICS = ("self_cpu_time_total", "self_cuda_time_total", "self_xpu_time_total", "self_privateuse1_time_total")
_FRAME_BREAKERS = str.maketrans(" ;\t\n", "____")


def write_event_list(events, path) -> None:
    """Write FunctionEvents as a bare list of Chrome trace events."""
    found = [
        {
            "name": e.trace_name, "ph": "X", "ts": e.time_range.start, "dur": e.time_range.elapsed_us(),
            "tid": f" node_id:{e.node_id}, thread_id:{e.thread} " if e.is_remote else e.thread, "pid": "CPU functions", "args": {},
        }
        for e in events
        if e.trace_name is not None
    ]  # fmt: skip
    with open(path, "w") as file:
        json.dump(found, file)


def write_stacks(events, path: str, metric: str) -> None:
    """Write `outer;inner;... value` for every event with a stack and a value of at least one."""
    if metric not in METRICS:
        raise ValueError(f"metric should be one of: {list(METRICS)}")
    attribute = metric.replace("cuda", "device").replace("xpu", "device").replace("privateuse1", "device")
    with open(path, "w") as file:
        for event in events:
            value = int(getattr(event, attribute))
            if event.stack and value > 0:
                frames = ";".join(frame.translate(_FRAME_BREAKERS) for frame in reversed(event.stack))
                file.write(f"{frames} {value}\n")


def write_trace(path: str, spans: list, base_ns: int, end_ns: int, header: dict[str, Any]) -> None:
    """Write what a Recorder saw as a Chrome trace. Times count from `base_ns`, the wall clock when the profile began."""
    pid = os.getpid()
    where = {"pid": pid, "tid": pid}
    events: list[dict] = [
        {"ph": "M", "name": "process_name", "ts": 0.0, "pid": pid, "tid": 0, "args": {"name": "python"}},
        {"ph": "M", "name": "process_labels", "ts": 0.0, "pid": pid, "tid": 0, "args": {"labels": "CPU"}},
        {"ph": "M", "name": "thread_name", "ts": 0.0, **where, "args": {"name": f"thread {pid} (python)"}},
    ]
    forward: dict[int, dict] = {}
    for index, span in enumerate(spans):
        start = span.start / 1000
        events.append({
            "ph": "X", "cat": span.kind, "name": span.name, **where, "ts": start, "dur": (span.end - span.start) / 1000,
            "args": _arguments(span, index),
        })  # fmt: skip
        arrow = {**where, "ts": start, "cat": "fwdbwd", "name": "fwdbwd"}
        if span.is_forward:
            forward[span.sequence] = arrow
        elif span.is_node and span.sequence in forward:
            events.append({"ph": "s", "id": span.sequence, **forward.pop(span.sequence)})
            events.append({"ph": "f", "id": span.sequence, "bp": "e", **arrow})
    events.append({"ph": "i", "s": "g", "name": "Record Window End", "pid": "", "tid": "", "ts": end_ns / 1000})
    trace = {
        "schemaVersion": 1, "deviceProperties": [], **header, "host_name": socket.gethostname(), "displayTimeUnit": "ms",
        "baseTimeNanoseconds": base_ns, "traceEvents": events, "traceName": path,
    }  # fmt: skip
    with open(path, "w") as file:
        json.dump(trace, file, indent=1)


def _arguments(span, index: int) -> dict[str, Any]:
    found: dict[str, Any] = {"External id": index + 1, "Record function id": 0}
    if span.sequence >= 0:
        found.update({"Sequence number": span.sequence, "Fwd thread id": span.fwd_thread})
    if span.shapes:
        found["Concrete Inputs"] = ["" if x is None else str(x) for x in span.inputs]
        found.update({"Input type": span.dtypes, "Input Dims": span.shapes})
    if span.stack:
        found["Call stack"] = ";".join(reversed(span.stack))
    return {**found, "Ev Idx": index}
