"""cuDNN's switches (torch.backends.cudnn), accepted: XLA picks and tunes convolutions itself."""

import sys as _sys

from ..core.device import has_platform as _has
from .switches import Precision as _Precision
from .switches import set_switches as _set
from .switches import switched as _switched

enabled = True
benchmark = False
benchmark_limit = None
deterministic = False
allow_tf32 = True
fp32_precision = "none"
conv, rnn = _Precision("tf32"), _Precision("tf32")


def is_available() -> bool:
    """Whether there is a GPU whose convolutions go through cuDNN."""
    return _has("cuda")


def version():
    """XLA's cuDNN version is not exposed: None."""
    return None


def is_acceptable(tensor) -> bool:
    """Whether cuDNN could compute with a Tensor."""
    return is_available() and tensor.is_cuda and tensor.is_floating_point() and enabled


def set_flags(_enabled=None, _benchmark=None, _benchmark_limit=None, _deterministic=None, _allow_tf32=None, _fp32_precision="none") -> tuple:
    """Set the switches that are given; returns what all were."""
    return _set(_sys.modules[__name__], {"enabled": _enabled, "benchmark": _benchmark, "benchmark_limit": _benchmark_limit,
                                         "deterministic": _deterministic, "allow_tf32": _allow_tf32, "fp32_precision": _fp32_precision})


def flags(enabled=False, benchmark=False, benchmark_limit=10, deterministic=False, allow_tf32=True, fp32_precision="none"):
    """The block in which the switches have these values."""
    return _switched(_sys.modules[__name__], {"enabled": enabled, "benchmark": benchmark, "benchmark_limit": benchmark_limit,
                                              "deterministic": deterministic, "allow_tf32": allow_tf32, "fp32_precision": fp32_precision})
