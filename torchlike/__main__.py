"""`python -m torchlike script.py [args]` and `python -m torchlike -m module [args]`: run an unmodified PyTorch program.
`python -m torchlike --check script.py ...`: say which of the names it uses are not here, without running it."""

from __future__ import annotations

import os
import runpy
import sys

USAGE = """usage: python -m torchlike SCRIPT.py [args]
       python -m torchlike -m MODULE [args]
       python -m torchlike --check PROGRAM.py [MORE.py ...]

Runs a PyTorch program with `torch` resolved to torchlike, or lists the names of torch that programs use and torchlike lacks."""


def main(argv: list[str]) -> int:
    """Run the program named on the command line; returns an exit status for bad usage."""
    if not argv or argv[0] in ("-h", "--help") or argv in (["-m"], ["--check"]):
        print(USAGE, file=sys.stdout if argv and argv[0] in ("-h", "--help") else sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    if argv[0] == "--check":
        from .check import check_files

        return check_files(argv[1:])
    from . import alias

    alias.install()
    if argv[0] == "-m":
        sys.argv = argv[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
        return 0
    if not os.path.exists(argv[0]):
        print(f"python -m torchlike: can't open file '{argv[0]}'", file=sys.stderr)
        return 2
    sys.argv = argv
    program = os.path.abspath(argv[0])
    sys.path[0] = os.path.dirname(program)
    runpy.run_path(program, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
