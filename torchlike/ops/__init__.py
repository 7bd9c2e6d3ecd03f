"""Declarations of ops, one family per module. Importing this package declares them all."""

import importlib
import pkgutil

from .overloads import aten

MODULES = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]


def load_library(path) -> None:
    """OSError: libraries that extend PyTorch's C++ runtime have nothing to be loaded into (torch.ops.load_library)."""
    raise OSError(f"{path}: torchlike has no C++ runtime that a library of PyTorch extensions could be loaded into")


def install(cls: type) -> None:
    """Attach to Tensor what needs more than a method of its own name: operators, properties, conversions."""
    for module in MODULES:
        if hasattr(module, "install"):
            module.install(cls)
