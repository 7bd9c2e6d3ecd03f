"""Functions of the `torch` namespace that stand beside those of `torch.nn.functional` under other argument orders."""

from __future__ import annotations

import pytest

import torchlike as torch
import torchlike.nn.functional as F


def test_losses_take_numbers_for_reductions():
    x, y = torch.tensor([0.2, -0.4]), torch.tensor([1.0, 0.0])
    for number, name in enumerate(["none", "mean", "sum"]):
        assert torch.equal(torch.hinge_embedding_loss(x, y, 1.0, number), F.hinge_embedding_loss(x, y, reduction=name))
        assert torch.equal(torch.binary_cross_entropy_with_logits(x, y, None, None, number), F.binary_cross_entropy_with_logits(x, y, reduction=name))


def test_embedding_takes_the_table_first():
    weight, indices = torch.arange(6.0).reshape(3, 2).requires_grad_(), torch.tensor([2, 0, 2])
    assert torch.equal(torch.embedding(weight, indices), weight[indices])
    out, bag, sizes, _ = torch.embedding_bag(weight, indices, torch.tensor([0, 1]), mode=1)
    assert torch.equal(out, torch.stack([weight[2], (weight[0] + weight[2]) / 2]))
    assert (bag.tolist(), sizes.tolist()) == ([0, 1, 1], [1, 2])


@pytest.mark.parametrize(("name", "module"), [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU), ("rnn_tanh", torch.nn.RNN)])
def test_recurrent_functions_do_what_the_modules_do(name, module):
    torch.manual_seed(0)
    layers = module(3, 4, 2, bidirectional=True)
    x, h = torch.randn(5, 2, 3), torch.zeros(4, 2, 4)
    expected, state = layers(x)
    hx = (h, h) if name == "lstm" else h
    found = getattr(torch, name)(x, hx, list(layers.parameters()), True, 2, 0.0, False, True, False)
    last = state if name == "lstm" else (state,)
    assert all(torch.allclose(a, b) for a, b in zip(found, (expected, *last), strict=True))


def test_native_norms_return_their_statistics():
    x = torch.tensor([[1.0, 3.0], [2.0, 6.0]])
    out, mean, rstd = torch.native_layer_norm(x, (2,), None, None, 0.0)
    assert torch.allclose((x - mean) * rstd, out) and mean.tolist() == [[2], [4]]
    _, mean, rstd = torch.native_batch_norm(x, None, None, None, None, True, 0.1, 0.0)
    assert mean.tolist() == [1.5, 4.5] and torch.allclose(rstd, torch.tensor([2.0, 1 / 1.5]))


def test_native_dropout_returns_its_mask():
    x = torch.ones(200)
    out, mask = torch.native_dropout(x, 0.5, True)
    assert torch.equal(out, mask * 2.0) and 50 < mask.sum().item() < 150


def test_fake_quantisation_rounds_and_passes_gradients_in_range():
    x = torch.tensor([-1.0, 0.12, 0.28, 9.0], requires_grad=True)
    out = torch.fake_quantize_per_tensor_affine(x, 0.1, 2, 0, 10)
    assert torch.allclose(out, torch.tensor([-0.2, 0.1, 0.3, 0.8]))
    out.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]
    by_row = torch.fake_quantize_per_channel_affine(torch.ones(2, 2) * 0.26, torch.tensor([0.1, 0.5]), torch.zeros(2, dtype=torch.int32), 0, 0, 9)
    assert torch.allclose(by_row, torch.tensor([[0.3, 0.3], [0.5, 0.5]]))


def test_the_last_offset_ends_the_last_bag():
    weight = torch.eye(4)
    out = F.embedding_bag(torch.tensor([0, 2, 3]), weight, torch.tensor([0, 1, 2]), mode="sum", include_last_offset=True)
    assert torch.equal(out, weight[[0, 2]])


def test_masked_scatter_counts_the_ones_of_its_mask():
    x, source = torch.zeros(2, 3), torch.tensor([5.0, 6.0])
    with pytest.raises(RuntimeError, match="Number of elements of source < number of ones in mask"):
        x.masked_scatter(torch.tensor([True, True, False]), source).sum().item()
    rows = torch.func.vmap(lambda row, mask: row.masked_scatter(mask, source))(x, torch.tensor([[True, False, True], [False, True, False]]))
    assert rows.tolist() == [[5, 0, 6], [0, 5, 0]]
