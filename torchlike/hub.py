"""Checkpoints from the network, and models of folders on this machine (torch.hub): files are fetched and kept; code from the network is not run."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import urllib.request
from typing import Any
from urllib.parse import urlparse

from .core.unsupported import refusing as _refusing
from .hub_local import _NETWORK
from .hub_local import load as load

try:
    from tqdm import tqdm
except ImportError:

    class tqdm:  # type: ignore[no-redef]
        """Stands in for the tqdm package, and prints nothing."""

        def __init__(self, iterable=None, **options):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def update(self, n=1) -> None:
            """Accepted."""

        def close(self) -> None:
            """Accepted."""


# A file name that ends in the beginning of its own hash: resnet18-bfd8deac.pth.
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
READ_DATA_CHUNK = 128 * 1024
_folder: list[str] = []


def _get_torch_home() -> str:
    home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.join("~", ".cache")), "torch")
    return os.path.expanduser(home)


def get_dir() -> str:
    """The folder that downloads go to: `hub` in $TORCH_HOME."""
    return _folder[-1] if _folder else os.path.join(_get_torch_home(), "hub")


def set_dir(d) -> None:
    """Use another folder."""
    _folder.append(os.path.expanduser(d))


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Fetch a file; it takes its name when it is complete. RuntimeError when its SHA-256 does not begin with `hash_prefix`.

    `progress` is shown by the tqdm package, if there is one.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "torch.hub"})
    digest = hashlib.sha256()
    target = os.path.abspath(os.path.expanduser(dst))
    handle, partial = tempfile.mkstemp(dir=os.path.dirname(target), suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(request) as response:
            size = int(response.headers.get("Content-Length") or 0) or None
            with tqdm(total=size, disable=not progress, unit="B", unit_scale=True) as bar:
                while chunk := response.read(READ_DATA_CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    bar.update(len(chunk))
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def load_state_dict_from_url(url: str, model_dir: str | None = None, map_location=None, progress: bool = True, check_hash: bool = False,
                             file_name: str | None = None, weights_only: bool = False) -> dict[str, Any]:
    """What a checkpoint on the network holds, fetched once into `model_dir` (`get_dir()`/checkpoints).

    With `check_hash` the file name ends in the beginning of the file's SHA-256, which is compared. Unlike PyTorch's, the loading is never less
    strict than `torch.load` by default: a file from the network that wants to run code is refused.
    """
    from .serialization import load as read

    folder = model_dir or os.path.join(get_dir(), "checkpoints")
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        print(f'Downloading: "{url}" to {path}', file=sys.stderr)
        found = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, found[1] if found else None, progress)
    return read(path, map_location)


globals().update(_refusing(("list", "help"), _NETWORK))
