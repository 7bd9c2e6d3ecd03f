"""The older place of `torch.func.functional_call` (torch.nn.utils.stateless)."""

from __future__ import annotations

from warnings import warn

from ...func.stateless import functional_call as _functional_call
from ..module import Module

__all__ = ["functional_call"]


def functional_call(module: Module, parameters_and_buffers: dict, args=None, kwargs=None, *, tie_weights: bool = True, strict: bool = False):
    """Call the module with other parameters and buffers in place of its own; deprecated in favour of torch.func.functional_call."""
    warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future version of PyTorch. "
        "Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return _functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)
