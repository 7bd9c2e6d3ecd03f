"""Models from the network (torch.hub): not fetched here. The folder of checkpoints that are there already is known."""

from __future__ import annotations

import os

from .core.unsupported import refusing as _refusing

_folder: list[str] = []


def get_dir() -> str:
    """The folder that downloads would go to."""
    home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.join("~", ".cache")), "torch")
    return _folder[-1] if _folder else os.path.join(os.path.expanduser(home), "hub")


def set_dir(d) -> None:
    """Use another folder."""
    _folder.append(os.path.expanduser(d))


globals().update(_refusing(
    ("load", "list", "help", "download_url_to_file", "load_state_dict_from_url"),
    "torchlike downloads nothing; fetch the file yourself, read it with torch.load and build the model from its class"))
