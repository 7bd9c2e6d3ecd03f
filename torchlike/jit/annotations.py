"""Types for TorchScript (torch.jit.annotations): they can be written in annotations, which nobody reads here."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple, Union  # noqa: F401, UP035


class _BroadcastingList:
    """`BroadcastingList2[int]`: two ints, or one that stands for both."""

    def __getitem__(self, kind) -> Any:
        return kind | list[kind]


BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = BroadcastingList4 = BroadcastingList5 = BroadcastingList6 = _BroadcastingList()

__all__ = [f"BroadcastingList{n}" for n in range(1, 7)]
