"""Pooling where it is easily wrong: large windows, NaN, outputs without elements, half precision, and what is refused."""

from __future__ import annotations

import pytest

import torchlike as torch
import torchlike.nn.functional as F
from torchlike import nn

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("fill", [None, NAN, -INF])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_large_windows_agree_with_the_maximum_of_unfolded_ones(rank, fill):
    size, kernel = (70, 12, 9)[rank - 1], (66, 9, 5)[rank - 1]
    x = torch.randn((1, 2) + (size,) * rank, dtype=torch.float64) if fill is None else torch.full((1, 2) + (size,) * rank, fill)
    x.requires_grad_()
    padding = kernel // 2 - 1
    pool = getattr(F, f"max_pool{rank}d")
    best, where = pool(x, kernel, 2, padding, return_indices=True)
    assert torch.equal(best.isnan(), x.detach().flatten(2).gather(2, where.flatten(2)).view(best.shape).isnan())
    windows = F.pad(x.detach(), (padding,) * (2 * rank), value=-INF)
    for dim in range(2, 2 + rank):
        windows = windows.unfold(dim, kernel, 2)
    expected = windows.flatten(2 + rank).amax(-1)
    assert torch.equal(best.nan_to_num(7.0, neginf=-9.0), expected.nan_to_num(7.0, neginf=-9.0))
    assert torch.equal(pool(x.detach(), kernel, 2, padding).nan_to_num(7.0, neginf=-9.0), expected.nan_to_num(7.0, neginf=-9.0))
    pool(x, kernel, 2, padding).sum().backward()
    assert torch.equal(x.grad.flatten(2), torch.zeros_like(x).flatten(2).scatter_add(2, where.flatten(2), torch.ones_like(best).flatten(2)))


def test_the_last_nan_is_the_maximum():
    x = torch.tensor([[[1.0, NAN, 3.0, NAN, 2.0]]])
    assert F.max_pool1d(x, 5, return_indices=True)[1].item() == 3
    assert F.adaptive_max_pool1d(x, 1, return_indices=True)[1].item() == 3
    assert F.fractional_max_pool2d(x.expand(1, 5, 5)[None], 5, output_size=1, return_indices=True)[1].item() == 23


def test_half_precision_averages_are_summed_in_single():
    x = torch.linspace(0.1, 3.0, 64).reshape(1, 1, 8, 8)
    narrow = x.bfloat16().requires_grad_()
    for pool in (lambda t: F.avg_pool2d(t, 7, 1), lambda t: F.adaptive_avg_pool2d(t, 3)):
        out = pool(narrow)
        assert torch.equal(out, pool(narrow.detach().float()).bfloat16())
        assert torch.autograd.grad(out.sum(), narrow)[0].dtype is torch.bfloat16


@pytest.mark.parametrize("kind", ["avg", "max"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_an_adaptive_output_without_elements_has_no_gradient(kind, rank):
    x = torch.ones((1, 2) + (4,) * rank, requires_grad=True)
    out = getattr(F, f"adaptive_{kind}_pool{rank}d")(x, 0)
    assert out.shape == (1, 2) + (0,) * rank
    with pytest.raises(RuntimeError, match="Expected grad_output to have non-zero size for non-batch dimensions"):
        out.sum().backward()


def test_empty_batches_and_outputs():
    assert F.adaptive_max_pool1d(torch.ones(0, 10), 3).shape == (0, 3)
    assert nn.FractionalMaxPool2d([2, 2], output_size=[0, 1])(torch.ones(4, 5, 8, 8)).shape == (4, 5, 0, 1)
    assert nn.FractionalMaxPool3d(2, output_size=[2, 0, 1])(torch.ones(5, 8, 8, 8)).shape == (5, 2, 0, 1)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: F.fractional_max_pool2d(torch.ones(1, 0, 5, 5), 2, 2), RuntimeError, "Expected input to have non-zero size"),
    (lambda: F.max_unpool2d(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2).long(), 2, output_size=(1, 4, 4)), ValueError, "2 or 4 elements"),
    (lambda: F.max_pool1d(torch.ones(1, 1, 4).int(), 2), NotImplementedError, "\"max_pool1d_impl\" not implemented for 'Int'"),
    (lambda: F.max_pool2d(torch.ones(1, 1, 4, 4).bool(), 2), NotImplementedError, "\"max_pool2d\" not implemented for 'Bool'"),
    (lambda: F.avg_pool2d(torch.ones(1, 1, 4, 4).int(), 2), NotImplementedError, "\"avg_pool2d\" not implemented for 'Int'"),
    (lambda: F.avg_pool2d(torch.ones(1, 1, 4, 4), 2.5), TypeError, r"'kernel_size' \(position 2\) must be tuple of ints, not float"),
    (lambda: F.max_pool2d(torch.ones(1, 1, 4, 4), 2, (1, 1, 1)), RuntimeError, "stride must either be omitted, a single int"),
])
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
