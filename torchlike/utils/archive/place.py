"""Where the storages of a checkpoint are put: `map_location` in all its forms."""

from __future__ import annotations

from collections.abc import Callable

import jax

from ...core.device import device as Device
from ...core.device import has_platform, to_jax_device

_NO_CUDA = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only machine, please "
    "use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
)


class SavedStorage:
    """What a `map_location` function is given: a storage that is not loaded yet, and can be sent somewhere."""

    def __init__(self, n_bytes: int, device="cpu"):
        self._n_bytes, self.device = n_bytes, Device(device)

    def nbytes(self) -> int:
        """Its size in bytes."""
        return self._n_bytes

    size = __len__ = nbytes

    def to(self, device) -> SavedStorage:
        """The storage, to be put on this device."""
        return SavedStorage(self._n_bytes, device)

    def cpu(self) -> SavedStorage:
        """The storage, to be put on the CPU."""
        return self.to("cpu")

    def cuda(self, device=None) -> SavedStorage:
        """The storage, to be put on a GPU: a number, a device, or the first one."""
        return self.to(device if isinstance(device, str | Device) else f"cuda:{device or 0}")


class _Package:
    """One way of naming places: which storages it names, and how it restores what has its names."""

    def __init__(self, priority: int, tagger: Callable, deserializer: Callable):
        self.priority, self.tagger, self.deserializer = priority, tagger, deserializer


_packages: list[_Package] = []


def register_package(priority: int, tagger: Callable, deserializer: Callable) -> None:
    """Name the places of storages in a way of one's own (torch.serialization.register_package).

    `tagger(storage)` gives the name of a storage's place, or None; `deserializer(storage, location)` the storage put there, or None if it does
    not know the name. Lower priorities are asked first, all of them before the devices themselves.
    """
    _packages.append(_Package(priority, tagger, deserializer))
    _packages.sort(key=lambda package: package.priority)


def location_tag(storage) -> str:
    """The name under which a storage's place is saved: cpu, cuda:0, ... (torch.serialization.location_tag)."""
    for package in _packages:
        name = package.tagger(storage)
        if name is not None:
            return name
    place = Device(storage.device)
    return place.type if place.type == "cpu" else f"{place.type}:{place.index or 0}"


def place_of(location: str, map_location, n_bytes: int = 0) -> jax.Device:
    """Where a storage saved at `location` is put, given load's `map_location`: a device, a dictionary or a function."""
    if isinstance(map_location, dict):
        location = str(map_location.get(location, location))
    elif isinstance(map_location, str | bytes | Device):
        location = map_location.decode() if isinstance(map_location, bytes) else str(map_location)
    elif map_location is not None:
        chosen = map_location(SavedStorage(n_bytes), location)
        if chosen is not None:
            location = str(getattr(chosen, "device", chosen))
    return restore_location(location)


def restore_location(location: str) -> jax.Device:
    """The device of a location's name; RuntimeError if there is none such here."""
    for package in _packages:
        chosen = package.deserializer(SavedStorage(0), location)
        if chosen is not None:
            return to_jax_device(str(chosen.device))
    kind = location.partition(":")[0]
    if kind == "cuda" and not has_platform("cuda"):
        raise RuntimeError(_NO_CUDA)
    try:
        return to_jax_device(str(Device(location)))
    except NotImplementedError:
        raise
    except RuntimeError:
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
        ) from None


def default_restore_location(storage: SavedStorage, location: str) -> SavedStorage:
    """For `map_location` functions: the storage, to be put at `location` (torch.serialization.default_restore_location)."""
    restore_location(location)
    return storage.to(location)
