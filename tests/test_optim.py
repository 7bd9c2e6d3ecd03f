"""What optimisers promise beyond PyTorch: one program per group, and no recompilation when a number changes."""

from __future__ import annotations

import numpy as np
import pytest

import torchlike
from torchlike import optim
from torchlike.execution import traced_count

RULES = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"]


def parameters(n=3):
    params = [torchlike.ones(2, 3).requires_grad_() for _ in range(n)]
    for p in params:
        p.grad = torchlike.ones(2, 3)
    return params


@pytest.mark.parametrize("name", RULES)
def test_a_changing_learning_rate_never_recompiles(name):
    params = parameters()
    optimizer = getattr(optim, name)(params, lr=0.1)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    for _ in range(4):
        optimizer.step()
        schedule.step()
    before = traced_count()
    for i in range(5):
        optimizer.step()
        schedule.step()
        for group in optimizer.param_groups:
            group.update({k: v * (0.9 + 0.01 * i) for k, v in group.items() if k in ("eps", "alpha", "rho", "lambd") and v})
    assert traced_count() == before


def test_betas_and_momentum_never_recompile():
    params = parameters()
    optimizer = optim.Adam(params)
    optimizer.step()
    before = traced_count()
    for beta in (0.5, 0.6, 0.7):
        optimizer.param_groups[0]["betas"] = (beta, beta)
        optimizer.step()
    assert traced_count() == before


def test_one_program_steps_all_parameters():
    params = parameters(20)
    optimizer = optim.SGD(params, lr=0.1)
    before = traced_count()
    optimizer.step()
    assert traced_count() == before + 1


def test_parameters_share_one_step_count_value_also_after_loading():
    params = parameters()
    optimizer = optim.Adam(params)
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    before = traced_count()
    optimizer.step()
    assert traced_count() == before
    assert [optimizer.state[p]["step"].item() for p in params] == [2.0, 2.0, 2.0]


def test_a_parameter_without_gradient_stays_and_has_no_state():
    params = parameters(2)
    params[0].grad = None
    optimizer = optim.Adam(params)
    optimizer.step()
    assert params[0].tolist() == [[1.0] * 3] * 2
    assert params[0] not in optimizer.state and params[1] in optimizer.state


def test_steps_are_seen_by_views_and_the_version_counter():
    w = torchlike.ones(4)
    view = w[1:3]
    w.requires_grad_()
    w.grad = torchlike.ones(4)
    version = w._version
    optim.SGD([w], lr=0.5).step()
    np.testing.assert_allclose(view.detach().numpy(), [0.5, 0.5])
    assert w._version > version


def test_a_step_runs_inside_jit():
    import jax

    def train(value):
        w = torchlike.from_jax(value).requires_grad_()
        optimizer = optim.Adam([w], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        return w.detach().jax()

    start = torchlike.ones(3).jax()
    np.testing.assert_allclose(jax.jit(train)(start), train(start), rtol=1e-6)
