"""How an op runs on values. This package knows no Tensor and no tape; the layers above know not how or when a value is computed.

`executor` is the seam: anything with `run(plan, values)` and `force(value)` can take its place.
"""

from .aval import SCALAR_AVALS, Aval, aval_of
from .immediate import Immediate
from .kernels import traced_count
from .lifted import Lifted, newest_level
from .plan import Plan

executor = Immediate()

__all__ = ["SCALAR_AVALS", "Aval", "Immediate", "Lifted", "Plan", "aval_of", "executor", "newest_level", "traced_count"]
