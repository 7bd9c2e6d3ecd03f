"""A checkpoint written by torch opens here, and one written here opens in torch."""

from __future__ import annotations

import collections
import io

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
        "device": torch.device("cpu"), "size": torch.Size([1, 2]), "plain": [3, 1.5, "text", None, True, 10**30, b"ab", {1, 2}, 1 + 2j],
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
    for name in ("dtype", "device", "size", "plain"):
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
