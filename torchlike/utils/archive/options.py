"""Settings of saving and loading that hold for the whole process: byte order, checksums, memory maps, and storages without their data."""

from __future__ import annotations

import mmap
from enum import Enum


class LoadEndianness(Enum):
    """The byte order of checkpoints that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    """The settings in force."""

    endianness: LoadEndianness | None = None
    mmap_flags: int | None = getattr(mmap, "MAP_PRIVATE", None)
    crc32 = True
    skip = False


options = _Options()


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order assumed where a checkpoint does not say it; None means little (torch.serialization)."""
    return options.endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the byte order assumed where a checkpoint does not say it (torch.serialization)."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    options.endianness = endianness


def get_crc32_options() -> bool:
    """Whether `save` is asked for checksums (torch.serialization)."""
    return options.crc32


def set_crc32_options(compute_crc32: bool) -> None:
    """Ask `save` for checksums or not. Here they are always written: a zip without them could not be read by others (torch.serialization)."""
    options.crc32 = compute_crc32


def get_default_mmap_options() -> int | None:
    """The flags of the memory map behind `load(mmap=True)` (torch.serialization)."""
    return options.mmap_flags


class set_default_mmap_options:
    """Set the flags of the memory map behind `load(mmap=True)`, for good or for a `with` block (torch.serialization).

    Loaded Tensors never write to the file here, so MAP_SHARED maps as MAP_PRIVATE does.
    """

    def __init__(self, flags: int) -> None:
        if flags not in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            raise ValueError("Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got "
                             f"{flags}")
        self.previous = options.mmap_flags
        options.mmap_flags = flags

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error) -> None:
        options.mmap_flags = self.previous


class skip_data:
    """Within it `save` writes zeros in place of the elements, and `load` reads none: Tensors of zeros of the right shapes
    (torch.serialization.skip_data)."""

    def __init__(self, materialize_fake_tensors: bool = False) -> None:
        if materialize_fake_tensors:
            raise NotImplementedError("there are no fake tensors here: use the meta device for Tensors without data")

    def __enter__(self) -> None:
        self.previous = options.skip
        options.skip = True

    def __exit__(self, *error) -> None:
        options.skip = self.previous
