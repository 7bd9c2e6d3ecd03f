"""Every differentiable op of PyTorch's table against finite differences, in reverse and forward mode, by torchlike's own gradcheck.

With TORCHLIKE_THOROUGH=1 also to second order (gradgradcheck), which takes too long for every run.
"""

from __future__ import annotations

import os
import random
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")
pytest.importorskip("expecttest", reason="PyTorch's table of ops needs expecttest")

import torchlike  # noqa: E402

from .op_db import RANDOM, entries, leaves, name_of, ours  # noqa: E402
from .transforms import _called  # noqa: E402

# Finite differences say nothing here: casts to less precision, a sample at 0 to a negative power, kinks by design.
UNSUITED = {"bfloat16", "half", "float", "cfloat", "chalf", "__rpow__", "linalg.norm:subgradients_at_zero"}
THOROUGH = os.environ.get("TORCHLIKE_THOROUGH") == "1"
DTYPES = {"float64": torch.float64, "complex128": torch.complex128}


def _parameters() -> list:
    return [
        pytest.param(entry, dtype, id=f"{name_of(entry)}-{label}", marks=pytest.mark.xdist_group(entry.name))
        for entry in entries()
        for label, dtype in DTYPES.items()
        if entry.supports_dtype(dtype, "cpu") and entry.supports_autograd and entry.name not in RANDOM and name_of(entry) not in UNSUITED
        if label == "float64" or dtype in entry.supported_backward_dtypes("cpu")
    ]


def _smallest_sample(entry, dtype):
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)

    def size(sample):
        return sum(t.numel() for t in leaves([sample.input, sample.args, sample.kwargs]))

    return min((s for s in entry.sample_inputs("cpu", dtype, requires_grad=True) if size(s)), key=size, default=None)


@pytest.mark.parametrize(("entry", "dtype"), _parameters())
def test_gradcheck(entry, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sample = _smallest_sample(entry, dtype)
    if sample is None:
        return
    call, tensors = _called(entry, ours(entry), sample)
    chosen = [i for i, t in enumerate(tensors) if t.requires_grad]

    def function(*given):
        full = list(tensors)
        for i, t in zip(chosen, given, strict=True):
            full[i] = t
        return tuple(o for o in leaves(call(*full)) if o.is_floating_point() or o.is_complex())

    if not chosen:
        return
    inputs = [tensors[i] for i in chosen]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torchlike.autograd.gradcheck(function, inputs, fast_mode=True, nondet_tol=1e-7, check_forward_ad=True)
        if THOROUGH and entry.supports_gradgrad:
            assert torchlike.autograd.gradgradcheck(function, inputs, fast_mode=True, nondet_tol=1e-7)
