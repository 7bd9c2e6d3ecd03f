"""The default type of Tensors, as PyTorch once set it."""

from __future__ import annotations

import importlib
import warnings

from .core.device import NO_CUDA, has_platform, set_default_device
from .core.dtype import set_default_dtype

_warned: list[bool] = []


def set_default_tensor_type(t) -> None:
    """Make `torch.DoubleTensor` or the like, or its name, the type of new Tensors (torch.set_default_tensor_type, deprecated)."""
    if isinstance(t, str):
        module, _, name = t.rpartition(".")
        home = module.replace("torch", __package__, 1) if module.split(".")[0] == "torch" else module or name
        found = importlib.import_module(home)
        if not hasattr(found, name):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        t = getattr(found, name)
    if not isinstance(t, type) or not hasattr(t, "dtype") or not hasattr(t, "is_cuda"):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    if t.is_cuda and not has_platform("cuda"):
        raise TypeError(f"type torch.cuda.{t.__name__} not available. {NO_CUDA}.")
    if not t.dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    if not _warned:
        _warned.append(True)
        warnings.warn("torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
                      "torch.set_default_device() as alternatives.", UserWarning, stacklevel=2)
    set_default_dtype(t.dtype)
    set_default_device("cuda" if t.is_cuda else None)
