"""Saving and loading (torch.save, torch.load) in PyTorch's own file format: a file written by either opens in the other."""

from __future__ import annotations

import contextlib
import os
import pickle
import stat
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from .utils.archive.read import ArchiveReader
from .utils.archive.safe import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals
from .utils.archive.write import write_archive

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def save(obj: Any, f, pickle_module=pickle, pickle_protocol: int = 2, _use_new_zipfile_serialization: bool = True,
         _disable_byteorder_record: bool = False) -> None:  # fmt: skip
    """Write Tensors, state dicts and anything picklable around them to a path or a binary file object.

    A path is written whole or not at all: the data goes to a temporary file in the same folder, which then takes the name. Tensors
    that share memory still do after loading. RuntimeError if the folder does not exist.
    """
    if not _use_new_zipfile_serialization:
        raise NotImplementedError("torchlike writes PyTorch's zip format only, not the one before 1.6")
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        name = os.path.splitext(os.path.basename(path))[0] or "archive"
        with _replacing(path) as file:
            write_archive(obj, file, name, pickle_protocol)
    elif hasattr(f, "write"):
        write_archive(obj, f, "archive", pickle_protocol)
    else:
        raise AttributeError(f"expected 'f' to be string, path, or a file-like object with a 'write' attribute, not {type(f).__name__}")


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` when the block ends well, and leaves nothing behind when it does not."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:  # a pipe or device cannot be replaced
            yield file
        return
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=os.path.basename(path), suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode_for(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _mode_for(path: str) -> int:
    """The permissions the file would have had without the detour: its own, or what the umask leaves."""
    if os.path.exists(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def load(f, map_location=None, pickle_module=None, *, weights_only: bool | None = None, mmap: bool | None = None,
         **pickle_load_args: Any) -> Any:  # fmt: skip
    """Read what `save` (or torch.save) wrote, from a path or a binary file object.

    `weights_only` (the default) accepts only tensors, containers, numbers and texts, so a file cannot run code; pickle.UnpicklingError for
    anything else. `map_location` says where tensors go: a device, a dictionary from saved to wanted devices, or a function of
    (None, saved location). `mmap` is accepted and changes nothing. RuntimeError for a file that is damaged or no checkpoint.
    """
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return _read(file, map_location, weights_only, pickle_load_args)
    if not hasattr(f, "read") or not hasattr(f, "seek"):
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        )
    return _read(f, map_location, weights_only, pickle_load_args)


def _read(file, map_location, weights_only: bool | None, options: dict[str, Any]) -> Any:
    trusted = weights_only is False
    return ArchiveReader(file, map_location).load(not trusted, {"encoding": "utf-8", **options})
