"""Models of a folder on this machine that says in its `hubconf.py` what it offers (torch.hub.load(..., source="local"))."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any

from .core.unsupported import refused

_NETWORK = "torchlike runs no code from the network; build the model from its class and read its weights with torch.hub.load_state_dict_from_url"


def _entries(folder) -> ModuleType:
    """The folder's hubconf.py, run. RuntimeError when it names packages that are not there."""
    folder = os.fspath(folder)
    path = os.path.join(folder, "hubconf.py")
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location("hubconf.py", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    absent = [name for name in getattr(module, "dependencies", ()) if importlib.util.find_spec(name) is None]
    if absent:
        raise RuntimeError(f"Missing dependencies: {', '.join(absent)}")
    return module


def load(repo_or_dir, model: str, *args, source: str = "github", trust_repo="check", force_reload: bool = False, verbose: bool = True,
         skip_validation: bool = False, **kwargs) -> Any:
    """What the function `model` of a folder's `hubconf.py` gives for these arguments, with source="local" (torch.hub.load). Code from the network
    is not run: NotImplementedError."""
    source = source.lower()
    if source not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source == "github":
        return refused("load", _NETWORK)()
    if not isinstance(model, str):
        raise ValueError("Invalid input: model should be a string of function name")
    entry = getattr(_entries(repo_or_dir), model, None)
    if not callable(entry):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return entry(*args, **kwargs)
