"""Masked functions are the plain ones on the unmasked elements; runs of elements reduced; differences; copies of views."""

from __future__ import annotations

import numpy as np
import pytest

import torchlike as torch

X = np.array([[3.0, -1.0, 2.0, 5.0], [4.0, 0.5, -2.0, 1.0]])
MASK = np.array([[True, False, True, True], [False, True, True, False]])
REDUCTIONS = ["sum", "mean", "amax", "amin", "prod", "std", "var", "median", "logsumexp", "norm"]


@pytest.mark.parametrize("name", REDUCTIONS)
def test_masked_reductions_see_unmasked_elements(name):
    masked = getattr(torch.masked, name)
    found = masked(torch.tensor(X), dim=1, mask=torch.tensor(MASK))
    for row, kept, value in zip(X, MASK, found.tolist(), strict=True):
        assert value == pytest.approx(masked(torch.tensor(row[kept]), dim=0).item())


@pytest.mark.parametrize("name", REDUCTIONS)
def test_masked_elements_get_no_gradient(name):
    x = torch.tensor(X, requires_grad=True)
    getattr(torch.masked, name)(x, dim=1, mask=torch.tensor(MASK)).sum().backward()
    assert not x.grad[torch.tensor(~MASK)].any() and x.grad.any()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin", "cumsum", "cumprod"])
def test_masked_normalisations(name):
    masked = getattr(torch.masked, name)
    found = masked(torch.tensor(X), 1, mask=torch.tensor(MASK)).numpy()
    for row, kept, out in zip(X, MASK, found, strict=True):
        np.testing.assert_allclose(out[kept], masked(torch.tensor(row[kept]), 0).numpy())


def test_what_is_masked_whole_gives_the_identity():
    x, nothing = torch.ones(2, 3), torch.zeros(3, dtype=torch.bool)
    assert torch.masked.sum(x, mask=nothing).item() == 0
    assert torch.masked.prod(x, 1, mask=nothing).tolist() == [1, 1]
    assert torch.masked.amax(x.int(), 1, mask=nothing).tolist() == [-(2**31)] * 2
    assert torch.masked.mean(x, 1, mask=nothing).isnan().all()


@pytest.mark.parametrize("reduce", ["sum", "mean", "prod", "max", "min"])
def test_segment_reduce(reduce):
    x = torch.tensor([1.0, 2.0, -3.0, 0.5, 4.0], dtype=torch.float64, requires_grad=True)
    plain = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min}[reduce]
    expected = [plain(part) for part in (x.detach().numpy()[:2], x.detach().numpy()[2:])]
    lengths = torch.tensor([2, 3])
    assert torch.segment_reduce(x, reduce, lengths=lengths).tolist() == pytest.approx(expected)
    assert torch.segment_reduce(x, reduce, offsets=torch.tensor([0, 2, 5])).tolist() == pytest.approx(expected)
    assert torch.autograd.gradcheck(lambda x: torch.segment_reduce(x, reduce, lengths=lengths), (x,), nondet_tol=1e-9)


def test_segment_reduce_splits_the_gradient_of_ties():
    x = torch.tensor([2.0, 2.0, 1.0], requires_grad=True)
    torch.segment_reduce(x, "max", lengths=torch.tensor([3])).sum().backward()
    assert x.grad.tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_is_exact_for_parabolas(edge_order):
    places = torch.tensor([0.0, 0.5, 1.5, 2.0, 4.0], dtype=torch.float64)
    (slope,) = torch.gradient(places**2, spacing=(places,), edge_order=edge_order)
    inside = slice(None) if edge_order == 2 else slice(1, -1)
    assert torch.allclose(slope[inside], 2 * places[inside])
    even = torch.arange(5, dtype=torch.float64) * 0.5
    (slope,) = torch.gradient(even**2, spacing=0.5, edge_order=edge_order)
    assert torch.allclose(slope[inside], 2 * even[inside])


def test_histogramdd():
    points = torch.tensor([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [0.4, 5.0]])
    found = torch.histogramdd(points, [2, 2], range=[0.0, 1.0, 0.0, 2.0], weight=torch.tensor([1.0, 2.0, 3.0, 4.0]))
    assert found.hist.tolist() == [[1, 0], [0, 5]]
    assert [e.tolist() for e in found.bin_edges] == [[0, 0.5, 1], [0, 1, 2]]


def test_nonzero_static_and_hash():
    assert torch.nonzero_static(torch.tensor([0, 3, 0, 5]), size=3).tolist() == [[1], [3], [-1]]
    assert torch.hash_tensor(torch.tensor([5, 5, 3])).item() == 3


def test_copies_of_views_are_copies():
    x = torch.arange(6.0).reshape(2, 3)
    pairs = [(torch.t_copy(x), x.t()), (torch.diagonal_copy(x), x.diagonal()), (torch.view_copy(x, (3, 2)), x.view(3, 2)),
             (torch.slice_copy(x, 1, 0, None, 2), x[:, ::2]), (torch.split_copy(x, 1)[1], x[1:]),
             (torch.expand_copy(x[:1], (4, 3)), x[:1].expand(4, 3))]
    for copy, view in pairs:
        assert torch.equal(copy, view)
        copy.zero_()
    assert x.sum().item() == 15
