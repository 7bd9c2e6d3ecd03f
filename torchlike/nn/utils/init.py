"""Making modules whose parameters are to be filled by somebody else."""

from __future__ import annotations

import inspect

from ...core.random import get_rng_state, set_rng_state
from ..module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: type[Module], *args, **kwargs) -> Module:
    """A module whose parameters and buffers are not to be relied on, for those who fill them at once (torch.nn.utils.skip_init).

    No random numbers are drawn from the default stream. RuntimeError unless the class is a Module whose constructor takes `device`.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    stream = get_rng_state()
    try:
        return module_cls(*args, **kwargs | {"device": "meta"}).to_empty(device=kwargs.get("device", "cpu"))
    finally:
        set_rng_state(stream)
