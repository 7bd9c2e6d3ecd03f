"""Declarations of ops, one family per module. Importing this package declares them all."""

import importlib
import pkgutil

MODULES = []
for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    try:  # TEMPORARY while modules are being written
        MODULES.append(importlib.import_module(f"{__name__}.{_module}"))
    except Exception as _error:
        print(f"!! ops/{_module}: {type(_error).__name__}: {_error}")


def install(cls: type) -> None:
    """Attach to Tensor what needs more than a method of its own name: operators, properties, conversions."""
    for module in MODULES:
        if hasattr(module, "install"):
            module.install(cls)
