"""What deterministic mode does to new memory (torch.utils.deterministic)."""

import sys
import types

from ..core.determinism import flags


class _Switches(types.ModuleType):
    @property
    def fill_uninitialized_memory(self) -> bool:
        """Whether `empty` and the like give NaN or the largest integer, and not zeros, while deterministic algorithms are asked for."""
        return flags["fill"]

    @fill_uninitialized_memory.setter
    def fill_uninitialized_memory(self, mode: bool) -> None:
        if type(mode) is not bool:
            raise RuntimeError(f"expected a bool, but got {type(mode).__name__}")
        flags["fill"] = mode


sys.modules[__name__].__class__ = _Switches
