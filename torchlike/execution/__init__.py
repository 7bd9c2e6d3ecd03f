"""How an op runs on values. This package knows no Tensor and no tape; the layers above know not how or when a value is computed.

`executor` is the seam: anything with `run(plan, values)` and `force(value)` can take its place.
"""

from .aval import SCALAR_AVALS, Aval, aval_of
from .executor import Executor, executor
from .immediate import Immediate
from .kernels import traced_count
from .lifted import Lifted, newest_level
from .meta import META, Meta
from .pending import Pending
from .placement import placed
from .plan import Plan

__all__ = ["META", "SCALAR_AVALS", "Aval", "Executor", "Immediate", "Lifted", "Meta", "Pending", "Plan", "aval_of", "executor", "newest_level",
           "placed", "traced_count"]
