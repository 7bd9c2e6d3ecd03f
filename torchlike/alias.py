"""Makes `import torch` mean torchlike: a meta-path finder that answers every `torch` and `torch.*` import, and those of `functorch`, which comes
with it.

The real torch, even when installed, is never imported: this finder stands before the path finders and refuses what it lacks.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

from .core.missing import equip

_ROOTS = {"torch": "torchlike", "functorch": "torchlike.functorch"}


class _Loader(importlib.abc.Loader):
    """Hands out the torchlike module itself, so that `torch.nn` and `torchlike.nn` are one object."""

    def __init__(self, module, name: str):
        self.module, self.name = module, name
        self.spec = module.__spec__

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        # The import system has just stamped the alias' spec on the module; give it its own back.
        module.__spec__ = self.spec
        self._know_hidden_modules()

    def _know_hidden_modules(self) -> None:
        """Enter modules that a package has a function of the same name for: importing them would put the module in the function's place."""
        prefix = f"{self.module.__name__}."
        for name, module in list(sys.modules.items()):
            child = name.removeprefix(prefix)
            if child != name and "." not in child and vars(self.module).get(child, module) is not module:
                equip(module)
                sys.modules[f"{self.name}.{child}"] = module


class TorchFinder(importlib.abc.MetaPathFinder):
    """Resolves `torch.x.y` to `torchlike.x.y`; ModuleNotFoundError for what torchlike has not."""

    def find_spec(self, fullname, path=None, target=None):
        root, dot, rest = fullname.partition(".")
        if root not in _ROOTS:
            return None
        own = _ROOTS[root] + dot + rest
        try:
            module = importlib.import_module(own)
        except ModuleNotFoundError as error:
            if error.name is None or not own.startswith(error.name):
                raise
            raise ModuleNotFoundError(f"torchlike has no module '{fullname}'", name=fullname) from None
        equip(module)
        spec = importlib.machinery.ModuleSpec(fullname, _Loader(module, fullname), is_package=hasattr(module, "__path__"))
        return spec


def install() -> None:
    """Answer `import torch` with torchlike from now on, in this process."""
    if "torch" in sys.modules and sys.modules["torch"] is not sys.modules.get("torchlike"):
        raise RuntimeError("torch has already been imported in this process; start the program with `python -m torchlike` instead")
    if not any(isinstance(f, TorchFinder) for f in sys.meta_path):
        sys.meta_path.insert(0, TorchFinder())
