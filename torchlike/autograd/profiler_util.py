"""What a profile is made of (torch.autograd.profiler_util): events, their averages, and the table."""

from .profiling import table
from .profiling.event_list import EventList
from .profiling.events import FormattedTimesMixin, FunctionEvent, FunctionEventAvg, Interval, Kernel, format_time

_build_table = table.build_table
_format_time = format_time
_format_time_share = table.format_share
_format_memory = table.format_memory

__all__ = ["EventList", "FormattedTimesMixin", "FunctionEvent", "FunctionEventAvg", "Interval", "Kernel"]
