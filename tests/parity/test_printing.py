"""Tensor text against PyTorch's own, on NumPy copies of PyTorch's tensors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from torchlike.core import printing  # noqa: E402

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]
OPTIONS = [
    {},
    {"precision": 2},
    {"precision": 10, "linewidth": 40},
    {"threshold": 5},
    {"threshold": 5, "edgeitems": 1},
    {"threshold": 3, "edgeitems": 0},
    {"sci_mode": True},
    {"sci_mode": False, "precision": 7},
    {"profile": "short"},
    {"profile": "full", "linewidth": 30},
]


def text_of(array: np.ndarray, dtype: str) -> str:
    body = "tensor(" + printing.array_text(array, len("tensor("))
    return printing.with_suffixes(body, printing.array_suffixes(array, f"torch.{dtype}"), len("tensor("))


def check(array: np.ndarray, options: dict) -> None:
    with printing.printoptions(**options):
        mine = text_of(array, str(array.dtype))
    before = torch._tensor_str.get_printoptions()
    torch.set_printoptions(**options)
    try:
        theirs = repr(torch.from_numpy(array.copy()))
    finally:
        torch.set_printoptions(**before)
    assert mine == theirs


@st.composite
def arrays(draw):
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
    return draw(hnp.arrays(dtype, shape))


@settings(max_examples=300, deadline=None)
@given(arrays(), st.sampled_from(OPTIONS))
def test_any_array_prints_as_in_torch(array, options):
    check(array, options)


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=1, max_dims=3, max_side=8),
        elements=st.one_of(
            st.integers(-2000, 2000).map(float),
            st.floats(-10, 10, width=32),
            st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-4, 1e8, 999.0, 1000.0, 1001.0]),
        ),
    ),
    st.sampled_from(OPTIONS),
)
def test_everyday_numbers_print_as_in_torch(array, options):
    check(array, options)


@pytest.mark.parametrize("shape", [(1001,), (4, 500), (20, 3, 30), (2, 2, 300), (7, 7, 7, 7)])
@pytest.mark.parametrize("dtype", ["float32", "int64", "complex64", "bool"])
def test_summaries(shape, dtype):
    array = (np.random.default_rng(0).standard_normal(shape) * 10).astype(dtype)
    check(array, {})


def test_bfloat16():
    values = torch.tensor([[1.5, -2.25, 1e-3], [float("nan"), 3e30, 0.0]], dtype=torch.bfloat16)
    import ml_dtypes

    assert text_of(values.float().numpy().astype(ml_dtypes.bfloat16), "bfloat16") == repr(values)
    assert text_of(values[0, :2].float().numpy().astype(ml_dtypes.bfloat16), "bfloat16") == repr(values[0, :2])
