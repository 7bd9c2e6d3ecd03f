"""The format of PyTorch before 1.6: five pickles in a row (magic number, version, system, the object, keys of storages), then the storages."""

from __future__ import annotations

import io
import pickle
import sys
from typing import Any

import numpy as np

from .place import place_of
from .read import check_storage_id, unpickler_for
from .rebuild import LoadedStorage, hand_out, storage_dtype
from .weights_only import SafeUnpickler, Surveyor
from .write import TensorPickler, bytes_of

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001


def write_legacy(obj, file, protocol: int) -> None:
    """Write `obj` in the old format into an open binary file."""
    system = {"protocol_version": _VERSION, "little_endian": sys.byteorder == "little", "type_sizes": {"short": 2, "int": 4, "long": 4}}
    for head in (_MAGIC, _VERSION, system):
        pickle.dump(head, file, protocol)
    pickler = TensorPickler(file, protocol, legacy=True)
    pickler.dump(obj)
    refs = list(pickler.refs.values())
    pickle.dump([ref.key for ref in refs], file, protocol)
    for ref in refs:
        file.write(ref.persistent_id(True)[4].to_bytes(8, "little"))
        file.write(bytes_of(ref.storage))


def _no_storage(pid):
    raise pickle.UnpicklingError(f"unexpected persistent id {pid!r}")


class LegacyReader:
    """One open file of the old format. The storages stand behind the pickle, so it is passed over first to find them."""

    def __init__(self, file, map_location=None):
        self.source, self.start = file, file.tell()
        self.file = io.BytesIO(file.read())
        self.map_location = map_location
        self.arrays: dict[str, np.ndarray] = {}
        self.storages: dict[str, LoadedStorage] = {}

    def _plain(self) -> Any:
        return SafeUnpickler(self.file, _no_storage).load()

    def load(self, weights_only: bool, options: dict[str, Any], pickle_module=None):
        """The object the file holds; the file is left behind it, where another may stand."""
        if self._plain() != _MAGIC:
            raise RuntimeError("Invalid magic number; corrupt file?")
        version = self._plain()
        if version != _VERSION:
            raise RuntimeError(f"Invalid protocol version: {version}")
        system = self._plain()
        swapped = isinstance(system, dict) and system.get("little_endian", True) != (sys.byteorder == "little")
        start = self.file.tell()
        surveyor = Surveyor(self.file)
        try:
            surveyor.load()
        except (EOFError, pickle.UnpicklingError):
            raise
        except Exception as error:
            raise pickle.UnpicklingError(f"Weights only load failed. The pickle is damaged: {error!r}") from error
        self._read_storages({key: storage_dtype(kind.dtype) for kind, key, _, _ in map(check_storage_id, surveyor.storage_ids)}, swapped)
        self.source.seek(self.start + self.file.tell())
        self.file.seek(start)
        found = unpickler_for(weights_only, pickle_module)(self.file, self.storage, **options).load()
        hand_out(self.storages)
        return found

    def _read_storages(self, dtypes: dict[str, np.dtype], swapped: bool) -> None:
        keys = self._plain()
        if not isinstance(keys, list) or any(key not in dtypes for key in keys):
            raise RuntimeError("the file is damaged: its list of storages does not fit the tensors")
        for key in keys:
            numel, dtype = int.from_bytes(self.file.read(8), "little", signed=True), dtypes[key]
            content = self.file.read(max(0, numel) * dtype.itemsize)
            missing = numel * dtype.itemsize - len(content)
            if missing:
                raise RuntimeError(f"unexpected EOF, expected {missing} more bytes. The file might be corrupted.")
            array = np.frombuffer(content, dtype)
            self.arrays[key] = array.byteswap() if swapped else array

    def storage(self, pid) -> LoadedStorage:
        """The storage a persistent id names."""
        _, key, location, numel = check_storage_id(pid)
        if len(pid) == 6 and pid[5] is not None:
            raise RuntimeError("this file shares storages as PyTorch before 0.4 did; save it again with a newer PyTorch")
        if key not in self.storages:
            array = self.arrays.get(key)
            if array is None or array.size != numel:
                raise RuntimeError(f"the file is damaged: storage {key} is missing or has another size")
            self.storages[key] = LoadedStorage(array, place_of(location, self.map_location, array.nbytes))
        return self.storages[key]
