"""Optimisers against torch where recorded answers do not reach: more dtypes, resuming, and states that change sides."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch_real = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from ..scenarios.optimizers import CONFIGS, run  # noqa: E402
from .both import assert_same  # noqa: E402


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_steps_and_state(config, dtype):
    def scenario(torch):
        params, optimizer = run(torch, *config, dtype=dtype)
        return params, optimizer.state_dict(), repr(optimizer)

    assert_same(scenario, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("config", [c for c in CONFIGS if c[0] in ("SGD", "AdamW", "RMSprop")], ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_halves(config, dtype):
    # Rounded once here, after each operation there.
    tolerance = {"float16": 0.01, "bfloat16": 0.06}[dtype]
    assert_same(lambda torch: run(torch, *config, dtype=dtype, steps=3)[0], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c[0]}-{'-'.join(c[1])}")
def test_resuming(config):
    def scenario(torch):
        params, optimizer = run(torch, *config, steps=2)
        saved = copy.deepcopy(optimizer.state_dict())
        fresh = [p.detach().clone().requires_grad_() for p in params]
        resumed = getattr(torch.optim, config[0])(fresh)
        resumed.load_state_dict(saved)
        run(torch, *config, params=params, optimizer=optimizer, start=2)
        run(torch, *config, params=fresh, optimizer=resumed, start=2)
        return params, fresh, resumed.state_dict()

    assert_same(scenario, rtol=2e-5, atol=2e-6)


def test_state_dict_moves_between_torch_and_torchlike():
    import torchlike

    for name, options in CONFIGS:
        theirs_params, theirs = run(torch_real, name, options, steps=3)
        mine_params = [torchlike.tensor(p.detach().numpy().tolist()).requires_grad_() for p in theirs_params]
        mine = getattr(torchlike.optim, name)(mine_params, **options)
        state = theirs.state_dict()
        convert = lambda v: torchlike.tensor(v.tolist()) if hasattr(v, "tolist") else v  # noqa: E731
        state = {"state": {i: {k: convert(v) for k, v in s.items()} for i, s in state["state"].items()}, "param_groups": state["param_groups"]}
        mine.load_state_dict(state)
        run(torch_real, name, options, params=theirs_params, optimizer=theirs, start=3)
        run(torchlike, name, options, params=mine_params, optimizer=mine, start=3)
        for a, b in zip(mine_params, theirs_params, strict=True):
            np.testing.assert_allclose(np.array(a.tolist()), np.array(b.tolist()), rtol=2e-5, atol=2e-6, err_msg=name)
