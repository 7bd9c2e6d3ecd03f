"""`torchlike.masked`: PyTorch's names for the masked reductions declared in `ops/`. There are no MaskedTensors."""

from __future__ import annotations

from . import _ops
from ._ops import (
    _canonical_dim,
    _input_mask,
    _output_mask,
    amax,
    amin,
    argmax,
    argmin,
    cumprod,
    cumsum,
    log_softmax,
    logaddexp,
    logsumexp,
    mean,
    median,
    norm,
    normalize,
    prod,
    softmax,
    softmin,
    std,
    sum,
    var,
)

_REFUSAL = "torchlike has no MaskedTensor; keep a tensor and its mask apart and hand both to the functions of torch.masked"


class MaskedTensor:
    """Refused: a tensor with its mask as one object (torch.masked.MaskedTensor)."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(_REFUSAL)


def masked_tensor(data, mask, requires_grad=False):
    """Refused (torch.masked.masked_tensor)."""
    raise NotImplementedError(_REFUSAL)


def as_masked_tensor(data, mask):
    """Refused (torch.masked.as_masked_tensor)."""
    raise NotImplementedError(_REFUSAL)


def is_masked_tensor(obj):
    """Whether `obj` is a MaskedTensor: no (torch.masked.is_masked_tensor)."""
    return isinstance(obj, MaskedTensor)


__all__ = ["MaskedTensor", "amax", "amin", "argmax", "argmin", "as_masked_tensor", "cumprod", "cumsum", "is_masked_tensor", "log_softmax",
           "logaddexp", "logsumexp", "masked_tensor", "mean", "median", "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var"]
