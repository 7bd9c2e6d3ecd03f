"""Reading a checkpoint: the zip and its storages."""

from __future__ import annotations

import io
import mmap
import pickle
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from .names import StorageType
from .options import LoadEndianness, options
from .place import place_of
from .rebuild import LoadedStorage, hand_out, storage_dtype
from .trusting import trusting_unpickler
from .weights_only import SafeUnpickler

_CORRUPT = (
    "If you are seeing this error, there is a high likelihood that your checkpoint file is corrupted. This can happen if the checkpoint was not "
    "saved properly, was transferred incorrectly, or the file was modified after saving."
)
_LOCAL_HEADER = 30  # bytes before the name and the extra field of a record


def unpickler_for(weights_only: bool, pickle_module=None) -> Callable:
    """The class that reads a pickle."""
    return SafeUnpickler if weights_only else trusting_unpickler(pickle_module or pickle)


def check_storage_id(pid) -> tuple[StorageType, str, str, int]:
    """(type, key, location, elements) of a storage from its persistent id."""
    known = isinstance(pid, tuple) and len(pid) in (5, 6) and pid[0] == "storage" and isinstance(pid[1], StorageType)
    if not (known and isinstance(pid[2], str) and isinstance(pid[3], str) and isinstance(pid[4], int) and pid[4] >= 0):
        raise pickle.UnpicklingError(f"unknown persistent id {pid!r}")
    return pid[1], pid[2], pid[3], pid[4]


def _assumed_order() -> bytes:
    """The byte order of a checkpoint that does not say it."""
    wanted = options.endianness
    return sys.byteorder.encode() if wanted is LoadEndianness.NATIVE else b"big" if wanted is LoadEndianness.BIG else b"little"


class _Seekable:
    """A file object that has nothing but `read`, `seek` and `tell`."""

    def __init__(self, file):
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def seekable(self) -> bool:
        """It has `seek`."""
        return True


class ArchiveReader:
    """One open checkpoint. With `mapped`, the file's memory map, storages are read when they are used."""

    def __init__(self, file, map_location=None, mapped: mmap.mmap | None = None):
        try:
            self.zip = zipfile.ZipFile(file if hasattr(file, "seekable") else _Seekable(file))
            names = self.zip.namelist()
        except Exception:  # whatever damage makes `zipfile` stumble over
            raise RuntimeError(f"PytorchStreamReader failed reading zip archive: failed finding central directory. {_CORRUPT}") from None
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if not pickles:
            raise RuntimeError(f"PytorchStreamReader failed locating file data.pkl: file not found. {_CORRUPT}")
        self.root = pickles[0][: -len("data.pkl")]
        if self.root + "constants.pkl" in names:
            raise RuntimeError("this file is a TorchScript program, not a checkpoint; save the module's state_dict instead")
        order = bytes(self._record("byteorder")) if self.root + "byteorder" in names else _assumed_order()
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order.decode(errors='replace')}")
        self.swapped = order.decode() != sys.byteorder
        self.map_location, self.mapped = map_location, mapped
        self.storages: dict[str, LoadedStorage] = {}

    def storage(self, pid) -> LoadedStorage:
        """The storage a persistent id names, read on first use."""
        storage_type, key, location, numel = check_storage_id(pid)
        if key not in self.storages:
            dtype = storage_dtype(storage_type.dtype)
            content = bytes(numel * dtype.itemsize) if options.skip else self._record(f"data/{key}")
            if len(content) != numel * dtype.itemsize:
                raise RuntimeError(f"the file is damaged: storage {key} has {len(content)} bytes, not {numel} elements of {dtype}")
            # The bytes belong to nobody else, so the array on the device may alias them.
            array = np.frombuffer(content, dtype)
            if self.swapped:
                array = array.byteswap()
            self.storages[key] = LoadedStorage(array, place_of(location, self.map_location, array.nbytes))
        return self.storages[key]

    def _record(self, name: str) -> bytes | memoryview:
        try:
            if getattr(self, "mapped", None) is not None and name.startswith("data/"):
                return self._mapped_record(self.zip.getinfo(self.root + name))
            return self.zip.read(self.root + name)
        except Exception as error:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}. {_CORRUPT}") from None

    def _mapped_record(self, info: zipfile.ZipInfo) -> bytes | memoryview:
        if info.compress_type != zipfile.ZIP_STORED:
            return self.zip.read(info)
        whole = memoryview(self.mapped)  # type: ignore[arg-type]
        lengths = np.frombuffer(whole, "<u2", 2, info.header_offset + _LOCAL_HEADER - 4)
        start = info.header_offset + _LOCAL_HEADER + int(lengths.sum())
        return whole[start : start + info.file_size]

    def pickle(self) -> io.BytesIO:
        """The record with the pickle."""
        return io.BytesIO(self._record("data.pkl"))

    def load(self, weights_only: bool, options: dict[str, Any], pickle_module=None):
        """The object the checkpoint holds."""
        found = unpickler_for(weights_only, pickle_module)(self.pickle(), self.storage, **options).load()
        hand_out(self.storages)
        return found
