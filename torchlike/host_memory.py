"""The C library's allocator, told to keep what a step frees for the next one.

A compiled step takes its scratch memory in one piece, tens of MiB, and gives it back at its end. The GNU C library hands such a piece back to
the system and asks for a new one in the next step, whose every page is then faulted in and zeroed: 14 000 faults and a third of the time of a
small GPT's step on a CPU. Larger pieces still go back at once: what is kept gets split, so that a process may hold a few times as much. What
one of XLA's threads frees, in an arena of its own, the library may give back all the same: about one process in ten still faults.
"""

from __future__ import annotations

import ctypes
import os
import sys

_KEPT_BYTES = 128 << 20
# From malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_USERS_OWN = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")


def keep_freed() -> bool:
    """Set up the allocator; whether it was. Not where the user has done so by the environment, with `TORCHLIKE_MALLOC=off`, or with another C
    library."""
    if sys.platform != "linux" or os.environ.get("TORCHLIKE_MALLOC") == "off" or any(name in os.environ for name in _USERS_OWN):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    # The number of arenas stays as it is: with a single one, threads wait for each other, and small steps take up to twice as long.
    options = ((_M_MMAP_THRESHOLD, _KEPT_BYTES), (_M_TRIM_THRESHOLD, 4 * _KEPT_BYTES))
    return all(set_option(name, value) for name, value in options)
