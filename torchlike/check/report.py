"""Checks files and prints what was found."""

from __future__ import annotations

import sys
from pathlib import Path

from .resolve import method_problem, problem
from .uses import find_uses


def check_files(paths: list[str]) -> int:
    """Print the names of torch that each program uses and torchlike lacks, by line. The exit status: 1 if there are any, 2 for a file
    that cannot be read or parsed, else 0."""
    statuses = [_check(path) for path in paths]
    return max(statuses, default=0)


def _check(path: str) -> int:
    try:
        uses = find_uses(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    names = sorted(set(uses.names), key=lambda use: (use.line, use.name))
    wrong = [(use.line, text) for use in names if (text := problem(use.name)) is not None]
    hints = [(use.line, f"hint: {text}") for use in sorted(set(uses.methods)) if (text := method_problem(use.name)) is not None]
    for line, text in sorted([*dict.fromkeys(wrong), *hints]):
        print(f"{path}:{line}: {text}")
    count, lacking = len({use.name for use in names}), len({text for _, text in wrong})
    print(f"{path}: uses {count} name{'s' * (count != 1)} of torch, " + (f"{lacking} of them not here" if lacking else "all of them here"))
    return 1 if wrong else 0
