"""Where torchlike is known to differ from PyTorch's table of ops: (entry, level) and why. An entry that passes must leave this list."""

from __future__ import annotations

GAPS: dict[tuple[str, str], str] = {}
