"""torch.nn.utils against torch: masks, keys, repr, and the words of every error."""

from __future__ import annotations

import importlib

import pytest

pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from ..scenarios.collect import attempts  # noqa: E402
from .both import assert_same  # noqa: E402

SCORES = [[1.0, -2, 3, -4], [0.5, -0.1, 0.2, 7], [9, 8.5, 7.25, 6]]


def utils(torch, name):
    return importlib.import_module(f"{torch.__name__}.nn.utils.{name}")


def layer(torch):
    made = torch.nn.Linear(4, 3)
    with torch.no_grad():
        made.weight.copy_(torch.tensor(SCORES))
        made.bias.copy_(torch.tensor([1.0, -0.5, 3.0]))
    return made


def bad(torch, forward, inverse=None):
    class Bad(torch.nn.Module):
        pass

    Bad.forward = lambda self, *x: forward(*x)
    if inverse is not None:
        Bad.right_inverse = lambda self, x: inverse(x)
    return Bad()


FAULTS = {
    "dtype": lambda torch: (lambda x: x.double(),), "shape": lambda torch: (lambda x: x[:1],), "kind": lambda torch: (lambda x: 3,),
    "inverse_dtype": lambda torch: (lambda x: x, lambda x: x.double()), "inverse_kind": lambda torch: (lambda x: x, lambda x: 3),
    "inverse_shape": lambda torch: (lambda x: x, lambda x: x[:1]), "inverse_part": lambda torch: (lambda x, y: x, lambda x: (x, 3)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_parametrizations(fault):
    def scenario(torch):
        p = utils(torch, "parametrize")
        parts = FAULTS[fault](torch)
        twice = p.register_parametrization(layer(torch), "weight", bad(torch, lambda x: 2 * x))

        def assigned():
            made = layer(torch)
            p.register_parametrization(made, "weight", bad(torch, *parts), unsafe=True)
            made.weight = torch.ones(3, 4)

        return attempts(
            lambda: type(p.register_parametrization(layer(torch), "weight", bad(torch, *parts))).__name__,
            lambda: type(p.register_parametrization(twice, "weight", bad(torch, *parts))).__name__,
            assigned,
        )

    assert_same(scenario)


def test_errors_of_parametrizations():
    def scenario(torch):
        p, ready, nn = utils(torch, "parametrize"), utils(torch, "parametrizations"), torch.nn
        three = nn.Module()
        three.weight = nn.Parameter(torch.ones(2, 2, dtype=torch.complex64))
        return attempts(
            lambda: p.register_parametrization(layer(torch), "foo", nn.Identity()), lambda: p.remove_parametrizations(layer(torch), "weight"),
            lambda: p.ParametrizationList([], torch.ones(1)), lambda: ready.orthogonal(layer(torch), "bias"),
            lambda: ready.orthogonal(layer(torch), "foo"), lambda: ready.orthogonal(layer(torch), "weight", "x"),
            lambda: ready.orthogonal(three, "weight", "householder"), lambda: ready.spectral_norm(layer(torch), n_power_iterations=0),
            lambda: ready.spectral_norm(layer(torch), dim=3), lambda: ready.spectral_norm(layer(torch), "foo"),
            lambda: nn.utils.spectral_norm(layer(torch), n_power_iterations=0), lambda: nn.utils.spectral_norm(nn.LazyLinear(2)),
            lambda: nn.utils.remove_spectral_norm(layer(torch)), lambda: nn.utils.remove_weight_norm(layer(torch)),
            lambda: nn.utils.weight_norm(nn.LazyLinear(2)), lambda: nn.utils.skip_init(nn.ReLU), lambda: nn.utils.skip_init(int),
            lambda: nn.utils.fuse_linear_bn_eval(layer(torch), nn.BatchNorm1d(3)),
            lambda: nn.utils.fuse_linear_bn_eval(layer(torch).eval(), nn.BatchNorm1d(4).eval()),
        )  # fmt: skip

    assert_same(scenario)


@pytest.mark.parametrize("name", ["orthogonal", "weight_norm", "spectral_norm"])
def test_repr_and_keys(name):
    def scenario(torch):
        made = getattr(utils(torch, "parametrizations"), name)(layer(torch))
        return repr(made), {k: v.shape for k, v in made.state_dict().items()}, [n for n, _ in made.named_parameters()]

    assert_same(scenario)


def test_older_norms():
    def scenario(torch):
        seen = []
        for apply, remove in ((torch.nn.utils.weight_norm, torch.nn.utils.remove_weight_norm),
                              (torch.nn.utils.spectral_norm, torch.nn.utils.remove_spectral_norm)):  # fmt: skip
            made = apply(layer(torch))
            seen += [repr(made), list(made.state_dict()), dict(made.state_dict()._metadata)]
            seen += [attempts(lambda: apply(made)), list(remove(made).state_dict()), attempts(lambda: remove(made))]  # noqa: B023
        return seen

    assert_same(scenario)


def pruned(prune, torch):
    """Each way of pruning, applied to a fresh layer."""
    mask = torch.tensor([[1, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]])
    yield prune.identity(layer(torch), "weight")
    for amount in (4, 0.5, 0.0):
        yield prune.l1_unstructured(layer(torch), "weight", amount)
    for amount, n, dim in ((1, 2, 0), (0.5, float("inf"), -1), (0, 2, 0), (2, 1, 1)):
        yield prune.ln_structured(layer(torch), "weight", amount, n, dim)
    yield prune.custom_from_mask(layer(torch), "weight", mask)
    yield prune.l1_unstructured(layer(torch), "weight", 2, importance_scores=torch.tensor(SCORES).flip(0))


def test_pruning():
    def scenario(torch):
        prune = utils(torch, "prune")
        seen = []
        for made in pruned(prune, torch):
            seen += [made.weight, made.weight_mask, list(made.state_dict()), prune.is_pruned(made)]
            prune.l1_unstructured(made, "weight", 2)
            prune.ln_structured(made, "weight", 1, 1, 0)
            (container,) = made._forward_pre_hooks.values()
            seen += [made.weight_mask, [type(m).__name__ for m in container], container._tensor_name]
            prune.remove(made, "weight")
            seen += [made.weight, list(made.state_dict()), prune.is_pruned(made)]
        a, b = layer(torch), layer(torch)
        prune.l1_unstructured(a, "bias", 1)
        prune.global_unstructured([(a, "weight"), (b, "weight"), (a, "bias")], prune.L1Unstructured, amount=9)
        return seen, a.weight_mask, b.weight_mask, a.bias_mask

    assert_same(scenario)


def test_errors_of_pruning():
    def scenario(torch):
        prune = utils(torch, "prune")
        named = [prune.L1Unstructured(1) for _ in range(2)]
        named[0]._tensor_name, named[1]._tensor_name = "a", "b"
        w = torch.tensor(SCORES)
        return attempts(
            *(lambda x=x: prune.l1_unstructured(layer(torch), "weight", x) and None for x in ("x", -1, 1.1, -0.5, 20.0, None, 0, 1.0, 13)),
            lambda: prune.ln_structured(layer(torch), "bias", 1, 2, 0), lambda: prune.ln_structured(layer(torch), "weight", 1, 2, 3),
            lambda: prune.random_structured(layer(torch), "weight", 4, 0), lambda: prune.remove(layer(torch), "weight"),
            lambda: prune.custom_from_mask(layer(torch), "weight", torch.ones(2, 2)), lambda: prune.PruningContainer().add_pruning_method("x"),
            lambda: prune.l1_unstructured(layer(torch), "weight", 1, importance_scores=torch.ones(2)),
            lambda: prune.L1Unstructured(1).prune(w, importance_scores=torch.ones(1)), lambda: prune.BasePruningMethod(),
            lambda: prune.PruningContainer(named[0]).add_pruning_method(named[1]), lambda: prune.l1_unstructured(layer(torch), "foo", 1),
            lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1),
            lambda: prune.global_unstructured([(layer(torch), "weight")], prune.L1Unstructured, 3, amount=1),
            lambda: prune.global_unstructured([(layer(torch), "weight")], prune.LnStructured, amount=1, n=2),
        )  # fmt: skip

    assert_same(scenario)


def test_averaged_models():
    def scenario(torch):
        swa = importlib.import_module(f"{torch.__name__}.optim.swa_utils")
        seen = []
        for options in ({}, {"use_buffers": True}, {"avg_fn": swa.get_ema_avg_fn(0.9)}, {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.5)},
                        {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.5), "use_buffers": True}):  # fmt: skip
            net = torch.nn.Sequential(layer(torch), torch.nn.BatchNorm1d(3))
            averaged = swa.AveragedModel(net, **options)
            for step in range(3):
                net(torch.arange(8.0).reshape(2, 4) + step)
                with torch.no_grad():
                    net[0].weight.add_(0.3 * step)
                averaged.update_parameters(net)
            seen += [averaged.state_dict(), repr(averaged)]
        swa.update_bn([torch.arange(8.0).reshape(2, 4), (torch.ones(2, 4), 3)], net.eval())
        return seen, net.state_dict(), net.training, attempts(
            lambda: swa.AveragedModel(net, avg_fn=1, multi_avg_fn=2), lambda: swa.get_ema_avg_fn(2), lambda: swa.get_ema_multi_avg_fn(-1.0),
        )  # fmt: skip

    assert_same(scenario)
