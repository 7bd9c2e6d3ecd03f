"""oneDNN (torch.backends.mkldnn): not used here; its switches are kept."""

import sys as _sys

from .switches import Precision as _Precision
from .switches import set_switches as _set
from .switches import switched as _switched

enabled = False
deterministic = False
allow_tf32 = True
fp32_precision = "none"
matmul, conv, rnn = _Precision(), _Precision(), _Precision()
VERBOSE_OFF, VERBOSE_ON, VERBOSE_ON_CREATION = 0, 1, 2


def is_available() -> bool:
    """False: XLA compiles for the CPU."""
    return False


def is_acl_available() -> bool:
    """False."""
    return False


class verbose:
    """A block in which oneDNN would report what it runs; nothing runs in it (torch.backends.mkldnn.verbose)."""

    def __init__(self, level: int):
        self.level = level

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


def set_flags(_enabled=None, _deterministic=None, _allow_tf32=None, _fp32_precision="none") -> tuple:
    """Set the switches that are given; returns what all were."""
    return _set(_sys.modules[__name__], {"enabled": _enabled, "deterministic": _deterministic, "allow_tf32": _allow_tf32,
                                         "fp32_precision": _fp32_precision})


def flags(enabled=False, deterministic=False, allow_tf32=True, fp32_precision="none"):
    """The block in which the switches have these values."""
    return _switched(_sys.modules[__name__], {"enabled": enabled, "deterministic": deterministic, "allow_tf32": allow_tf32,
                                              "fp32_precision": fp32_precision})
