"""Every layer of torchlike.nn against PyTorch's, over PyTorch's own table of modules (`module_db`): repr, state_dict keys, initial
distribution, outputs, gradients of inputs and parameters, and buffers after a step, from the same weights."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")
pytest.importorskip("expecttest", reason="PyTorch's table of modules needs expecttest")

from torch.testing._internal.common_modules import ModuleErrorEnum, module_db  # noqa: E402

import torchlike  # noqa: E402
from torchlike import nn  # noqa: E402

SAMPLES = 3
RANDOM_IN_TRAINING = ("Dropout", "RReLU")


class Translation:
    """Values of torch as values of torchlike; one Tensor stays one."""

    def __init__(self):
        self.known: dict = {}

    def __call__(self, x):
        if isinstance(x, torch.Tensor):
            if id(x) not in self.known:
                mine = torchlike.from_numpy(x.detach().numpy().copy())
                self.known[id(x)] = (x, mine.requires_grad_(x.requires_grad))
            return self.known[id(x)][1]
        if isinstance(x, torch.nn.utils.rnn.PackedSequence):
            return nn.utils.rnn.PackedSequence(*(None if t is None else self(t) for t in x))
        if isinstance(x, torch.nn.TransformerEncoderLayer):
            return encoder_layer(x)
        if isinstance(x, list | tuple):
            return type(x)(self(v) for v in x)
        if isinstance(x, dict):
            return {k: self(v) for k, v in x.items()}
        if isinstance(x, torch.dtype):
            return getattr(torchlike, str(x).removeprefix("torch."))
        if isinstance(x, torch.nn.LinearCrossEntropyOptions):
            return nn.LinearCrossEntropyOptions(**{f.name: self(getattr(x, f.name)) for f in dataclasses.fields(x)})
        name = getattr(x, "__name__", None)
        return getattr(nn.functional, name) if callable(x) and hasattr(nn.functional, name or "") else x


def encoder_layer(layer):
    return nn.TransformerEncoderLayer(
        layer.linear1.in_features, layer.self_attn.num_heads, layer.linear1.out_features, layer.dropout.p,
        getattr(nn.functional, layer.activation.__name__), batch_first=layer.self_attn.batch_first, norm_first=layer.norm_first,
        bias=layer.linear1.bias is not None,
    )


def flat(x) -> list:
    if isinstance(x, list | tuple):
        return [leaf for each in x for leaf in flat(each)]
    return [x] if hasattr(x, "requires_grad") else []


def samples(info):
    """(training, module input) pairs: a few, evenly spread."""
    for training in (True, False) if info.train_and_eval_differ else (True,):
        torch.manual_seed(0)
        found = list(info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=True, training=training))
        for each in found[:: max(1, len(found) // SAMPLES)][:SAMPLES]:
            yield training, each


def close(mine, theirs, what: str, rtol=2e-4, atol=3e-5):
    np.testing.assert_allclose(np.asarray(mine.detach().numpy()), theirs.detach().numpy(), rtol=rtol, atol=atol, err_msg=what)


def check(info, training, sample):
    name, translate = info.module_cls.__name__, Translation()
    args, kwargs = sample.constructor_input.args, sample.constructor_input.kwargs
    theirs = info.module_cls(*args, **kwargs).to(torch.float32).train(training)
    mine = getattr(nn, name)(*translate(args), **translate(kwargs)).to(torchlike.float32).train(training)
    assert repr(mine) == repr(theirs)
    if name.startswith("Lazy"):
        first = sample.forward_input
        mine(*Translation()(first.args)), theirs(*first.args)
        assert repr(mine) == repr(theirs)
    state = theirs.state_dict()
    assert {k: tuple(v.shape) for k, v in mine.state_dict().items()} == {k: tuple(v.shape) for k, v in state.items()}
    assert list(mine.state_dict()) == list(state)
    mine.load_state_dict({k: torchlike.from_numpy(v.numpy().copy()) for k, v in state.items()})
    if sample.forward_input is None or (training and name.endswith(RANDOM_IN_TRAINING)):
        return
    args, kwargs = sample.forward_input.args, sample.forward_input.kwargs
    my_args, my_kwargs = translate(args), translate(kwargs)
    outs = list(zip(flat(mine(*my_args, **my_kwargs)), flat(theirs(*args, **kwargs)), strict=True))
    for a, b in outs:
        close(a, b, "output")
    outs = [(a, b) for a, b in outs if b.requires_grad]
    if outs:
        inputs = [x for x in flat([args, list(kwargs.values())]) if x.requires_grad] + list(theirs.parameters())
        my_inputs = [translate(x) for x in inputs[: len(inputs) - len(list(theirs.parameters()))]] + list(mine.parameters())
        cotangents = [torch.randn_like(b) for _, b in outs]
        expected = torch.autograd.grad([b for _, b in outs], inputs, cotangents, allow_unused=True)
        found = torchlike.autograd.grad([a for a, _ in outs], my_inputs, [translate(g) for g in cotangents], allow_unused=True)
        for a, b in zip(found, expected, strict=True):
            assert (a is None) == (b is None)
            if b is not None:
                close(a, b, "gradient", rtol=1e-3, atol=2e-4)
    for (key, b), a in zip(theirs.named_buffers(), mine.buffers(), strict=True):
        close(a, b, key)


@pytest.mark.parametrize("info", module_db, ids=lambda info: info.module_cls.__name__)
def test_module(info):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for training, sample in samples(info):
            check(info, training, sample)


def attempt(cls, each, translate=lambda x: x):
    """(type, message) of the error, at construction or in forward."""
    sample = each.module_error_input
    try:
        module = cls(*translate(sample.constructor_input.args), **translate(sample.constructor_input.kwargs))
        if each.error_on is ModuleErrorEnum.FORWARD_ERROR:
            module(*translate(sample.forward_input.args), **translate(sample.forward_input.kwargs))
    except Exception as error:
        return type(error).__name__, str(error)
    return None


@pytest.mark.parametrize("info", [i for i in module_db if i.module_error_inputs_func], ids=lambda info: info.module_cls.__name__)
def test_errors(info):
    for each in info.module_error_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=False, training=True):
        assert attempt(getattr(nn, info.module_cls.__name__), each, Translation()) == attempt(info.module_cls, each), each.error_regex


LAYERS = {
    "Linear": (40, 30), "Bilinear": (20, 10, 8), "Conv2d": (8, 16, 3), "ConvTranspose1d": (8, 16, 4), "Embedding": (60, 20, 3),
    "LSTM": (12, 10), "GRUCell": (12, 20), "MultiheadAttention": (24, 3), "LayerNorm": (30,), "PReLU": (4,),
    "TransformerEncoderLayer": (16, 2, 32),
}


@pytest.mark.parametrize("name", LAYERS)
def test_initial_distribution(name):
    """The same mean, spread and bounds, up to the sampling error of this many elements."""
    torch.manual_seed(0)
    torchlike.manual_seed(0)
    theirs, mine = getattr(torch.nn, name)(*LAYERS[name]), getattr(nn, name)(*LAYERS[name])
    for (key, b), a in zip(theirs.named_parameters(), mine.parameters(), strict=True):
        b, a = b.detach().numpy(), a.detach().numpy()
        scale = b.std() or 1.0
        assert abs(a.mean() - b.mean()) < 5 * scale / np.sqrt(b.size) + 1e-6, key
        assert a.std() == pytest.approx(b.std(), abs=4 * scale / np.sqrt(b.size)), key
        assert np.abs(a).max() <= np.abs(b).max() * 1.5 + 1e-6, key


def test_packed_sequences():
    """Packing, padding and an LSTM in both directions over sequences of different lengths in any order."""
    lengths = [3, 5, 1]
    x = torch.randn(5, 3, 4)
    theirs = torch.nn.LSTM(4, 6, 2, bidirectional=True)
    mine = nn.LSTM(4, 6, 2, bidirectional=True)
    mine.load_state_dict({k: torchlike.from_numpy(v.numpy().copy()) for k, v in theirs.state_dict().items()})

    def run(library, layer, values):
        rnn = library.nn.utils.rnn
        values.requires_grad_(True)
        packed = rnn.pack_padded_sequence(values, lengths, enforce_sorted=False)
        out, (h, c) = layer(packed)
        padded, counts = rnn.pad_packed_sequence(out, padding_value=-1.0, total_length=6)
        (padded.sum() + h.square().sum() + c.sum()).backward()
        return [packed.data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices, padded, counts, h, c, values.grad,
                *(p.grad for p in layer.parameters())]

    pairs = zip(run(torchlike, mine, torchlike.from_numpy(x.numpy().copy())), run(torch, theirs, x), strict=True)
    for i, (a, b) in enumerate(pairs):
        close(a, b, str(i))


def test_padding_and_unpadding():
    rows = [np.arange(n * 2.0).reshape(n, 2) for n in (2, 4, 1)]
    for options in ({}, {"batch_first": True}, {"padding_value": 7.0, "padding_side": "left"}):
        a = nn.utils.rnn.pad_sequence([torchlike.tensor(r) for r in rows], **options)
        close(a, torch.nn.utils.rnn.pad_sequence([torch.tensor(r) for r in rows], **options), str(options))
    packed = nn.utils.rnn.pack_sequence([torchlike.tensor(r) for r in rows], enforce_sorted=False)
    for row, again in zip(rows, nn.utils.rnn.unpack_sequence(packed), strict=True):
        assert again.tolist() == row.tolist()


def test_every_public_layer_exists():
    public = {n for n in dir(torch.nn) if isinstance(getattr(torch.nn, n), type) and not n.startswith("_")}
    assert public <= set(dir(nn)), public - set(dir(nn))
