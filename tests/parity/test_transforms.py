"""Forward mode, vmap and batched gradients of every op in PyTorch's table, held against reverse mode and loops."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")
pytest.importorskip("expecttest", reason="PyTorch's table of ops needs expecttest")

from .op_db import RANDOM, applies, entries, name_of, ours, samples  # noqa: E402
from .transforms import NO_VMAP, check_batched_gradient, check_jvp, check_vmap  # noqa: E402

DIFFERENTIABLE = [e for e in entries() if applies(e, "grad") and e.name not in ("half", "bfloat16")]
MAPPABLE = [e for e in entries() if applies(e, "forward") and e.name not in RANDOM and name_of(e) not in NO_VMAP]


def _parameters(chosen: list) -> list:
    return [pytest.param(e, id=name_of(e), marks=pytest.mark.xdist_group(e.name)) for e in chosen]


def _first_sample(entry):
    return next(iter(samples(entry, "grad")))


@pytest.mark.parametrize("entry", _parameters(DIFFERENTIABLE))
def test_forward_mode_is_the_transpose_of_reverse_mode(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_jvp(entry, ours(entry), _first_sample(entry))


@pytest.mark.parametrize("entry", _parameters(MAPPABLE))
def test_vmap_is_a_loop(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_vmap(entry, ours(entry), _first_sample(entry))


@pytest.mark.parametrize("entry", _parameters(DIFFERENTIABLE))
def test_batched_backward_is_a_loop(entry):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_batched_gradient(entry, ours(entry), _first_sample(entry))
