"""Saving and loading: what was saved comes back, nothing is half-written, and a file cannot run code."""

from __future__ import annotations

import collections
import io
import os
import pickle
import random
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
    with pytest.raises(pickle.UnpicklingError, match="(?s)Weights only load failed.*Unsupported operand 110"):
        torchlike.load(io.BytesIO(b"not a zip file at all"))
    with pytest.raises(RuntimeError, match="Invalid magic number; corrupt file"):
        torchlike.load(io.BytesIO(pickle.dumps([1], 2)))
    with pytest.raises(EOFError):
        torchlike.load(io.BytesIO(b""))
    with pytest.raises(AttributeError, match="'int' object has no attribute 'seek'"):
        torchlike.load(3)
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as z:
        z.writestr("x", "y")
    empty.seek(0)
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
    damaged.seek(0)
    with pytest.raises(RuntimeError, match="damaged"):
        torchlike.load(damaged)


@pytest.mark.parametrize(
    "where",
    ["cpu", b"cpu", torchlike.device("cpu"), {"cpu": "cpu"}, {"cuda:0": "cpu"}, lambda storage, location: storage, lambda s, location: None,
     lambda storage, location: storage.cpu(), lambda s, location: serialization.default_restore_location(s, "cpu")],
)  # fmt: skip
def test_map_location(where):
    assert again(torchlike.ones(2), map_location=where).device == torchlike.device("cpu")


def test_bad_map_locations():
    with pytest.raises(RuntimeError, match="don't know how to restore data location .*tagged with nowhere"):
        again(torchlike.ones(2), map_location="nowhere")
    with pytest.raises(TypeError, match="'int' object is not callable"):
        again(torchlike.ones(2), map_location=3)
    if not torchlike.cuda.is_available():
        for where in ("cuda", {"cpu": "cuda:0"}, lambda storage, location: storage.cuda(0)):
            with pytest.raises(RuntimeError, match="Attempting to deserialize object on a CUDA device but"):
                again(torchlike.ones(2), map_location=where)


def test_map_location_functions_see_the_storage():
    seen = []
    again(torchlike.ones(3), map_location=lambda storage, location: seen.append((storage.nbytes(), str(storage.device), location)))
    assert seen == [(12, "cpu", "cpu")]


def test_memory_mapped(tmp_path):
    path = tmp_path / "x.pt"
    base = torchlike.arange(6.0).reshape(2, 3)
    torchlike.save({"a": base, "b": base.t(), "c": torchlike.ones(0), "d": torchlike.ones(2, dtype=torchlike.bfloat16)}, path)
    loaded = torchlike.load(path, mmap=True)
    loaded["a"][0, 1] = 9.0
    assert loaded["b"].tolist() == [[0.0, 3.0], [9.0, 4.0], [2.0, 5.0]] and loaded["c"].shape == (0,) and loaded["d"].tolist() == [1.0, 1.0]
    assert torchlike.load(path)["a"].tolist() == base.tolist()
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        again(1, mmap=True)


def test_the_format_before_1_6():
    base = torchlike.arange(6.0).reshape(2, 3)
    file = io.BytesIO()
    torchlike.save({"a": base, "b": base.t(), "c": nn.Parameter(torchlike.ones(2))}, file, _use_new_zipfile_serialization=False)
    whole = file.getvalue()
    loaded = torchlike.load(io.BytesIO(whole))
    loaded["a"].zero_()
    assert loaded["b"].tolist() == [[0.0, 0.0]] * 3 and type(loaded["c"]) is nn.Parameter
    with pytest.raises(RuntimeError, match="unexpected EOF, expected 3 more bytes. The file might be corrupted."):
        torchlike.load(io.BytesIO(whole[:-3]))


def test_the_environment_may_trust(monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    assert again(collections.deque([1])) == collections.deque([1])
    with pytest.raises(pickle.UnpicklingError):
        again(collections.deque([1]), weights_only=True)


def test_explicit_pickle_module():
    assert again(collections.deque([1]), pickle_module=pickle) == collections.deque([1])
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        again(1, pickle_module=pickle, weights_only=True)


class Settings:
    def __init__(self):
        self.rate = torchlike.ones(2)


def test_refusals_name_what_they_refuse():
    file = io.BytesIO()
    torchlike.save([Settings(), collections.deque(), Evil(), {1}, torchlike.ones(1), nn.Linear(1, 1)], file)
    file.seek(0)
    names = serialization.get_unsafe_globals_in_checkpoint(file)
    assert names[:3] == [f"{__name__}.Settings", "collections.deque", "posix.mkdir"] and "torchlike.nn.modules.linear.Linear" in names
    with pytest.raises(pickle.UnpicklingError) as caught:
        again(Settings())
    text = str(caught.value)
    assert text.startswith("Weights only load failed. This file can still be loaded, to do so you have two options, ")
    assert f"Unsupported global: GLOBAL {__name__}.Settings was not an allowed global by default. Please use `torch.serialization." in text
    with pytest.raises(pickle.UnpicklingError, match="Trying to load unsupported GLOBAL posix.mkdir whose module posix is blocked."):
        again(Evil())
    with serialization.safe_globals([Settings]):
        assert again(Settings()).rate.tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="Expected input to be a checkpoint returned by torch.save"):
        serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(b"x"))


def packed(pickled: bytes) -> io.BytesIO:
    """A checkpoint with this pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
    file.seek(0)
    return file


MALICE = {
    "a call of a result": b"\x80\x02ctorch\ndevice\nX\x03\x00\x00\x00cpu\x85RX\x03\x00\x00\x00cpu\x85R.",
    "a class is built upon": b"\x80\x02ctorch\nTensor\nN}X\x03\x00\x00\x00sumK\x01s\x86b.",
    "a function is built upon": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00xK\x01sb.",
    "an instance by name": b"\x80\x02(ios\nmkdir\n.",
    "an object": b"\x80\x02(cos\nmkdir\nX\x01\x00\x00\x00xo.",
    "an extension": b"\x80\x02\x82\x01.",
    "getattr": b"\x80\x02cbuiltins\ngetattr\nN.",
    "eval under its old name": b"\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.",
    "a name with dots": b"\x80\x04\x8c\x05torch\x8c\x0cserialization\x93.",
    "text that is not UTF-8": b"\x80\x02X\x01\x00\x00\x00\xff.",
    "an absent memo": b"\x80\x02h\x07.",
    "an empty stack": b"\x80\x02R.",
    "no storage": b"\x80\x02K\x01Q.",
}


@pytest.mark.parametrize("name", MALICE)
def test_hostile_pickles_are_refused(name):
    before = dict(vars(torchlike.Tensor))
    with pytest.raises(pickle.UnpicklingError):
        torchlike.load(packed(MALICE[name]))
    assert dict(vars(torchlike.Tensor)) == before


def test_damaged_files_give_errors_a_program_can_expect():
    file = io.BytesIO()
    torchlike.save({"a": torchlike.ones(10), "b": [1, "x", torchlike.arange(3)], "c": nn.Parameter(torchlike.ones(1))}, file)
    whole, rng = file.getvalue(), random.Random(0)
    expected = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError)
    outcomes = collections.Counter()
    for _ in range(400):
        content = bytearray(whole)
        bit = rng.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        for damaged in (bytes(content), whole[: rng.randrange(len(whole))]):
            try:
                torchlike.load(io.BytesIO(damaged))
                outcomes["fine"] += 1
            except expected as error:
                outcomes[type(error).__name__] += 1
    # Padding and the time of writing may change; what is read has a checksum.
    assert outcomes["RuntimeError"] > 300 and outcomes["fine"] < 400


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("weights_only", [True, False])
def test_storages_are_saved_and_share_memory_again(zipped, weights_only):
    x = torchlike.arange(6.0).reshape(2, 3)
    file = io.BytesIO()
    torchlike.save([x, x._typed_storage(), x[1]._typed_storage(), torchlike.ones(2).untyped_storage()], file, _use_new_zipfile_serialization=zipped)
    file.seek(0)
    tensor, storage, same, plain = torchlike.load(file, weights_only=weights_only)
    assert type(storage) is torchlike.TypedStorage and storage is same and storage.dtype == torchlike.float32
    assert plain.dtype == torchlike.uint8 and len(plain) == 8
    tensor.fill_(7)
    assert storage.tolist() == [7.0] * 6


@pytest.mark.parametrize("zipped", [True, False])
def test_elements_are_saved_as_one_dtype(zipped):
    def saved(*values):
        torchlike.save(values, io.BytesIO(), _use_new_zipfile_serialization=zipped)

    z, x, nothing = torchlike.zeros(3, dtype=torchlike.complex64), torchlike.zeros(4), torchlike.zeros(0)
    for values in ((z, z.imag), (z._typed_storage(), z.imag), (x, x.view(torchlike.int32)), (x, x.untyped_storage())):
        with pytest.raises(RuntimeError, match="view the same data as different types"):
            saved(*values)
    saved(z.imag, x.view(torchlike.int32))
    saved(nothing, nothing.view(torchlike.int32))


@pytest.mark.parametrize("zipped", [True, False])
def test_file_objects_are_flushed_and_need_little(zipped, tmp_path):
    with open(tmp_path / "t.pt", "wb") as file:
        torchlike.save(torchlike.ones(2), file, _use_new_zipfile_serialization=zipped)
        assert torchlike.load(tmp_path / "t.pt").tolist() == [1.0, 1.0]
    content = io.BytesIO((tmp_path / "t.pt").read_bytes())

    class Little:
        read, seek, tell = content.read, content.seek, content.tell

    assert torchlike.load(Little()).tolist() == [1.0, 1.0]


def test_the_unpickler_of_another_module_is_used():
    class Failing(pickle.Unpickler):
        def load(self):
            raise RuntimeError("rumpelstiltskin")

    class Module:
        Unpickler = Failing

    file = io.BytesIO()
    torchlike.save(torchlike.ones(2), file)
    file.seek(0)
    with pytest.raises(RuntimeError, match="rumpelstiltskin"):
        torchlike.load(file, pickle_module=Module, weights_only=False)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("weights_only", [True, False])
def test_meta_tensors_are_their_shapes(zipped, weights_only):
    x = torchlike.empty(2, 3, dtype=torchlike.float16, device="meta", requires_grad=True)
    file = io.BytesIO()
    torchlike.save([x, nn.Linear(2, 3, device="meta").state_dict(), nn.Parameter(x.detach())], file, _use_new_zipfile_serialization=zipped)
    file.seek(0)
    found, state, parameter = torchlike.load(file, weights_only=weights_only)
    assert found.is_meta and found.shape == (2, 3) and found.dtype == torchlike.float16 and found.requires_grad
    assert state["weight"].is_meta and state["weight"].shape == (3, 2)
    assert parameter.is_meta and type(parameter) is nn.Parameter
