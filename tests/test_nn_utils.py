"""torch.nn.utils: what reparametrising, pruning and fusing must keep true, whatever torch says of the numbers."""

from __future__ import annotations

import copy
import io
import pickle

import pytest

import torchlike as torch
from torchlike import nn
from torchlike.nn.utils import parametrizations, parametrize, prune


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT

    def right_inverse(self, a):
        return a.triu()


class Product(nn.Module):
    def forward(self, x, y):
        return x @ y

    def right_inverse(self, a):
        return a, torch.eye(a.size(1))


class Twice(nn.Module):
    calls = 0

    def forward(self, x):
        Twice.calls += 1
        return 2 * x


def test_parametrizations_come_and_go():
    layer = nn.Linear(3, 3)
    original, optimized = layer.weight, torch.optim.SGD(layer.parameters(), lr=0.1)
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert layer.parametrizations.weight.original is original
    assert torch.equal(layer.weight, layer.weight.mT)
    layer(torch.ones(2, 3)).square().sum().backward()
    optimized.step()
    layer.weight = torch.eye(3) * 5
    assert torch.equal(layer.weight, torch.eye(3) * 5)
    twin = copy.deepcopy(layer)
    assert twin.parametrizations.weight.original is not original and torch.equal(twin.weight, layer.weight)
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        pickle.dumps(layer)
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and layer.weight is original and torch.equal(layer.weight, torch.eye(3) * 5)
    assert pickle.loads(pickle.dumps(layer)).weight.shape == (3, 3)


def test_several_originals_and_a_chain():
    layer = nn.Linear(2, 3)
    before = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Product())
    parametrize.register_parametrization(layer, "weight", Twice())
    names = [name for name, _ in layer.named_parameters()]
    assert names == ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
    assert layer.weight.allclose(2 * before)
    layer.weight.sum().backward()
    assert layer.parametrizations.weight.original1.grad.shape == (2, 2)
    Twice.calls = 0
    with parametrize.cached():
        assert layer.weight is layer.weight
        with parametrize.cached():
            layer(torch.ones(1, 2))
    assert Twice.calls == 1 and layer.weight is not layer.weight


@pytest.mark.parametrize("shape", [(4, 4), (2, 3, 5)], ids=str)
@pytest.mark.parametrize("map_name", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivialized", [True, False])
def test_orthogonal_stays_orthogonal(shape, map_name, trivialized):
    torch.manual_seed(0)
    module = nn.Module()
    module.weight = nn.Parameter(torch.randn(*shape, dtype=torch.float64))
    parametrizations.orthogonal(module, "weight", map_name, use_trivialization=trivialized)

    def gram():
        w = module.weight if shape[-2] >= shape[-1] else module.weight.mT
        return w.mT @ w

    optimizer, target = torch.optim.SGD(module.parameters(), lr=0.05), torch.randn(*shape, dtype=torch.float64)
    losses = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = (module.weight - target).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        assert gram().allclose(torch.eye(min(shape[-2:]), dtype=torch.float64).expand(gram().shape), atol=1e-9)
    assert losses[-1] < losses[0]


def test_norms_bound_the_weight():
    torch.manual_seed(0)
    spectral = parametrizations.spectral_norm(nn.Linear(6, 4), n_power_iterations=20)
    for _ in range(3):
        spectral(torch.ones(1, 6))
    assert torch.linalg.svdvals(spectral.weight)[0].item() == pytest.approx(1.0, abs=1e-3)
    assert spectral.eval().weight.equal(spectral.weight)
    weighted = parametrizations.weight_norm(nn.Conv1d(2, 3, 4))
    with torch.no_grad():
        weighted.parametrizations.weight.original0.fill_(2.0)
    assert weighted.weight.flatten(1).norm(dim=1).allclose(torch.full((3,), 2.0))


def test_older_weight_norm_loads_into_the_parametrization():
    with pytest.warns(FutureWarning, match="weight_norm` is deprecated"):
        old = nn.utils.weight_norm(nn.Linear(4, 3))
    new = parametrizations.weight_norm(nn.Linear(4, 3))
    new.load_state_dict(old.state_dict())
    assert new.weight.allclose(old.weight)
    nn.utils.remove_weight_norm(old)
    assert list(old.state_dict()) == ["bias", "weight"] and not old._forward_pre_hooks


def test_pruned_elements_stay_zero_through_training():
    torch.manual_seed(0)
    layer = nn.Linear(6, 4)
    prune.l1_unstructured(layer, "weight", 0.5)
    prune.ln_structured(layer, "weight", 1, n=2, dim=0)
    assert len(list(layer._forward_pre_hooks.values())[0]) == 2
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5, momentum=0.9)
    mask = layer.weight_mask.clone()
    assert int((mask == 0).sum()) >= 12 and int((mask.sum(1) == 0).sum()) == 1
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.randn(8, 6)).square().sum().backward()
        assert torch.equal(layer.weight_orig.grad == 0, mask == 0)
        optimizer.step()
    layer(torch.ones(1, 6))
    assert torch.equal(layer.weight == 0, mask == 0)
    prune.remove(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter) and torch.equal(layer.weight == 0, mask == 0) and not prune.is_pruned(layer)


def test_global_pruning_ranks_across_parameters():
    small, large = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        small.weight.fill_(0.1)
        large.weight.fill_(1.0)
    prune.global_unstructured([(small, "weight"), (large, "weight")], prune.L1Unstructured, amount=9)
    assert small.weight_mask.sum() == 0 and large.weight_mask.sum() == 9


@pytest.mark.parametrize("transposed", [False, True])
def test_fused_batch_norm_computes_the_same(transposed):
    torch.manual_seed(0)
    conv = (nn.ConvTranspose2d if transposed else nn.Conv2d)(2, 3, 2, bias=False).eval()
    norm = nn.BatchNorm2d(3).eval()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 2, 5, 5)
    assert nn.utils.fuse_conv_bn_eval(conv, norm, transposed)(x).allclose(norm(conv(x)), atol=1e-5)


def test_skip_init_draws_nothing():
    torch.manual_seed(0)
    nn.utils.skip_init(nn.Linear, 3, 4)
    after = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(after, torch.rand(3))


def test_lazy_modules_travel_before_they_know_their_size():
    lazy = nn.Sequential(nn.LazyConv1d(3, 2), nn.LazyBatchNorm1d())
    file = io.BytesIO()
    torch.save(lazy, file)
    file.seek(0)
    for copied in (copy.deepcopy(lazy), pickle.loads(pickle.dumps(lazy)), torch.load(file, weights_only=False)):
        assert repr(copied) == repr(lazy) and copied[0].has_uninitialized_params()
        copied[0].load_state_dict(lazy[0].state_dict())
        assert copied(torch.ones(2, 4, 5)).shape == (2, 3, 4) and type(copied[0]) is nn.Conv1d
        assert not copied[0]._forward_pre_hooks
    with pytest.raises(ValueError, match="uninitialized parameter"):
        lazy[0].weight + lazy[0].weight


def test_conversion_can_make_new_parameters():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    layer(torch.ones(1, 2)).sum().backward()
    assert layer.double().weight is weight
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        layer.float()
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(False)
    assert layer.weight is not weight and weight.dtype == torch.float64 and layer.weight.grad.dtype == torch.float32


def test_a_functional_call_hands_back_what_the_module_assigned():
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(1))

        def forward(self, x):
            self.count = self.count + 1
            return x

    module, state = Counter(), {"count": torch.tensor([5.0])}
    torch.func.functional_call(module, state, (torch.ones(1),))
    assert state["count"].item() == 6 and module.count.item() == 0
    with pytest.raises(TypeError, match="attribute `0`: Linear"):
        torch.func.functional_call(nn.Sequential(nn.Linear(1, 1)), {"0": torch.ones(1)}, (torch.ones(1, 1),))


def test_helpers_at_pytorchs_private_places():
    from torchlike._utils import _flatten_dense_tensors, _take_tensors, _unflatten_dense_tensors
    from torchlike.nn.modules.module import _addindent

    parts = [torch.ones(2), torch.arange(6.0).view(2, 3)]
    flat = _flatten_dense_tensors(parts)
    assert flat.shape == (8,) and all(torch.equal(a, b) for a, b in zip(_unflatten_dense_tensors(flat, parts), parts, strict=True))
    assert [len(group) for group in _take_tensors([*parts, torch.ones(1).double()], 24)] == [1, 1, 1]
    assert _addindent("a\nb", 2) == "a\n  b"
    assert torch.equal(torch._C._nn.gelu(parts[0]), nn.functional.gelu(parts[0]))
