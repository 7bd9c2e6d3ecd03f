"""Saving and loading (torch.save, torch.load) in PyTorch's own file format: a file written by either opens in the other."""

from __future__ import annotations

import contextlib
import mmap as _mmap
import os
import pickle
import stat
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, TypeAlias

from .core.device import device
from .utils.archive.legacy import LegacyReader, write_legacy
from .utils.archive.options import (
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
    skip_data,
)
from .utils.archive.place import default_restore_location, location_tag, register_package
from .utils.archive.read import ArchiveReader
from .utils.archive.safe import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals
from .utils.archive.weights_only import unsafe_globals
from .utils.archive.write import write_archive

MAP_LOCATION: TypeAlias = Callable[[Any, str], Any] | device | str | dict[str, str] | None
FILE_LIKE: TypeAlias = str | os.PathLike[str] | IO[bytes]


class SourceChangeWarning(Warning):
    """Never given: checkpoints hold no source text. Programs name it to ignore it."""


__all__ = ["LoadEndianness", "SourceChangeWarning", "add_safe_globals", "clear_safe_globals", "default_restore_location",
           "get_crc32_options", "get_default_load_endianness", "get_default_mmap_options", "get_safe_globals",
           "get_unsafe_globals_in_checkpoint", "load", "location_tag", "register_package", "safe_globals", "save", "set_crc32_options",
           "set_default_load_endianness", "set_default_mmap_options", "skip_data"]  # fmt: skip


def save(obj: Any, f, pickle_module=pickle, pickle_protocol: int = 2, _use_new_zipfile_serialization: bool = True,
         _disable_byteorder_record: bool = False) -> None:  # fmt: skip
    """Write Tensors, state dicts and anything picklable around them to a path or a binary file object.

    A path is written whole or not at all: the data goes to a temporary file in the same folder, which then takes the name. Tensors
    that share memory still do after loading. RuntimeError if the folder does not exist.
    """
    write = write_archive if _use_new_zipfile_serialization else _write_legacy
    if isinstance(f, str | os.PathLike):
        path = os.fspath(f)
        name = os.path.splitext(os.path.basename(path))[0] or "archive"
        with _replacing(path) as file:
            write(obj, file, name, pickle_protocol)
    elif hasattr(f, "write"):
        write(obj, f, "archive", pickle_protocol)
        if hasattr(f, "flush"):
            f.flush()
    else:
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")


def _write_legacy(obj, file, name: str, protocol: int) -> None:
    write_legacy(obj, file, protocol)


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
    """Read what `save` (or torch.save, in either of its formats) wrote, from a path or a binary file object.

    `weights_only` (the default) accepts only tensors, containers, numbers and texts, so a file cannot run code; pickle.UnpicklingError for
    anything else. `map_location` says where tensors go: a device, a dictionary from saved to wanted devices, or a function of
    (storage, saved location). With `mmap`, a path's storages are read from the file when they are used. RuntimeError for a damaged file.
    """
    if pickle_module is not None:
        if weights_only:
            raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
        weights_only = False
    if weights_only is None and os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0").lower() in ("1", "y", "yes", "true"):
        weights_only = False
    if mmap and not isinstance(f, str | os.PathLike):
        raise ValueError("f must be a file path in order to use the mmap argument")
    options = {"encoding": "utf-8", **pickle_load_args}
    with _opened(f) as file:
        if not _is_zip(file):
            if mmap:
                raise RuntimeError(
                    "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True), please torch.save your checkpoint "
                    "with this option in order to use mmap."
                )
            return LegacyReader(file, map_location).load(weights_only is not False, options, pickle_module)
        mapped = _mmap.mmap(file.fileno(), 0, access=_mmap.ACCESS_READ) if mmap else None
        return ArchiveReader(file, map_location, mapped).load(weights_only is not False, options, pickle_module)


def get_unsafe_globals_in_checkpoint(f) -> list[str]:
    """The functions and classes a checkpoint names that `load` with `weights_only` would refuse (torch.serialization)."""
    with _opened(f) as file:
        if not _is_zip(file):
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        return unsafe_globals(ArchiveReader(file).pickle())


@contextlib.contextmanager
def _opened(f) -> Iterator[BinaryIO]:
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            yield file
    elif hasattr(f, "read") and hasattr(f, "seek"):
        yield f
    else:
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is seekable. Please pre-load the "
            "data into a buffer like io.BytesIO and try to load from it instead."
        )


def _is_zip(file: BinaryIO) -> bool:
    start = file.tell()
    magic = file.read(4)
    file.seek(start)
    return magic == b"PK\x03\x04"
