"""Timing of pieces of code and comparing the times (torch.utils.benchmark)."""

from .compare import Colorize, Compare
from .measurement import Measurement
from .task import TaskSpec
from .timer import Language, Timer, timer
from .units import ordered_unique, select_unit, trim_sigfig, unit_to_english

__all__ = ["Colorize", "Compare", "Language", "Measurement", "TaskSpec", "Timer", "ordered_unique", "select_unit", "timer", "trim_sigfig",
           "unit_to_english"]
