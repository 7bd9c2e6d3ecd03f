"""The trie of calls: every pending segment is a walk down it, so a step that was seen before finds its shapes and its programs by look-ups.

A call is a tuple: its plan, then a reference per argument. A reference is the number of an earlier value of the segment (0, 1, ...), of an
array that entered (-1, -2, ...), the type of a Python number, `WORDS` for the seed of a random op, or None. Arrays and numbers
themselves are no part of it: they enter anew each time.
"""

from __future__ import annotations

import itertools
from typing import Any

import jax

_MAX_PLACES = 200_000
_MAX_PROGRAMS = 1000
_SET_UP = 8
_MAX_OPS = 2000
_MAX_BYTES = 8 << 30

# The reference to the next seed (four words) of a random op.
WORDS = "words"


class Place:
    """A place in the trie: the call that led here, how many values there are by then, what may follow, and the programs of segments that
    ended here, by the values they compute. `ends` remembers where known stretches of calls lead (stretch.py)."""

    __slots__ = ("parent", "key", "size", "children", "programs", "seen", "ends", "used", "unrecorded", "crossed", "bytes", "is_full")

    def __init__(self, parent: Place | None, key: tuple, size: int):
        self.parent = parent
        self.key = key
        self.size = size
        self.children: dict[tuple, Place] = {}
        self.programs: dict[tuple, Any] = {}
        self.seen: dict[tuple, int] = {}
        self.ends: dict[tuple, Place] = {}
        self.used = 0
        self.bytes: int = 0 if parent is None else parent.bytes + key[0].bytes
        # Whether a segment that got here has grown past the bounds.
        self.is_full = size > _MAX_OPS or self.bytes > _MAX_BYTES
        # Whether no call up to here needs a gradient; and whether one that does was to follow before.
        self.unrecorded: bool = parent is None or (parent.unrecorded and not key[0].wanted)
        self.crossed = False

    def begins_anew(self, plan) -> bool:
        """Whether a call is the first to need a gradient after many that did not: a model was set up, and is put to use now. A path that comes
        back is no such case."""
        if not plan.wanted or not self.sets_up or self.crossed:
            return False
        self.crossed = True
        return True

    @property
    def sets_up(self) -> bool:
        """Whether the calls up to here look like the making of a model: many, and none needs a gradient."""
        return self.unrecorded and self.size >= _SET_UP

    def grow(self, key: tuple) -> Place:
        """The place after one more call, new."""
        trie.places += 1
        if trie.places > _MAX_PLACES:
            trie.evict()
        found = self.children[key] = Place(self, key, self.size + len(key[0].out_avals))
        return found

    def calls(self, since: Place | None = None) -> list:
        """The calls from the root, or from an earlier place, to here."""
        keys, place = [], self
        while place.parent is not None and place is not since:
            keys.append(place.key)
            place = place.parent
        return keys[::-1]

    def program_for(self, wanted: tuple):
        """A program that computes at least these values; None without."""
        found = self.programs.get(wanted)
        if found is not None:
            return found
        # What the garbage collector has not reached yet makes the difference from one time to the next: rather compute a little more.
        needed = set(wanted)
        return next((p for computed, p in self.programs.items() if needed.issubset(computed)), None)


class Trie:
    """The tries of all devices, bounded: what was used longest ago goes first."""

    def __init__(self):
        self._roots: dict[jax.Device, Place] = {}
        self.places = 0
        self.programs = 0
        self.tick = itertools.count(1).__next__

    def root(self, device: jax.Device) -> Place:
        """Where segments of a device begin."""
        found = self._roots.get(device)
        if found is None:
            found = self._roots[device] = Place(None, (), 0)
        return found

    def add_program(self, place: Place, wanted: tuple, program) -> None:
        """Keep a program."""
        self.programs += 1
        if self.programs > _MAX_PROGRAMS:
            self.evict()
        place.programs[wanted] = program

    def clear(self) -> None:
        """Forget everything."""
        self._roots.clear()
        self.places = self.programs = 0

    def evict(self) -> None:
        """Forget the half of the segments that was used longest ago, and the places that lead to nothing else."""
        order = [place for root in self._roots.values() for place in _below(root)]
        ends = sorted((p for p in order if p.programs or p.seen), key=lambda p: p.used)
        for place in ends[: (len(ends) + 1) // 2]:
            place.programs, place.seen = {}, {}
        for place in reversed(order):
            place.ends = {}
            parent = place.parent
            if parent is not None and not (place.children or place.programs or place.seen):
                parent.children.pop(place.key, None)
        kept = [place for root in self._roots.values() for place in _below(root)]
        self.places, self.programs = len(kept), sum(len(p.programs) for p in kept)


def _below(root: Place) -> list[Place]:
    """A place and all below it, parents first."""
    found = [root]
    for place in found:
        found.extend(place.children.values())
    return found


trie = Trie()
