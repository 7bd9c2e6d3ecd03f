"""The masked functions under the path that PyTorch's own examples and tests know (torch.masked._ops)."""

from __future__ import annotations

from ..ops.dims import canonical_dims
from ..ops.masked import (
    amax,
    amin,
    argmax,
    argmin,
    cumprod,
    cumsum,
    input_mask,
    log_softmax,
    logaddexp,
    logsumexp,
    mean,
    median,
    norm,
    normalize,
    output_mask,
    prod,
    softmax,
    softmin,
    std,
    sum,
    var,
)

# PyTorch's tests of masked functions know these by their private names.
_input_mask, _output_mask, _canonical_dim = input_mask, output_mask, canonical_dims
del input_mask, output_mask, canonical_dims

__all__ = ["amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median", "norm",
           "normalize", "prod", "softmax", "softmin", "std", "sum", "var"]
