"""torch.nn.functional without torch: derivatives against finite differences, and values against formulas written out."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

import torchlike as torch
import torchlike.nn.functional as F
from torchlike import nn


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def ints(high: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, high, shape)


IMAGE = normal(2, 4, 6, 6)
LINE = normal(2, 4, 7)
ROWS = normal(5, 4)
LABELS = ints(4, 5)
SIGNS = np.sign(normal(5, 4, seed=3))
TARGET = normal(5, 4, seed=4)

# name: (function of float64 Tensors, their values); every argument is differentiated.
DIFFERENTIABLE = {
    "relu6": (lambda x: F.relu6(3 * x), ROWS),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), ROWS),
    "elu": (lambda x: F.elu(x, 1.3), ROWS),
    "selu": (F.selu, ROWS),
    "celu": (lambda x: F.celu(x, 0.7), ROWS),
    "gelu": (F.gelu, ROWS),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), ROWS),
    "silu": (F.silu, ROWS),
    "mish": (F.mish, ROWS),
    "softplus": (lambda x: F.softplus(x, 2.0, 3.0), ROWS),
    "hardsigmoid": (F.hardsigmoid, ROWS),
    "hardswish": (F.hardswish, ROWS),
    "softshrink": (F.softshrink, ROWS),
    "tanhshrink": (F.tanhshrink, ROWS),
    "prelu": (F.prelu, ROWS, np.abs(normal(4))),
    "glu": (F.glu, ROWS),
    "logsigmoid": (F.logsigmoid, ROWS),
    "softmax": (lambda x: F.softmax(x, 0), ROWS),
    "log_softmax": (lambda x: F.log_softmax(x, 1), ROWS),
    "linear": (F.linear, normal(2, 3, 4), normal(5, 4), normal(5)),
    "bilinear": (F.bilinear, ROWS, normal(5, 3), normal(2, 4, 3), normal(2)),
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1, dilation=2), LINE, normal(3, 4, 2), normal(3)),
    "conv2d": (lambda x, w: F.conv2d(x, w, padding="same"), IMAGE, normal(3, 4, 3, 2)),
    "conv2d_grouped": (lambda x, w: F.conv2d(x, w, stride=(2, 1), groups=2), IMAGE, normal(6, 2, 3, 3)),
    "conv2d_many_channels": (lambda x, w: F.conv2d(x, w, padding=1), normal(2, 6, 4, 4), normal(3, 6, 3, 3)),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1, groups=2), IMAGE, normal(4, 3, 3, 3)),
    "unfold": (lambda x: F.unfold(x, 3, padding=1, stride=2), IMAGE),
    "fold": (lambda x: F.fold(x, (4, 5), (2, 3), padding=1, stride=(2, 1)), normal(2, 12, 15)),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), IMAGE),
    "max_pool2d_overlapping": (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), IMAGE),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 1, dilation=2), LINE),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), IMAGE),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (4, 1)), IMAGE),
    "adaptive_max_pool1d": (lambda x: F.adaptive_max_pool1d(x, 3), LINE),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (3, 4), w, b), normal(2, 3, 4), normal(3, 4), normal(3, 4)),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), LINE, normal(4), normal(4)),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), LINE, normal(4), normal(4)),
    "instance_norm": (F.instance_norm, LINE),
    "rms_norm": (lambda x, w: F.rms_norm(x, (4,), w), ROWS, normal(4)),
    "local_response_norm": (lambda x: F.local_response_norm(x, 3, alpha=0.5), IMAGE),
    "normalize": (F.normalize, ROWS),
    "mse_loss": (F.mse_loss, ROWS, TARGET),
    "smooth_l1_loss": (lambda x, y: F.smooth_l1_loss(x, y, reduction="sum", beta=0.5), ROWS, TARGET),
    "huber_loss": (lambda x, y: F.huber_loss(x, y, reduction="none", delta=0.5), ROWS, TARGET),
    "binary_cross_entropy": (lambda x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid()), ROWS, TARGET),
    "binary_cross_entropy_with_logits": (F.binary_cross_entropy_with_logits, ROWS, TARGET),
    "cross_entropy": (lambda x: F.cross_entropy(x, torch.tensor(LABELS), torch.arange(4.0, dtype=torch.float64), label_smoothing=0.1), ROWS),
    "soft_cross_entropy": (lambda x, y: F.cross_entropy(x, y.softmax(1)), ROWS, TARGET),
    "nll_loss_2d": (lambda x: F.nll_loss(x, torch.tensor(ints(4, 2, 6, 6)), ignore_index=1), IMAGE),
    "soft_margin_loss": (lambda x: F.soft_margin_loss(x, torch.tensor(SIGNS)), ROWS),
    "multi_margin_loss": (lambda x: F.multi_margin_loss(x, torch.tensor(LABELS), p=2), ROWS),
    "multilabel_margin_loss": (lambda x: F.multilabel_margin_loss(x, torch.tensor([[0, 2, -1, 1]] * 5)), ROWS),
    "poisson_nll_loss": (lambda x, y: F.poisson_nll_loss(x, y.exp(), full=True), ROWS, TARGET),
    "gaussian_nll_loss": (lambda x, y: F.gaussian_nll_loss(x, y, torch.tensor(np.exp(TARGET))), ROWS, TARGET),
    "cosine_similarity": (F.cosine_similarity, ROWS, TARGET),
    "triplet_margin_loss": (lambda a, p, n: F.triplet_margin_loss(a, p, n, swap=True), ROWS, TARGET, normal(5, 4, seed=6)),
    "attention": (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), *(normal(2, 3, 4, seed=s) for s in range(3))),
    "attention_mask": (F.scaled_dot_product_attention, *(normal(2, 3, 4, seed=s) for s in range(3)), normal(3, 3)),
    "interpolate_bilinear": (lambda x: F.interpolate(x, size=(4, 9), mode="bilinear"), IMAGE),
    "interpolate_bicubic": (lambda x: F.interpolate(x, scale_factor=1.5, mode="bicubic", align_corners=True), IMAGE),
    "interpolate_nearest": (lambda x: F.interpolate(x, size=10), LINE),
    "pad_reflect": (lambda x: F.pad(x, (2, 1, 0, 3), mode="reflect"), IMAGE),
    "pad_circular": (lambda x: F.pad(x, (2, 1), mode="circular"), LINE),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2), IMAGE),
    "grid_sample": (lambda x, g: F.grid_sample(x, g.tanh(), align_corners=False), IMAGE, normal(2, 3, 3, 2)),
    "embedding": (lambda w: F.embedding(torch.tensor(ints(5, 3, 2)), w), ROWS),
    "embedding_bag": (lambda w: F.embedding_bag(torch.tensor(ints(5, 3, 2)), w, mode="max"), ROWS),
}


def tensors(values) -> list:
    return [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in values]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_is_the_slope(name):
    function, *values = DIFFERENTIABLE[name]
    arguments = tensors(values)
    out = function(*arguments)
    weights = torch.tensor(normal(*out.shape, seed=9))
    grads = torch.autograd.grad((out * weights).sum(), arguments)
    for i, grad in enumerate(grads):
        direction, step = normal(*values[i].shape, seed=11), 1e-6
        ends = [
            float((function(*tensors(v + sign * step * direction if j == i else v for j, v in enumerate(values))) * weights).sum())
            for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert float((grad * torch.tensor(direction)).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-7), f"argument {i}"


@pytest.mark.parametrize("name", ["conv2d", "layer_norm", "batch_norm", "attention", "softmax", "linear"])
def test_second_derivative_is_the_slope_of_the_first(name):
    function, *values = DIFFERENTIABLE[name]

    def first(array, create_graph=False):
        arguments = tensors([array, *values[1:]])
        out = function(*arguments)
        weights = torch.tensor(normal(*out.shape, seed=9))
        (grad,) = torch.autograd.grad((out.square() * weights).sum(), arguments[0], create_graph=create_graph)
        return arguments[0], (grad * torch.tensor(normal(*array.shape, seed=10))).sum()

    x, value = first(values[0], create_graph=True)
    (second,) = torch.autograd.grad(value, x)
    direction, step = normal(*values[0].shape, seed=11), 1e-5
    slope = (float(first(values[0] + step * direction)[1]) - float(first(values[0] - step * direction)[1])) / (2 * step)
    assert float((second * torch.tensor(direction)).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("function", "at", "slope"), [
    (F.relu, 0.0, 0.0), (F.relu6, 6.0, 0.0), (F.hardtanh, -1.0, 0.0), (F.hardsigmoid, 3.0, 0.0), (F.hardswish, 3.0, 1.0),
    (F.leaky_relu, 0.0, 0.01), (F.elu, 0.0, 1.0), (F.softshrink, 0.5, 0.0), (F.logsigmoid, 0.0, 0.5), (F.celu, 200.0, 1.0),
])
def test_slope_at_the_kink(function, at, slope):
    x = torch.tensor(at, requires_grad=True)
    function(x).backward()
    assert x.grad.item() == pytest.approx(slope)


def test_max_pool_gives_the_gradient_to_the_first_of_equals():
    x = torch.ones(1, 1, 4, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad[0, 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]] * 2
    _, where = F.max_pool2d(x, 2, return_indices=True)
    assert where[0, 0].tolist() == [[0, 2], [8, 10]]


def test_unpooling_puts_maxima_back():
    x = torch.tensor(IMAGE)
    best, where = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(best, where, 2)
    assert torch.equal(F.max_pool2d(back.clamp(min=0) + x * (back != 0), 2) > 0, best > 0)
    assert torch.equal(back[back != 0].sort().values, best.flatten().sort().values)


def test_convolution_is_the_sum_written_out():
    x, w = normal(1, 2, 5, 6), normal(3, 2, 2, 3)
    expected = np.zeros((1, 3, 2, 4))
    for o, i, j, c, a, b in itertools.product(range(3), range(2), range(4), range(2), range(2), range(3)):
        expected[0, o, i, j] += x[0, c, 2 * i + 2 * a, j + b] * w[o, c, a, b]
    out = F.conv2d(torch.tensor(x), torch.tensor(w), stride=(2, 1), dilation=(2, 1))
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-12)


def test_transposed_convolution_is_the_adjoint():
    x, w, y = torch.tensor(IMAGE), torch.tensor(normal(3, 4, 3, 3)), torch.tensor(normal(2, 3, 3, 3))
    forward = (F.conv2d(x, w, stride=2, padding=1) * y).sum()
    backward = (F.conv_transpose2d(y, w, stride=2, padding=1, output_padding=1) * x).sum()
    assert forward.item() == pytest.approx(backward.item())


def test_batch_norm_moves_the_running_statistics():
    x = torch.tensor(LINE, dtype=torch.float32)
    mean, var = torch.zeros(4), torch.ones(4)
    out = F.batch_norm(x, mean, var, training=True, momentum=0.25)
    flat = LINE.transpose(1, 0, 2).reshape(4, -1)
    np.testing.assert_allclose(mean.numpy(), 0.25 * flat.mean(1), rtol=1e-5)
    np.testing.assert_allclose(var.numpy(), 0.75 + 0.25 * flat.var(1, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(out.numpy().transpose(1, 0, 2).reshape(4, -1).std(1), 1, rtol=1e-4)
    again = F.batch_norm(x, mean, var)
    np.testing.assert_allclose(again.numpy()[:, 0], (LINE[:, 0] - mean[0].item()) / math.sqrt(var[0].item() + 1e-5), rtol=1e-4)


def test_embedding_gradient_skips_padding_and_counts_repeats():
    w = torch.ones(4, 2, requires_grad=True)
    F.embedding(torch.tensor([1, 1, 3, 0]), w, padding_idx=0).sum().backward()
    assert w.grad[:, 0].tolist() == [0, 2, 0, 1]
    w.grad = None
    F.embedding(torch.tensor([1, 1, 3]), w, scale_grad_by_freq=True).sum().backward()
    assert w.grad[:, 0].tolist() == [0, 1, 0, 1]
    F.embedding(torch.tensor([2]), w.detach(), max_norm=1.0)
    assert w[2].norm().item() == pytest.approx(1, abs=1e-5) and w[1].norm().item() == pytest.approx(math.sqrt(2))


def test_embedding_bag_pools_stretches():
    w, i, offsets = torch.tensor(ROWS), torch.tensor([0, 1, 1, 4]), torch.tensor([0, 3, 3])
    expected = np.stack([ROWS[[0, 1, 1]].sum(0), np.zeros(4), ROWS[4]])
    np.testing.assert_allclose(F.embedding_bag(i, w, offsets, mode="sum").numpy(), expected)


def test_limiting_the_norm_of_rows_leaves_their_tangents():
    with torch.autograd.forward_ad.dual_level():
        w = torch.autograd.forward_ad.make_dual(torch.tensor(ROWS), torch.ones(ROWS.shape, dtype=torch.float64))
        out, tangent = torch.autograd.forward_ad.unpack_dual(F.embedding(torch.tensor([0, 2]), w, max_norm=0.5))
    assert (out.norm(dim=1) <= 0.5).all() and torch.equal(tangent, torch.ones_like(tangent))


def test_attention_of_an_empty_batch():
    x = torch.ones(3, 0, 4)
    for need_weights in (True, False):
        assert nn.MultiheadAttention(4, 2)(x, x, x, need_weights=need_weights)[0].shape == (3, 0, 4)


def test_attention_is_softmax_of_products_times_values():
    q, k, v = (normal(2, 5, 4, seed=s) for s in range(3))
    scores = np.where(np.tril(np.ones((5, 5), bool)), q @ k.swapaxes(1, 2) / 2, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    expected = weights / weights.sum(-1, keepdims=True) @ v
    out = F.scaled_dot_product_attention(*(torch.tensor(x) for x in (q, k, v)), is_causal=True)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-6)


def test_long_causal_attention_in_pieces_agrees_with_a_mask():
    q, k, v = (torch.tensor(normal(1, 260, 4, seed=s), requires_grad=True) for s in range(3))
    mask = torch.ones(260, 260, dtype=torch.bool).tril()
    for x, y in zip(
        torch.autograd.grad(F.scaled_dot_product_attention(q, k, v, is_causal=True).square().sum(), (q, k, v)),
        torch.autograd.grad(F.scaled_dot_product_attention(q, k, v, mask).square().sum(), (q, k, v)), strict=True,
    ):
        np.testing.assert_allclose(x.numpy(), y.numpy(), rtol=1e-8, atol=1e-10)


def test_a_row_with_nothing_to_attend_to_is_zero():
    q = torch.tensor(normal(2, 3))
    out = F.scaled_dot_product_attention(q, q, q, torch.tensor([[True, False], [False, False]]))
    assert out[1].tolist() == [0, 0, 0]


def test_ctc_loss_sums_over_alignments():
    log_probs = np.log(np.random.default_rng(0).dirichlet(np.ones(3), 4))
    likelihood = 0.0
    for path in itertools.product(range(3), repeat=4):
        collapsed = [c for c, _ in itertools.groupby(path) if c]
        if collapsed == [1, 2]:
            likelihood += math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    loss = F.ctc_loss(torch.tensor(log_probs[:, None]), torch.tensor([[1, 2]]), [4], [2], reduction="sum")
    assert loss.item() == pytest.approx(-math.log(likelihood))


def test_dropout_keeps_the_expectation_and_is_seeded():
    torch.manual_seed(3)
    x = torch.ones(100, 100, requires_grad=True)
    out = F.dropout(x, 0.25)
    kept = out != 0
    assert 0.7 < kept.float().mean().item() < 0.8
    assert out[kept].unique().tolist() == pytest.approx([1 / 0.75])
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())
    torch.manual_seed(3)
    assert torch.equal(F.dropout(x, 0.25), out)
    assert F.dropout(x, 0.25, training=False) is x
    assert F.dropout(x, 1.0).sum().item() == 0
    assert set(F.dropout2d(torch.ones(4, 8, 3, 3)).mean((2, 3)).unique().tolist()) <= {0.0, 2.0}


def test_in_place_activation_writes_and_differentiates():
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    y = x * 1
    assert F.relu(y, inplace=True) is y and y.tolist() == [0, 2]
    y.sum().backward()
    assert x.grad.tolist() == [0, 1]
    z = torch.tensor([-1.0, 2.0])
    F.leaky_relu(z, 0.5, inplace=True)
    assert z.tolist() == [-0.5, 2]


def test_names_in_the_graph():
    x = torch.ones(2, 3, requires_grad=True)
    w, b = torch.ones(4, 3, requires_grad=True), torch.ones(4)
    image = torch.ones(1, 1, 4, 4, requires_grad=True)
    made = {
        "AddmmBackward0": F.linear(x, w, b), "MmBackward0": F.linear(x, w), "ReluBackward0": F.relu(x), "SoftmaxBackward0": x.softmax(1),
        "ConvolutionBackward0": F.conv2d(image, torch.ones(2, 1, 3, 3)), "MaxPool2DWithIndicesBackward0": F.max_pool2d(image, 2),
        "NativeLayerNormBackward0": F.layer_norm(x, (3,)), "NllLossBackward0": F.cross_entropy(x, torch.tensor([0, 1])),
        "MseLossBackward0": F.mse_loss(x, torch.zeros(2, 3)), "EmbeddingBackward0": F.embedding(torch.tensor([0]), x),
        "NativeBatchNormBackward0": F.batch_norm(x, None, None, training=True),
    }
    assert {name: out.grad_fn.name() for name, out in made.items()} == {name: name for name in made}


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: F.conv2d(torch.ones(1, 3, 4, 4), torch.ones(2, 2, 3, 3)), RuntimeError, "expected input.1, 3, 4, 4. to have 2 channels"),
    (lambda: F.max_pool2d(torch.ones(1, 3, 4, 4), 5), RuntimeError, "Output size is too small"),
    (lambda: F.batch_norm(torch.ones(1, 3), None, None, training=True), ValueError, "Expected more than 1 value per channel"),
    (lambda: F.embedding(torch.tensor([5]), torch.ones(5, 2)), IndexError, "index out of range in self"),
    (lambda: F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3])), IndexError, "Target 3 is out of bounds."),
    (lambda: F.linear(torch.ones(2, 3), torch.ones(4, 5)), RuntimeError, "mat1 and mat2 shapes cannot be multiplied .2x3 and 5x4."),
    (lambda: F.dropout(torch.ones(2), 1.5), ValueError, "dropout probability has to be between 0 and 1, but got 1.5"),
    (lambda: F.layer_norm(torch.ones(2, 3), (4,)), RuntimeError, "Given normalized_shape=.4."),
    (lambda: F.softmax(torch.ones(2, dtype=torch.int64), 0), NotImplementedError, "not implemented for 'Long'"),
    (lambda: F.glu(torch.ones(3)), RuntimeError, "Halving dimension must be even"),
    (lambda: F.pad(torch.ones(1, 2, 3), (3, 0), mode="reflect"), RuntimeError, "Padding size should be less"),
    (lambda: F.batch_norm(torch.ones(3), None, None, training=True), IndexError, r"range of \[-1, 0\], but got 1"),
    (lambda: nn.BatchNorm1d(3)(torch.ones(2, 3).double()), RuntimeError, "all inputs must share same datatype"),
    (lambda: F.group_norm(torch.ones(2, 4), 2, torch.ones(4).half()), RuntimeError, "expect parameter to have scalar type of Float"),
    (lambda: F.bilinear(torch.ones(2, 3), torch.ones(2, 3), torch.ones(1, 3, 3).double()), RuntimeError, "All tensors must have the same dtype"),
    (lambda: F.pad(torch.ones(2), (1.5, 1)), TypeError, "found element of type float at pos 0"),
    (lambda: F.grid_sample(torch.ones(1, 1, 0, 2), torch.ones(1, 1, 1, 2), align_corners=True), RuntimeError, "non-empty spatial dimensions"),
    (lambda: F.grid_sample(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 2).double(), align_corners=True), RuntimeError, "Float but found Double"),
    (lambda: F.interpolate(torch.ones(1, 1, 2).long(), size=3), NotImplementedError, "not implemented for 'Long'"),
    (lambda: F.unfold(torch.ones(1, 1, 2, 2).long(), 2), NotImplementedError, "\"im2col_out_cpu\" not implemented for 'Long'"),
    (lambda: torch.flatten(torch.tensor(1.0), 1), IndexError, "Dimension out of range"),
    (lambda: F.leaky_relu_(torch.ones(2, requires_grad=True) * 1, -1.0).sum().backward(), RuntimeError, "In-place leakyReLu backward"),
    (lambda: F.elu_(torch.ones(2, requires_grad=True) * 1, -1.0).sum().backward(), RuntimeError, "In-place elu backward"),
    (lambda: F.binary_cross_entropy_with_logits(torch.ones(3, 4), torch.ones(3, 4), torch.ones(2)), RuntimeError,
     r"size of tensor a \(4\) must match the size of tensor b \(2\) at non-singleton dimension 1"),
    (lambda: nn.Conv2d(3, 3, 3)(None), TypeError, r"conv2d\(\) received an invalid combination of arguments"),
    (lambda: F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2), dilation=0), RuntimeError, r"greater than zero, but got \[0, 0\]"),
    (lambda: F.embedding_bag(torch.tensor([0]), torch.ones(2), torch.tensor([0])), ValueError, "weight has to be a 2D Tensor"),
    (lambda: F.embedding_bag(torch.tensor([0]), torch.ones(2, 2).int(), torch.tensor([0])), RuntimeError, "but got torch.IntTensor instead"),
    (lambda: torch.embedding_renorm_(nn.Parameter(torch.ones(2, 2)), torch.tensor([0]), 1.0, 2.0), RuntimeError, "leaf Variable"),
    (lambda: nn.utils.rnn.pad_sequence([1, 2]), TypeError, "expected Tensor as element 0 in argument 0, but got int"),
    (lambda: torch.ones(2, 2).bool() @ torch.ones(2, 2).bool(), NotImplementedError, "\"addmm_impl_cpu_\" not implemented for 'Bool'"),
    (lambda: torch.einsum("...i,...i", torch.ones(2, 3), torch.ones(4, 3)), RuntimeError, "covered by ellipsis in operand 1has size 4"),
    (lambda: torch.einsum(torch.ones(2, 2), [0, 60]), ValueError, r"not within the valid range \[0, 52\)"),
    (lambda: torch.native_dropout(torch.ones(2), 1.5, True), RuntimeError, r"expects p to be in \[0, 1\], but got p=-0.5"),
    (lambda: F.interpolate(torch.ones(1, 1, 2, 2)), ValueError, "either size or scale_factor should be defined"),
])
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


_STRIDED_BACKWARD = """
import torchlike as torch
x, w = torch.randn(1, 2, 4, 2, requires_grad=True), torch.randn(2, 2, 2, 3, requires_grad=True)
torch.nn.functional.conv2d(x, w, stride=2, padding=1).sum().backward()
# Every window sums to one number, so an element's gradient is what of the kernel passes over it.
k = w.detach().sum(0)
assert torch.allclose(x.grad[0, :, 0, 0], k[:, 1, 1]) and torch.allclose(x.grad[0, :, 1, 1], k[:, 0, 2])
print("done")
"""


def test_input_gradient_of_a_convolution_that_xla_aborts_on():
    done = subprocess.run([sys.executable, "-c", _STRIDED_BACKWARD], capture_output=True, text=True, timeout=600)
    assert done.stdout == "done\n", done.stderr[-2000:]


def test_grouped_products_split_one_dimension():
    torch.manual_seed(0)
    ends = torch.tensor([1, 4], dtype=torch.int32)
    parts = (slice(0, 1), slice(1, 4))
    a, b, square = torch.randn(4, 3), torch.randn(2, 3, 5), torch.randn(4, 6)
    rows = torch.cat([a[part] @ b[g] for g, part in enumerate(parts)])
    assert F.grouped_mm(a, b, offs=ends).allclose(rows, atol=1e-6)
    columns = torch.cat([b.mT[g] @ a.mT[:, part] for g, part in enumerate(parts)], 1)
    assert F.grouped_mm(b.mT, a.mT, offs=ends).allclose(columns, atol=1e-6)
    inner = torch.stack([a.mT[:, part] @ square[part] for part in parts])
    assert F.grouped_mm(a.mT, square, offs=ends).allclose(inner, atol=1e-6)
