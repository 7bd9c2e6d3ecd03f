"""Reading a checkpoint: the zip, its storages, and where they are to live."""

from __future__ import annotations

import pickle
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from ...core.device import device as Device
from ...core.device import has_platform, to_jax_device
from .names import StorageType
from .rebuild import LoadedStorage, storage_dtype
from .safe import SafeUnpickler, TrustingUnpickler


def place_of(location: str, map_location) -> jax.Device:
    """Where a storage saved at `location` is put, given load's `map_location`."""
    if callable(map_location):
        chosen = map_location(None, location)
        location = "cpu" if chosen is None else str(chosen)
    elif isinstance(map_location, dict):
        location = str(map_location.get(location, location))
    elif map_location is not None:
        location = str(map_location)
    kind = str(Device(location)).partition(":")[0]
    if kind == "cuda" and not has_platform("cuda"):
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only "
            "machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
        )
    return to_jax_device(location)


class ArchiveReader:
    """One open checkpoint."""

    def __init__(self, file, map_location=None):
        try:
            self.zip = zipfile.ZipFile(file)
            names = self.zip.namelist()
        except zipfile.BadZipFile as error:
            raise RuntimeError(
                f"PytorchStreamReader failed reading zip archive: {error}. torchlike reads the zip format PyTorch has written since 1.6; save "
                "older files again with a newer PyTorch"
            ) from None
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if not pickles:
            raise RuntimeError("PytorchStreamReader failed locating file data.pkl: this zip is no checkpoint")
        self.root = pickles[0][: -len("data.pkl")]
        if self.root + "constants.pkl" in names:
            raise RuntimeError("this file is a TorchScript program, not a checkpoint; save the module's state_dict instead")
        order = self.zip.read(self.root + "byteorder").decode() if self.root + "byteorder" in names else "little"
        self.swapped = order != sys.byteorder
        self.map_location = map_location
        self.storages: dict[str, LoadedStorage] = {}

    def storage(self, pid) -> LoadedStorage:
        """The storage a persistent id names, read on first use."""
        if not (isinstance(pid, tuple) and len(pid) == 5 and pid[0] == "storage" and isinstance(pid[1], StorageType)):
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r}")
        _, storage_type, key, location, numel = pid
        if key not in self.storages:
            dtype = storage_dtype(storage_type.dtype)
            content = self._record(f"{self.root}data/{key}")
            if len(content) != numel * dtype.itemsize:
                raise RuntimeError(f"the file is damaged: storage {key} has {len(content)} bytes, not {numel} elements of {dtype}")
            # The bytes belong to nobody else, so the array on the device may alias them.
            array = np.frombuffer(content, dtype)
            if self.swapped:
                array = array.byteswap()
            self.storages[key] = LoadedStorage(array, place_of(location, self.map_location))
        return self.storages[key]

    def _record(self, name: str) -> bytes:
        try:
            return self.zip.read(name)
        except (KeyError, zipfile.BadZipFile) as error:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}") from None

    def load(self, weights_only: bool, options: dict[str, Any]):
        """The object the checkpoint holds."""
        unpickler: Callable = SafeUnpickler if weights_only else TrustingUnpickler
        with self.zip.open(self.root + "data.pkl") as record:
            return unpickler(record, self.storage, **options).load()
