"""torch.nn.attention, data parallelism on one device, and gradients of convolutions: properties that need no torch."""

from __future__ import annotations

import pytest

import torchlike as torch
from torchlike import nn
from torchlike.nn import functional as F
from torchlike.nn.attention import SDPBackend, bias, sdpa_kernel
from torchlike.nn.attention.flex_attention import AuxRequest, create_block_mask, flex_attention


def qkv(queries=5, keys=7, dtype=torch.float64):
    torch.manual_seed(0)
    return (torch.randn(2, 3, n, 4, dtype=dtype, requires_grad=True) for n in (queries, keys, keys))


def test_flex_attention_is_attention():
    q, k, v = qkv()
    assert flex_attention(q, k, v).allclose(F.scaled_dot_product_attention(q, k, v))
    causal = create_block_mask(lambda b, h, i, j: i >= j, None, None, 5, 7)
    out, lse = flex_attention(q, k, v, block_mask=causal, return_lse=True)
    assert out.allclose(F.scaled_dot_product_attention(q, k, v, is_causal=True)) and lse.shape == (2, 3, 5)
    slopes = torch.tensor([0.5, 0.25, 0.125], dtype=torch.float64)
    expected = slopes[:, None, None] * (torch.arange(7) - torch.arange(5)[:, None])
    found = flex_attention(q, k, v, lambda score, b, h, i, j: score + slopes[h] * (j - i))
    assert found.allclose(F.scaled_dot_product_attention(q, k, v, attn_mask=expected))


def test_flex_attention_differentiates():
    q, k, v = qkv(2, 3)
    scale = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *x: flex_attention(*x[:3], lambda s, b, h, i, j: x[3] * s.tanh()), (q, k, v, scale))


def test_a_query_with_nothing_to_attend_to_gives_zero():
    q, k, v = qkv(3, 3)
    out, aux = flex_attention(q, k, v, block_mask=create_block_mask(lambda b, h, i, j: i > j, None, None, 3, 3), return_aux=AuxRequest(lse=True))
    assert (out[:, :, 0] == 0).all() and aux.max_scores is None and aux.lse[0, 0, 0] == -torch.inf
    out.sum().backward()
    assert torch.isfinite(q.grad).all()


def test_block_masks_count_blocks():
    mask = create_block_mask(lambda b, h, i, j: i >= j, None, None, 256, 256)
    assert mask.to_dense().tolist() == [[[[1, 0], [1, 1]]]] and mask.sparsity() == 25.0 and mask.shape == (1, 1, 256, 256)
    assert mask.full_kv_num_blocks.tolist() == [[[0, 1]]] and mask.kv_num_blocks.tolist() == [[[1, 1]]]


def test_causal_biases():
    q, k, v = qkv()
    right = torch.ones(5, 7, dtype=torch.bool).tril(2)
    found = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.causal_lower_right(5, 7))
    assert found.allclose(F.scaled_dot_product_attention(q, k, v, attn_mask=right))
    assert repr(bias.causal_upper_left(2, 2)) == repr(torch.tensor([[True, False], [True, True]]))


def test_kernels_can_be_named():
    q, k, v = qkv()
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert F.scaled_dot_product_attention(q, k, v).shape == (2, 3, 5, 4)
    with pytest.raises(AssertionError, match="Backend must be an instance of SDPBackend"), sdpa_kernel("math"):
        pass


def test_naming_kernels_sets_their_switches():
    with sdpa_kernel(SDPBackend.MATH):
        assert torch.backends.cuda.math_sdp_enabled() and not torch.backends.cuda.flash_sdp_enabled()
    assert torch.backends.cuda.flash_sdp_enabled()


def test_an_encoder_leaves_zeros_at_padding_where_it_would_skip_it():
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2).eval()
    x, padding = torch.randn(2, 3, 4), torch.tensor([[False, False, True], [False, True, True]])
    recorded = encoder(x, src_key_padding_mask=padding)
    with torch.no_grad():
        skipped, scattered = encoder(x, src_key_padding_mask=padding), encoder(x, src_key_padding_mask=padding.flip(1))
    assert torch.equal(skipped == 0, padding.unsqueeze(-1).expand(2, 3, 4)) and (recorded != 0).all() and (scattered != 0).all()
    assert torch.allclose(skipped[~padding], recorded[~padding], atol=1e-6)
    with pytest.warns(UserWarning, match="because encoder_layer.self_attn.num_heads is odd"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer(3, 3, batch_first=True), 1)
    with pytest.raises(AssertionError, match="only bool and floating types of src_mask are supported"):
        layer(x, src_mask=torch.ones(3, 3).long())
    with pytest.raises(RuntimeError, match=r"size of tensor a \(7\) must match the size of tensor b \(5\)"):
        F.scaled_dot_product_attention(*qkv(), attn_mask=torch.ones(4, 5, dtype=torch.float64))


def test_data_parallel_is_the_module_one_level_down():
    inner = nn.Linear(2, 3)
    outer = nn.DataParallel(inner)
    assert list(outer.state_dict()) == ["module.weight", "module.bias"]
    assert torch.equal(outer(torch.ones(4, 2)), inner(torch.ones(4, 2)))
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        nn.parallel.DistributedDataParallel(inner)


def test_sync_batch_norm_takes_over_the_statistics():
    net = nn.Sequential(nn.Conv1d(1, 2, 1), nn.Sequential(nn.BatchNorm1d(2), nn.ReLU()))
    net(torch.arange(6.0).reshape(2, 1, 3))
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert type(converted[1][0]) is nn.SyncBatchNorm and converted[1][0].num_batches_tracked == 1
    x = torch.ones(2, 1, 3)
    assert torch.equal(converted.eval()(x), net.eval()(x))


def test_gradients_of_convolutions():
    x, w, g = torch.randn(2, 2, 5, 5), torch.randn(4, 1, 3, 3, requires_grad=True), torch.randn(2, 4, 3, 3)
    x.requires_grad_()
    expected = torch.autograd.grad(F.conv2d(x, w, stride=2, padding=1, groups=2), (x, w), g)
    assert nn.grad.conv2d_input(x.shape, w, g, 2, 1, groups=2).allclose(expected[0], atol=1e-6)
    assert nn.grad.conv2d_weight(x, w.shape, g, 2, 1, groups=2).allclose(expected[1], atol=1e-6)
    assert nn.grad.conv2d_input(x.shape, w, g, 2, 1, groups=2).requires_grad
    with torch.no_grad():
        assert not nn.grad.conv2d_weight(x, w.shape, g, 2, 1, groups=2).requires_grad


def test_what_is_refused_says_why():
    with pytest.raises(AttributeError, match="quantised tensors do not exist"):
        nn.quantized  # noqa: B018
