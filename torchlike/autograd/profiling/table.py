"""The summary of a profile as a table of text, in PyTorch's layout: a right-aligned column per quantity, two spaces between."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from .events import format_time
from .kinds import DeviceType

_WIDTH = 12
_UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_FLOPS = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")


class Column(NamedTuple):
    """A heading, its width, and what it shows of an event."""

    heading: str
    width: int
    show: Callable[[Any], Any]
    align: str = ">"


def format_share(part, whole) -> str:
    """A percentage; NaN of nothing."""
    if whole == 0:
        if part != 0:
            raise AssertionError(f"Expected time_us == 0 but got {part}")
        return "NaN"
    return f"{part * 100.0 / whole:.2f}%"


def format_memory(nbytes) -> str:
    """A number of bytes with the unit that suits it."""
    for unit, size in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if abs(nbytes) >= size:
            return f"{nbytes / size:.2f} {unit}"
    return f"{nbytes} B"


def _device_times(events) -> Any:
    """What counts for the device total: kernels noted on CPU events, and events of the device itself."""
    return sum(
        e.self_device_time_total
        for e in events
        if (e.is_legacy if e.device_type == DeviceType.CPU else not e.is_user_annotation)
    )


def _clipped(text: str, width: int | None) -> str:
    return text[: width - 3] + "..." if width is not None and len(text) >= width - 3 else text


def _tail(path: str, width: int) -> str:
    if len(path) <= width:
        return path
    path = path[len(path) - width :]
    return "..." + path[3:] if len(path) > 3 else path


def _fitting(texts, limit: int | None) -> int:
    width = max(len(t) for t in texts) + 4
    return width if limit is None else min(width, limit)


def _cpu_columns(events, time: Callable) -> list[Column]:
    whole = sum(e.self_cpu_time_total for e in events)
    return [
        Column("Self CPU %", _WIDTH, lambda e: format_share(e.self_cpu_time_total, whole)),
        Column("Self CPU", _WIDTH, lambda e: time(e.self_cpu_time_total)),
        Column("CPU total %", _WIDTH, lambda e: 0 if e.is_async else format_share(e.cpu_time_total, whole)),
        Column("CPU total", _WIDTH, lambda e: time(e.cpu_time_total)),
        Column("CPU time avg", _WIDTH, lambda e: time(e.cpu_time)),
    ]


def _device_columns(device: str, whole, time: Callable) -> list[Column]:
    return [
        Column(f"Self {device}", _WIDTH, lambda e: time(e.self_device_time_total)),
        Column(f"Self {device} %", _WIDTH, lambda e: format_share(e.self_device_time_total, whole)),
        Column(f"{device} total", _WIDTH, lambda e: time(e.device_time_total)),
        Column(f"{device} time avg", _WIDTH, lambda e: time(e.device_time)),
    ]


def _memory_columns(label: str, prefix: str) -> list[Column]:
    return [
        Column(f"{label} Mem", _WIDTH, lambda e: format_memory(getattr(e, f"{prefix}_memory_usage"))),
        Column(f"Self {label} Mem", _WIDTH, lambda e: format_memory(getattr(e, f"self_{prefix}_memory_usage"))),
    ]


def _flops_column(events) -> list[Column]:
    counted = [e.flops for e in events if e.flops and e.flops > 0]
    if not counted:
        return []
    unit = int(max(0, min(math.log10(min(counted)) / 3, len(_FLOPS) - 1)))
    return [Column(f"Total {_FLOPS[unit]}", _WIDTH, lambda e: f"{e.flops / 1000**unit:8.3f}" if e.flops and e.flops > 0 else "--")]


def _source_column(events, limit: int | None) -> list[Column]:
    stacks = [e.stack for e in events if e.stack]
    if not stacks:
        return []
    width = _fitting([entry for stack in stacks for entry in stack], limit)
    return [Column("Source Location", width, lambda e: _tail(e.stack[0], width) if e.stack else "", "<")]


def build_table(
    events, sort_by=None, header=None, row_limit=100, max_src_column_width=75, max_name_column_width=55, max_shapes_column_width=80,
    with_flops=False, profile_memory=False, top_level_events_only=False, time_unit=None,
) -> str:  # fmt: skip
    """The table of events or of averages; the empty string when there are none."""
    if not len(events):
        return ""
    device = events[0].use_device
    has_device_time = any(e.self_device_time_total > 0 for e in events)
    if not device and has_device_time:
        raise RuntimeError("use_device is None, but there is device performance data.")
    if sort_by is not None:
        attribute = sort_by.replace("cuda", "device").replace("xpu", "device").replace("privateuse1", "device")
        events = sorted(events, key=lambda e: getattr(e, attribute), reverse=True)

    def time(us):
        return f"{us / _UNITS[time_unit]:.3f}{time_unit}" if time_unit in _UNITS else format_time(us)

    label = device.upper() if device is not None else "None"
    name_width = _fitting([e.key for e in events], max_name_column_width)
    columns = [Column("Name", name_width, lambda e: _clipped(e.key, max_name_column_width))]
    if any(e.overload_name for e in events):
        columns.append(Column("Overload Name", name_width, lambda e: _clipped(e.overload_name, max_name_column_width)))
    columns += _cpu_columns(events, time)
    if has_device_time:
        columns += _device_columns(label, _device_times(events), time)
    if profile_memory:
        columns += _memory_columns("CPU", "cpu")
        if device and any(e.self_device_memory_usage > 0 for e in events):
            columns += _memory_columns(label, "device")
    columns.append(Column("# of Calls", _WIDTH, lambda e: e.count))
    if any(e.node_id != -1 for e in events):
        columns.append(Column("Node ID", _WIDTH, lambda e: e.node_id))
    if any(e.input_shapes for e in events):
        width = _fitting([str(e.input_shapes) for e in events], max_shapes_column_width)
        columns.append(Column("Input Shapes", width, lambda e: str(e.input_shapes)[:width]))
    source = _source_column(events, max_src_column_width)
    flops = _flops_column(events) if with_flops else []
    shown = [e for e in events if not (top_level_events_only and e.cpu_parent is not None)]
    lines = _lines(shown if row_limit < 0 else shown[:row_limit], columns, source, flops, header, top_level_events_only)
    lines.append(f"Self CPU time total: {time(sum(e.self_cpu_time_total for e in events))}")
    if has_device_time:
        lines.append(f"Self {label} time total: {time(_device_times(events))}")
    return "\n".join(lines) + "\n"


def _lines(shown, columns: list[Column], source: list[Column], flops: list[Column], header, top_level: bool) -> list[str]:
    columns = [*columns, *flops, *source]
    row = "".join(f"{{: {c.align}{c.width}}}  " for c in columns)
    rule = "".join("-" * c.width + "  " for c in columns)
    double_rule = "=" * (len(rule) - 2)
    lines = []
    if header is not None:
        lines += [double_rule, header]
    if top_level:
        lines += [double_rule, "This report only display top-level ops statistics"]
    lines += [rule, row.format(*(c.heading for c in columns)), rule]
    blank = [""] * (len(columns) - 1)
    for event in shown:
        lines.append(row.format(*(c.show(event) for c in columns)))
        if source:
            lines += [row.format(*blank, _tail(entry, source[0].width)) for entry in event.stack[1:]]
            lines.append(row.format(*blank, ""))
    return [*lines, rule]
