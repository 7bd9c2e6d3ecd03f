"""What a name torchlike lacks says: the nearest name it has."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Callable, Mapping


def missing(module_name: str, on_demand: tuple[str, ...] = (), refused: Mapping[str, str] | None = None) -> Callable:
    """A module `__getattr__` that raises AttributeError with the nearest existing names of that module, or the reason in `refused`.

    Submodules `on_demand` it imports.
    """
    torch_name = module_name.replace("torchlike", "torch", 1)

    def __getattr__(name: str):
        if name in on_demand:
            return importlib.import_module(f"{module_name}.{name}")
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"module '{module_name}' has no attribute '{name}'")
        if refused and name in refused:
            raise AttributeError(f"torchlike has no '{torch_name}.{name}': {refused[name]}", name=name)
        known = [n for n in vars(sys.modules[module_name]) if not n.startswith("_")]
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"; the nearest name is '{torch_name}.{nearest[0]}'" if nearest else ""
        raise AttributeError(f"torchlike has no '{torch_name}.{name}'{hint}", name=name)

    return __getattr__


def equip(*modules) -> None:
    """Give namespaces this `__getattr__`, unless they have one."""
    for module in modules:
        if not hasattr(module, "__getattr__"):
            module.__getattr__ = missing(module.__name__)
