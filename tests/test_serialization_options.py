"""Process-wide settings of saving and loading: byte order, memory maps, checksums, storages without data, names of places."""

from __future__ import annotations

import io
import mmap
import zipfile

import pytest

import torchlike as torch
from torchlike import serialization


def saved(obj) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    return file


def without(file: io.BytesIO, record: str) -> io.BytesIO:
    """The same archive without one of its records."""
    rest = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(rest, "w") as target:
        for name in source.namelist():
            if not name.endswith(record):
                target.writestr(name, source.read(name))
    rest.seek(0)
    return rest


def test_byte_order_of_files_that_do_not_say_it():
    file = without(saved(torch.arange(3, dtype=torch.int32)), "byteorder")
    orders = serialization.LoadEndianness
    try:
        for order, expected in ((None, [0, 1, 2]), (orders.LITTLE, [0, 1, 2]), (orders.NATIVE, [0, 1, 2]), (orders.BIG, [0, 1 << 24, 2 << 24])):
            serialization.set_default_load_endianness(order)
            assert serialization.get_default_load_endianness() is order
            file.seek(0)
            assert torch.load(file).tolist() == expected
    finally:
        serialization.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="Invalid argument type in function set_default_load_endianness"):
        serialization.set_default_load_endianness("big")


def test_flags_of_the_memory_map_hold_for_a_block():
    with serialization.set_default_mmap_options(mmap.MAP_SHARED):
        assert serialization.get_default_mmap_options() == mmap.MAP_SHARED
    assert serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    with pytest.raises(ValueError, match="expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got 3"):
        serialization.set_default_mmap_options(3)


def test_checksums_may_be_declined():
    serialization.set_crc32_options(False)
    try:
        assert serialization.get_crc32_options() is False
        assert torch.load(saved(torch.ones(2))).tolist() == [1, 1]
    finally:
        serialization.set_crc32_options(True)


def test_storages_without_their_data():
    full = saved({"a": torch.ones(3), "b": 5})
    with serialization.skip_data():
        read, empty = torch.load(full), saved({"a": torch.ones(3)})
    assert read["a"].tolist() == [0, 0, 0] and read["b"] == 5
    assert torch.load(empty)["a"].tolist() == [0, 0, 0]
    full.seek(0)
    assert torch.load(full)["a"].tolist() == [1, 1, 1]
    with pytest.raises(NotImplementedError, match="meta device"):
        serialization.skip_data(materialize_fake_tensors=True)


def test_names_of_places():
    assert serialization.location_tag(torch.ones(1).untyped_storage()) == "cpu"
    seen = []

    def restore(storage, location):
        if location != "moon":
            return None
        seen.append(location)
        return storage.cpu()

    serialization.register_package(5, lambda storage: None, restore)
    assert torch.load(saved(torch.ones(2)), map_location="moon").tolist() == [1, 1]
    assert seen == ["moon"]


def test_old_checkpoints_may_follow_each_other_in_one_file():
    file = io.BytesIO()
    for value in (1, torch.arange(3), "last"):
        torch.save(value, file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert torch.load(file) == 1
    assert torch.load(file).tolist() == [0, 1, 2]
    assert torch.load(file) == "last"
