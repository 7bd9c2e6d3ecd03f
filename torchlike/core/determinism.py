"""Deterministic mode: what was asked for, the alert of ops that PyTorch cannot do deterministically, and what new memory holds under it."""

from __future__ import annotations

import warnings

import numpy as np

flags = {"enabled": False, "warn_only": False, "fill": True}


def alert(name: str) -> None:
    """RuntimeError, or a warning where only warnings were asked for, if deterministic mode is on: PyTorch's `name` has no such version."""
    if not flags["enabled"]:
        return
    asked = f"{name} does not have a deterministic implementation, but you set 'torch.use_deterministic_algorithms(True"
    filing = ("file an issue at https://github.com/pytorch/pytorch/issues to help us prioritize adding deterministic support for this "
              "operation.")
    if flags["warn_only"]:
        warnings.warn(f"{asked}, warn_only=True)'. You can {filing}", UserWarning, stacklevel=3)
        return
    raise RuntimeError(f"{asked})'. You can turn off determinism just for this operation, or you can use the 'warn_only=True' option, if "
                       f"that's acceptable for your application. You can also {filing}")


def unset(dtype: np.dtype):
    """What memory that nobody has written holds: zero; in deterministic mode NaN, or the largest integer, so that a read stands out."""
    if not (flags["enabled"] and flags["fill"]):
        return 0
    if dtype.kind == "b":
        return True
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else float("nan")
