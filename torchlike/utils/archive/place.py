"""Where the storages of a checkpoint are put: `map_location` in all its forms."""

from __future__ import annotations

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
