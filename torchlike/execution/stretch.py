"""A stretch of calls that can be appended again at one go: what a backward pass, or a compiled function, appended when it was first run.

Its calls refer to each other by number and to what enters by position, so it fits anywhere in the trie.
"""

from __future__ import annotations

from typing import Any

from .pending import Pending
from .trie import Place


class Stretch:
    """Calls whose references are numbers within the stretch, or -1, -2, ... for its first, second, ... input. `results` says per result which
    value it is (an input likewise; None for None). `note` is whatever its maker wants to find again."""

    __slots__ = ("calls", "size", "results", "note", "_made")

    def __init__(self, calls: list, results: tuple, note: Any = None):
        self.calls = calls
        self.results = results
        self.note = note
        avals = [aval for call in calls for aval in call[0].out_avals]
        self.size = len(avals)
        self._made = [(i, avals[i]) for i in sorted({r for r in results if r is not None and r >= 0})]

    def end(self, place: Place, refs: tuple) -> Place:
        """Where the stretch leads from a place, its inputs being those references there."""
        key = (self, refs)
        found = place.ends.get(key)
        if found is None:
            found = place
            for call in self.calls:
                moved = (call[0], *[_moved(ref, place.size, refs) for ref in call[1:]])
                found = found.children.get(moved) or found.grow(moved)
            place.ends[key] = found
        return found

    def append(self, segment, refs: tuple, inputs: list) -> list:
        """Append to a segment; returns the results. The numbers and seeds that enter are the caller's business."""
        base = segment.place.size
        segment.place = self.end(segment.place, refs)
        values: list = [None] * self.size
        for i, aval in self._made:
            values[i] = Pending(segment, base + i, aval)
        segment.outputs += values
        return [None if r is None else values[r] if r >= 0 else inputs[~r] for r in self.results]


def _moved(ref, base: int, refs: tuple):
    if ref.__class__ is not int:
        return ref
    return base + ref if ref >= 0 else refs[~ref]


def relative(calls: list, base: int, refs: list) -> list | None:
    """Calls of a segment as those of a stretch with these inputs, which began when there were `base` values; None if they read anything else."""
    inputs = {ref: ~k for k, ref in reversed(list(enumerate(refs)))}
    found = []
    for call in calls:
        moved = [call[0]]
        for ref in call[1:]:
            if ref.__class__ is int:
                ref = ref - base if ref >= base else inputs.get(ref)
                if ref is None:
                    return None
            moved.append(ref)
        found.append(tuple(moved))
    return found
