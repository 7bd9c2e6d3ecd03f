"""`python -m torchlike --check`: which of PyTorch's names a program uses, and which of them torchlike lacks. Runs nothing of the program."""

from .report import check_files

__all__ = ["check_files"]
