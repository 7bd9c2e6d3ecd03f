"""`torch.ops.aten`'s kernels that no user calls by name: backward passes, and forwards with the arguments of PyTorch's C++.

Graphs that PyTorch records or decomposes are made of these. Backward passes are products with the Jacobian of the function itself, save where
PyTorch hands over what the forward pass saved.
"""

from __future__ import annotations

from .. import linalg, special
from ..ops.kernels_by_name import KERNELS
from ..ops.overloads import more_functions
from . import activation, layers, loss, placing, pool, resample

for _chapter in (activation, layers, loss, placing, pool, resample):
    KERNELS.update(_chapter.KERNELS)
for _module, _prefix in ((linalg, "linalg"), (special, "special")):
    more_functions.update({f"{_prefix}_{name}": value for name, value in vars(_module).items() if callable(value) and not name.startswith("_")})
