"""A checkpoint written by torch opens here, and one written here opens in torch."""

from __future__ import annotations

import collections
import io
import os
import pickle

import numpy as np
import pytest

torch_real = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

import torchlike  # noqa: E402

DTYPES = ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool", "complex64", "complex128",
          "uint16", "uint32", "uint64"]  # fmt: skip


def build(torch):
    base = torch.arange(12.0).reshape(3, 4)
    weight = torch.nn.Parameter(torch.ones(2))
    weight.note = "kept"
    state = collections.OrderedDict(a=torch.ones(2, 3), b=torch.tensor([1, 2], dtype=torch.int32))
    state._metadata = {"": {"version": 1}}
    param = torch.nn.Parameter(torch.arange(3.0))
    param.grad = torch.ones(3)
    optimizer = torch.optim.Adam([param])
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    optimizer.step()
    return {
        "base": base, "row": base[1], "t": base.t(), "expanded": torch.ones(3, 1).expand(3, 4), "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(3.5), "weight": weight, "tied": weight, "state": state, "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(), "dtypes": [torch.ones(2).to(getattr(torch, d)) for d in DTYPES], "dtype": torch.float32,
        "device": torch.device("cpu"), "layout": torch.strided,
        "size": torch.Size([1, 2]), "plain": [3, 1.5, "text", None, True, 10**30, b"ab", {1, 2}, 1 + 2j],
        "leaf": torch.ones(1, requires_grad=True),
    }  # fmt: skip


def check(loaded, torch):
    expected = build(torch)
    for name in ("base", "row", "t", "expanded", "empty", "scalar", "leaf"):
        a, b = loaded[name], expected[name]
        assert type(a) is torch.Tensor and a.tolist() == b.tolist() and a.stride() == b.stride() and a.requires_grad == b.requires_grad, name
    loaded["base"][1, 1] = 99.0
    assert loaded["row"][1].item() == 99.0 and loaded["t"][1, 1].item() == 99.0
    assert loaded["weight"] is loaded["tied"] and type(loaded["weight"]) is torch.nn.Parameter and loaded["weight"].note == "kept"
    assert list(loaded["state"]) == ["a", "b"] and loaded["state"]._metadata == {"": {"version": 1}}
    for a, b in zip(loaded["dtypes"], expected["dtypes"], strict=True):
        assert a.dtype == b.dtype and a.tolist() == b.tolist()
    for name in ("dtype", "device", "layout", "size", "plain"):
        assert loaded[name] == expected[name], name
    mine, theirs = loaded["optimizer"], expected["optimizer"]
    assert mine["param_groups"] == theirs["param_groups"] and mine["state"][0].keys() == theirs["state"][0].keys()
    np.testing.assert_allclose(mine["state"][0]["exp_avg"].tolist(), theirs["state"][0]["exp_avg"].tolist(), rtol=1e-6)
    assert loaded["schedule"] == expected["schedule"]


@pytest.mark.parametrize(
    ("writer", "reader", "protocol"),
    [(torchlike, torch_real, 2), (torch_real, torchlike, 2), (torch_real, torchlike, 4), (torchlike, torchlike, 5)],
    ids=["to_torch", "from_torch", "from_torch_protocol_4", "own_protocol_5"],
)
def test_both_ways(writer, reader, protocol, tmp_path):
    writer.save(build(writer), tmp_path / "x.pt", pickle_protocol=protocol)
    check(reader.load(tmp_path / "x.pt"), reader)


def test_memory_mapped_by_torch(tmp_path):
    torchlike.save(build(torchlike), tmp_path / "x.pt")
    check(torch_real.load(tmp_path / "x.pt", mmap=True), torch_real)


def test_a_model_goes_back_and_forth():
    def make(torch):
        return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3))

    theirs, mine = make(torch_real), make(torchlike)
    file = io.BytesIO()
    torch_real.save(theirs.state_dict(), file)
    file.seek(0)
    mine.load_state_dict(torchlike.load(file))
    x = np.random.default_rng(0).standard_normal((2, 1, 4, 4)).astype(np.float32)
    out, expected = mine(torchlike.tensor(x)), theirs(torch_real.tensor(x))
    np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5)
    file = io.BytesIO()
    torchlike.save(mine.state_dict(), file)
    file.seek(0)
    assert str(theirs.load_state_dict(torch_real.load(file))) == "<All keys matched successfully>"


def test_files_from_before_1_6(tmp_path):
    for writer, reader in ((torchlike, torch_real), (torchlike, torchlike), (torch_real, torchlike)):
        writer.save(build(writer), tmp_path / "x.pt", _use_new_zipfile_serialization=False)
        check(reader.load(tmp_path / "x.pt"), reader)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        torchlike.load(tmp_path / "x.pt", mmap=True)
    whole = (tmp_path / "x.pt").read_bytes()
    with pytest.raises(RuntimeError, match="unexpected EOF, expected 3 more bytes. The file might be corrupted."):
        torchlike.load(io.BytesIO(whole[:-3]))
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        torchlike.load(io.BytesIO(whole[:300]))


def test_memory_mapped_from_torch(tmp_path):
    torch_real.save(build(torch_real), tmp_path / "x.pt")
    check(torchlike.load(tmp_path / "x.pt", mmap=True), torchlike)


def test_conjugates_that_were_not_computed():
    x = torch_real.tensor([1 + 2j, 3 - 1j])
    for saved, expected in ((x.conj(), [1 - 2j, 3 + 1j]), (x.conj().imag, [-2.0, 1.0])):
        file = io.BytesIO()
        torch_real.save(saved, file)
        file.seek(0)
        assert torchlike.load(file).tolist() == expected


def load_error(torch, make):
    file = io.BytesIO()
    torch.save(make(torch), file)
    file.seek(0)
    with pytest.raises(pickle.UnpicklingError) as caught:
        torch.load(file)
    return str(caught.value)


@pytest.mark.parametrize(
    "make",
    [lambda torch: collections.deque(), lambda torch: os.system, lambda torch: {1: range(3)}, lambda torch: frozenset([1]), lambda torch: np.ones(2)],
    ids=["deque", "system", "range", "frozenset", "numpy"],
)  # fmt: skip
def test_refusals_read_as_torchs(make):
    assert load_error(torchlike, make) == load_error(torch_real, make)


def test_a_declared_class_of_torch_is_found_under_its_name():
    file = io.BytesIO()
    torch_real.save([torch_real.nn.Identity], file)
    file.seek(0)
    with torchlike.serialization.safe_globals([torchlike.nn.Identity]):
        assert torchlike.load(file) == [torchlike.nn.Identity]


def test_safetensors_both_ways(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy", reason="the safetensors extra is not installed")
    state = torchlike.nn.Linear(3, 2).state_dict()
    safetensors.save_file({name: t.numpy() for name, t in state.items()}, tmp_path / "x.safetensors")
    loaded = {name: torchlike.from_numpy(a) for name, a in safetensors.load_file(tmp_path / "x.safetensors").items()}
    assert {n: t.tolist() for n, t in loaded.items()} == {n: t.tolist() for n, t in state.items()}
