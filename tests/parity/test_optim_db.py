"""Every optimiser of torchlike against PyTorch's over PyTorch's own table (`optim_db`): all its inputs and errors, states that change sides."""

from __future__ import annotations

import copy
import re
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")
pytest.importorskip("expecttest", reason="PyTorch's table of optimisers needs expecttest")

from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db  # noqa: E402

import torchlike  # noqa: E402

from .both import plain  # noqa: E402

STEPS = 5
# Its Newton-Schulz iterations run in bfloat16, where the order of additions shows.
LOOSE = {"Muon": {"rtol": 2e-2, "atol": 2e-3}}
TIGHT = {"rtol": 2e-5, "atol": 2e-6}


def inputs():
    for info in optim_db:
        for each in info.optim_inputs_func(device="cpu"):
            yield pytest.param(info, each.kwargs, id=f"{info.name}-{each.desc}".replace(" ", "_"))


def mine(value):
    """A value of torch as one of torchlike."""
    if isinstance(value, torch.nn.Parameter):
        return torchlike.nn.Parameter(mine(value.data), value.requires_grad)
    if isinstance(value, torch.Tensor) and value.is_sparse:
        return mine(value.to_dense())
    if isinstance(value, torch.Tensor):
        return torchlike.from_numpy(value.detach().numpy().copy()).requires_grad_(value.requires_grad)
    return converted(value, mine)


def theirs(value):
    """A value of torchlike as one of torch."""
    return torch.from_numpy(np.array(value.detach().numpy())) if isinstance(value, torchlike.Tensor) else converted(value, theirs)


def converted(value, convert):
    if isinstance(value, dict):
        return {k: convert(v) for k, v in value.items()}
    return type(value)(convert(v) for v in value) if type(value) in (list, tuple) else value


def parameters(name):
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (4, 2)] if name == "Muon" else [(3, 4), (5,), ()]
    return [torch.tensor(rng.standard_normal(shape), dtype=torch.float32, requires_grad=True) for shape in shapes]


def run(library, params, optimizer, start=0, steps=STEPS):
    """Steps on a quadratic whose centre moves, so that no gradient is near zero for long. For L-BFGS, which solves it in one step up to
    rounding and then builds on the rounding, it stays."""
    moving = not isinstance(optimizer, library.optim.LBFGS)
    for step in range(start, start + steps):

        def closure(step=step):
            optimizer.zero_grad()
            loss = sum((i + 1) * ((p - 0.3 * step * moving) ** 2).sum() for i, p in enumerate(params))
            loss.backward()
            return loss

        loss = optimizer.step(closure)
    return loss


def build(library, info, params, kwargs):
    return getattr(library.optim, info.name)(params, **kwargs)


def check_equal(a, b, name):
    for mine, theirs in zip(a, b, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), **LOOSE.get(name, TIGHT))


def check_states(a, b, name):
    a, b = a.state_dict(), b.state_dict()
    assert plain(a["param_groups"]) == plain(b["param_groups"])
    assert a["state"].keys() == b["state"].keys()
    for key in b["state"]:
        assert a["state"][key].keys() == b["state"][key].keys()
        for name_of_entry, value in b["state"][key].items():
            if isinstance(value, torch.Tensor):
                found = a["state"][key][name_of_entry]
                assert str(found.dtype) == str(value.dtype) and found.shape == value.shape, name_of_entry
                check_equal([found], [value], name)


def skipped(info):
    if info.only_supports_sparse_grads:
        pytest.skip("gradients are dense here")


@pytest.mark.parametrize("info, kwargs", list(inputs()))
def test_trajectories_and_states(info, kwargs):
    skipped(info)
    name, their_params = info.name, parameters(info.name)
    my_params = mine(their_params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b = build(torchlike, info, my_params, mine(copy.deepcopy(kwargs))), build(torch, info, their_params, copy.deepcopy(kwargs))
        if info.name != "LBFGS":
            assert plain(repr(a)) == plain(repr(b))
        losses = run(torchlike, my_params, a), run(torch, their_params, b)
        assert losses[0].item() == pytest.approx(losses[1].item(), rel=1e-3, abs=1e-6)
        check_equal(my_params, their_params, name)
        if name != "LBFGS":
            check_states(a, b, name)


@pytest.mark.parametrize("info", optim_db, ids=lambda info: info.name)
def test_states_change_sides(info):
    skipped(info)
    name, their_params = info.name, parameters(info.name)
    my_params = mine(their_params)
    a, b = build(torchlike, info, my_params, {"lr": 0.01}), build(torch, info, their_params, {"lr": 0.01})
    run(torchlike, my_params, a, steps=2)
    run(torch, their_params, b, steps=3)
    my_new, their_new = mine(their_params), [theirs(p).requires_grad_() for p in my_params]
    mine_from_theirs, theirs_from_mine = build(torchlike, info, my_new, {"lr": 0.5}), build(torch, info, their_new, {"lr": 0.5})
    mine_from_theirs.load_state_dict(mine(b.state_dict()))
    theirs_from_mine.load_state_dict(theirs(a.state_dict()))
    run(torchlike, my_new, mine_from_theirs, start=3)
    run(torch, their_params, b, start=3)
    run(torch, their_new, theirs_from_mine, start=2)
    run(torchlike, my_params, a, start=2)
    check_equal(my_new, their_params, name)
    check_equal(my_params, their_new, name)


def attempt(library, info, each, kwargs, params):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            optimizer = build(library, info, params, kwargs)
            if each.error_on is OptimizerErrorEnum.STEP_ERROR:
                optimizer.step()
        except Exception as error:
            return type(error).__name__, plain(str(error))
    return None


@pytest.mark.parametrize("info", optim_db, ids=lambda info: info.name)
def test_errors(info):
    for each in info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
        case = each.optimizer_error_input
        if case.desc.startswith("dense params required"):
            continue  # sparse parameters do not exist here
        params = case.params or [torch.nn.Parameter(torch.ones(2, 2))]
        expected = attempt(torch, info, each, case.kwargs, params)
        assert expected is not None and re.search(each.error_regex, expected[1]), case.desc
        shared: dict = {}
        found = attempt(torchlike, info, each, mine(case.kwargs), shared_mine(params, shared))
        assert found == expected, case.desc


def shared_mine(value, shared):
    """`mine`, with one parameter for one parameter."""
    if isinstance(value, torch.Tensor):
        if id(value) not in shared:
            shared[id(value)] = mine(value)
            if value.grad is not None:
                shared[id(value)].grad = mine(value.grad)
        return shared[id(value)]
    return converted(value, lambda v: shared_mine(v, shared))
