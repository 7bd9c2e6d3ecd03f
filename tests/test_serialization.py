"""Saving and loading: what was saved comes back, nothing is half-written, and a file cannot run code."""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile

import pytest

import torchlike
from torchlike import nn, serialization

DTYPES = ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool", "complex64", "complex128",
          "uint16", "uint32", "uint64"]  # fmt: skip


def again(obj, **options):
    file = io.BytesIO()
    torchlike.save(obj, file)
    file.seek(0)
    return torchlike.load(file, **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_every_dtype(dtype, shape):
    saved = torchlike.ones(shape).to(getattr(torchlike, dtype))
    loaded = again(saved)
    assert loaded.dtype is saved.dtype and loaded.shape == saved.shape and loaded.tolist() == saved.tolist()
    assert loaded._view is None


def test_containers_and_plain_values():
    saved = {"a": [1, 2.5, "x", None, True, 1 + 2j, b"b", 10**30], "b": (torchlike.ones(1), {3}), "c": collections.Counter("aab"),
             "d": torchlike.float16, "e": torchlike.device("cpu"), "f": torchlike.Size([2]), 4: collections.OrderedDict(z=1, a=2)}  # fmt: skip
    loaded = again(saved)
    assert {k: v for k, v in loaded.items() if k != "b"} == {k: v for k, v in saved.items() if k != "b"}
    assert loaded["b"][0].tolist() == [1.0] and loaded["b"][1] == {3}


def test_shared_memory_is_shared_again():
    base = torchlike.arange(12.0).reshape(3, 4)
    loaded = again([base[1], base, base.t(), base[:, ::2]])
    loaded[1].fill_(7.0)
    assert [t.unique().tolist() for t in loaded] == [[7.0]] * 4


def test_parameters_stay_tied_and_keep_their_attributes():
    weight = nn.Parameter(torchlike.ones(2), requires_grad=False)
    weight.note = "kept"
    loaded = again({"a": weight, "b": weight})
    assert loaded["a"] is loaded["b"] and type(loaded["a"]) is nn.Parameter
    assert loaded["a"].note == "kept" and not loaded["a"].requires_grad


def test_state_dicts_keep_order_and_versions():
    module = nn.Sequential(collections.OrderedDict(b=nn.Linear(2, 3), a=nn.BatchNorm1d(3)))
    state = module.state_dict()
    loaded = again(state)
    assert list(loaded) == list(state) and loaded._metadata == state._metadata
    assert str(module.load_state_dict(loaded)) == "<All keys matched successfully>"


def test_a_whole_module_needs_trust():
    module = nn.Linear(2, 3)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        again(module)
    loaded = again(module, weights_only=False)
    assert loaded.weight.tolist() == module.weight.tolist()


def test_requires_grad_is_kept_and_the_graph_is_not():
    x = torchlike.ones(2, requires_grad=True)
    loaded = again([x, x * 2])
    assert all(t.requires_grad and t.is_leaf for t in loaded)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("/tmp/torchlike-must-not-exist",)


def test_a_file_cannot_run_code():
    with pytest.raises(pickle.UnpicklingError, match="mkdir"):
        again({"a": Evil()})
    assert not os.path.exists("/tmp/torchlike-must-not-exist")


def test_safe_globals():
    saved = collections.deque([1])
    with pytest.raises(pickle.UnpicklingError, match="deque"):
        again(saved)
    with serialization.safe_globals([collections.deque]):
        assert again(saved) == saved
        assert serialization.get_safe_globals() == [collections.deque]
    assert serialization.get_safe_globals() == []


def test_paths(tmp_path):
    path = tmp_path / "model.pt"
    torchlike.save({"x": torchlike.ones(2)}, path)
    assert torchlike.load(path)["x"].tolist() == [1.0, 1.0]
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    path.chmod(0o600)
    torchlike.save(1, str(path))
    assert path.stat().st_mode & 0o777 == 0o600


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.pt"
    torchlike.save([1], path)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        torchlike.save([torchlike.ones(2), lambda: 1], path)
    assert torchlike.load(path) == [1] and [p.name for p in tmp_path.iterdir()] == ["model.pt"]


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        torchlike.load(tmp_path / "absent")
    with pytest.raises(RuntimeError, match="Parent directory"):
        torchlike.save(1, tmp_path / "no" / "where.pt")
    with pytest.raises(AttributeError, match="expected 'f'"):
        torchlike.save(1, 3)
    with pytest.raises(RuntimeError, match="failed reading zip archive"):
        torchlike.load(io.BytesIO(b"not a zip file at all"))
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as z:
        z.writestr("x", "y")
    with pytest.raises(RuntimeError, match="data.pkl"):
        torchlike.load(empty)


def test_a_truncated_storage_is_noticed():
    file = io.BytesIO()
    torchlike.save(torchlike.ones(4), file)
    damaged = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[:-4] if "/data/" in name else content)
    with pytest.raises(RuntimeError, match="damaged"):
        torchlike.load(damaged)


@pytest.mark.parametrize("where", ["cpu", torchlike.device("cpu"), {"cpu": "cpu"}, lambda storage, location: storage])
def test_map_location(where):
    assert again(torchlike.ones(2), map_location=where).device == torchlike.device("cpu")
