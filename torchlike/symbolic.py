"""Arithmetic on sizes that PyTorch's compiler may not know yet (torch.sym_*); shapes are known here, so it is Python's."""

from __future__ import annotations

import builtins
import math


class SymInt:
    """A size that is not known yet (torch.SymInt); there are none here, and nothing is an instance."""


class SymFloat(SymInt):
    """A number that is not known yet (torch.SymFloat)."""


class SymBool(SymInt):
    """A condition that is not known yet (torch.SymBool)."""


def sym_int(a) -> int:
    """`int(a)`."""
    return int(a)


def sym_float(a) -> float:
    """`float(a)`."""
    return float(a)


def sym_not(a) -> bool:
    """`not a`."""
    return not a


def sym_max(a, b):
    """The larger, a float if either is."""
    larger = builtins.max(a, b)
    return float(larger) if isinstance(a, float) or isinstance(b, float) else larger


def sym_min(a, b):
    """The smaller, a float if either is."""
    smaller = builtins.min(a, b)
    return float(smaller) if isinstance(a, float) or isinstance(b, float) else smaller


def sym_sqrt(a) -> float:
    """The square root."""
    return math.sqrt(a)


def sym_sum(args):
    """The sum."""
    return builtins.sum(args)


def sym_ite(b, t, f):
    """`t if b else f`."""
    return t if b else f


NAMES = ("SymInt", "SymFloat", "SymBool", "sym_int", "sym_float", "sym_not", "sym_max", "sym_min", "sym_sqrt", "sym_sum", "sym_ite")
