"""EventList: the calls of a profile in order, their nesting, and the sums over them."""

from __future__ import annotations

from .events import FunctionEvent, FunctionEventAvg
from .export import METRICS, write_event_list, write_stacks
from .kinds import DeviceType, RecordScope
from .table import build_table


class EventList(list):
    """A list of FunctionEvents, or of their averages, that can sum itself up and print itself as a table."""

    def __init__(self, *args, use_device=None, profile_memory=False, with_flops=False):
        super().__init__(*args)
        self._use_device = use_device
        self._profile_memory = profile_memory
        self._with_flops = with_flops
        self._tree_built = False

    def _build_tree(self) -> None:
        self._populate_cpu_children()
        self._remove_dup_nodes()
        self._set_backward_stacktraces()
        self._tree_built = True

    def __str__(self):
        return self.table()

    def _populate_cpu_children(self) -> None:
        """An event is the child of the shortest event on its thread that lasts all of its time; partial overlap means nothing."""
        threads: dict[tuple, list[FunctionEvent]] = {}
        for event in self:
            if not event.is_async and event.device_type == DeviceType.CPU:
                threads.setdefault((event.thread, event.node_id), []).append(event)
        for events in threads.values():
            running: list[FunctionEvent] = []
            for event in sorted(events, key=lambda e: (e.time_range.start, -e.time_range.end)):
                while running and (event.time_range.start >= running[-1].time_range.end or event.time_range.end > running[-1].time_range.end):
                    running.pop()
                if running:
                    if event.cpu_parent is not None:
                        raise AssertionError(f"There is already a CPU parent event for {event.key}")
                    running[-1].append_cpu_child(event)
                    event.set_cpu_parent(running[-1])
                running.append(event)

    def _remove_dup_nodes(self) -> None:
        """A call that does nothing but make a call of its own name counts once."""
        repeated = set()
        for event in reversed(self):
            parent = event.cpu_parent
            if parent is None or parent.name != event.name or len(parent.cpu_children) != 1:
                continue
            parent.cpu_children, parent.kernels = event.cpu_children, event.kernels
            for child in event.cpu_children:
                child.cpu_parent = parent
            repeated.add(id(event))
        if repeated:
            self[:] = [event for event in self if id(event) not in repeated]

    def _set_backward_stacktraces(self) -> None:
        """What runs in a backward node gets the stack of the forward call that made the node."""
        forward: dict[tuple, list] = {}
        inside = [(event, _backward_node(event)) for event in self]
        for event, node in inside:
            if node is None and event.stack is not None:
                forward.setdefault((event.sequence_nr, event.thread), event.stack)
        for event, node in inside:
            if node is not None:
                event.stack = forward.get((node.sequence_nr, node.fwd_thread), [])

    @property
    def self_cpu_time_total(self):
        """The time of all events without what is counted twice, in microseconds."""
        return sum(event.self_cpu_time_total for event in self)

    def table(
        self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55, max_shapes_column_width=80, header=None,
        top_level_events_only=False, time_unit=None,
    ) -> str:  # fmt: skip
        """The events as a table of text.

        `sort_by` names an attribute ("cpu_time_total", "self_cpu_time_total", "count", "cpu_memory_usage", ...), largest first;
        `row_limit` -1 shows all; `time_unit` is "s", "ms", "us" or None for what suits each number.
        """
        return build_table(
            self, sort_by, header, row_limit, max_src_column_width, max_name_column_width, max_shapes_column_width, self._with_flops,
            self._profile_memory, top_level_events_only, time_unit,
        )  # fmt: skip

    def export_chrome_trace(self, path) -> None:
        """Write the events as a list of Chrome trace events."""
        write_event_list(self, path)

    def supported_export_stacks_metrics(self) -> list[str]:
        """The metrics `export_stacks` knows."""
        return list(METRICS)

    def export_stacks(self, path: str, metric: str) -> None:
        """Write one line per event with a stack, in the format of flame graph tools: frames, outermost first, then the metric."""
        write_stacks(self, path, metric)

    def key_averages(self, group_by_input_shapes=False, group_by_stack_n=0, group_by_overload_name=False) -> EventList:
        """The sums over the calls of one name, and, if asked for, of the same shapes and callers."""
        if not self._tree_built:
            raise AssertionError("Expected tree to be built before calling key_averages")
        sums: dict[tuple, FunctionEventAvg] = {}
        for event in self:
            key = (event.key, event.node_id, event.device_type, event.is_legacy, event.is_user_annotation)
            key += (event.overload_name,) if group_by_overload_name else ()
            key += (str(event.input_shapes),) if group_by_input_shapes else ()
            key += tuple((event.stack or ())[:group_by_stack_n])
            sums.setdefault(key, FunctionEventAvg()).add(event)
        averages = EventList(
            sums.values(), use_device=self._use_device, profile_memory=self._profile_memory, with_flops=self._with_flops
        )
        for average in averages:
            average.stack = (average.stack or [])[:group_by_stack_n]
            average.input_shapes = average.input_shapes if group_by_input_shapes else ""
            average.overload_name = average.overload_name if group_by_overload_name else ""
        return averages

    def total_average(self) -> FunctionEventAvg:
        """One sum over all events, with the key "Total"."""
        total = FunctionEventAvg()
        for event in self:
            total += event
            total.key = None
        total.key = "Total"
        return total


def _backward_node(event: FunctionEvent | None) -> FunctionEvent | None:
    while event is not None and event.scope != RecordScope.BACKWARD_FUNCTION.value:
        event = event.cpu_parent
    return event
