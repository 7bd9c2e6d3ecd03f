"""torch.testing: the same comparisons fail, with the same texts."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch installed")

from .both import assert_same  # noqa: E402

NAN, INF = float("nan"), float("inf")
COMPARISONS = {
    "floats": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 3.0]), {}),
    "cube": lambda t: (t.zeros(2, 2, 2), t.ones(2, 2, 2), {}),
    "numbers": lambda t: (1.0, 2.0, {}),
    "whole numbers": lambda t: (3, 5, {"rtol": 0.0, "atol": 1}),
    "complex numbers": lambda t: (1 + 1j, 2 + 1j, {}),
    "no dimensions": lambda t: (t.tensor(1.0), t.tensor(2.0), {}),
    "integers": lambda t: (t.tensor([1, 2]), t.tensor([1, 4]), {}),
    "bytes": lambda t: (t.tensor([1, 250], dtype=t.uint8), t.tensor([250, 1], dtype=t.uint8), {}),
    "booleans": lambda t: (t.tensor([True, False]), t.tensor([False, False]), {}),
    "bools": lambda t: (True, False, {}),
    "half": lambda t: (t.ones(3).half(), t.ones(3).half() + 0.01, {}),
    "bfloat16": lambda t: (t.ones(3).bfloat16(), t.ones(3).bfloat16() + 0.05, {}),
    "complex": lambda t: (t.tensor([1 + 1j, 2.0]), t.tensor([1 + 1j, 3.0]), {}),
    "nan": lambda t: (t.tensor([NAN]), t.tensor([NAN]), {}),
    "equal nan": lambda t: (t.tensor([NAN]), t.tensor([NAN]), {"equal_nan": True}),
    "inf": lambda t: (t.tensor([INF, 1.0]), t.tensor([1.0, 1.0]), {}),
    "both inf": lambda t: (t.tensor([INF]), t.tensor([INF]), {}),
    "shape": lambda t: (t.ones(2), t.ones(3), {}),
    "dtype": lambda t: (t.ones(2), t.ones(2, dtype=t.float64), {}),
    "dtype unchecked": lambda t: (t.ones(2), t.ones(2, dtype=t.float64) + 1, {"check_dtype": False}),
    "int and float": lambda t: (1, 1.0, {}),
    "stride": lambda t: (t.ones(2, 3), t.ones(3, 2).t(), {"check_stride": True}),
    "lengths": lambda t: ([1.0], [1.0, 2.0], {}),
    "keys": lambda t: ({"a": 1.0, "b": 2}, {"a": 1.0, "c": 3}, {}),
    "nested": lambda t: ([{"a": [1.0]}], [{"a": [2.0]}], {}),
    "order of keys": lambda t: ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}, {}),
    "none": lambda t: (t.tensor(1.0), None, {}),
    "texts": lambda t: ("a", "a", {}),
    "list and dict": lambda t: ([1.0], {"a": 1.0}, {}),
    "array and tensor": lambda t: (np.ones(2), np.zeros(2), {}),
    "one tolerance": lambda t: (t.ones(1), t.ones(1), {"atol": 1e-3}),
    "message": lambda t: (t.ones(1), t.zeros(1), {"msg": "text"}),
    "made message": lambda t: ([1.0], [2.0], {"msg": lambda text: f"head\n{text}"}),
    "needs a gradient": lambda t: (t.ones(2, requires_grad=True), t.zeros(2), {}),
    "numpy's number": lambda t: (np.float32(1), 1.0, {}),
    "numpy's other number": lambda t: (np.int64(1), 2, {}),
    "array of no dimensions": lambda t: (t.tensor(1.0), np.array(1.0), {}),
    "sets": lambda t: ({1}, {1}, {}),
    "infinite number": lambda t: (INF, 1.0, {}),
    "complex nan": lambda t: (complex(NAN), complex(NAN), {"equal_nan": True}),
    "two half types": lambda t: (t.ones(2).half(), t.ones(2).bfloat16() * 2, {"check_dtype": False}),
    "zero tolerance": lambda t: (t.ones(1), t.zeros(1), {"rtol": 0, "atol": 0}),
    "empty shapes": lambda t: (t.ones(0, 3), t.ones(3, 0), {}),
    "uint16": lambda t: (t.ones(2, dtype=t.uint16), t.zeros(2, dtype=t.uint16), {}),
    "zero expected": lambda t: (t.tensor([1.0, 0.0]), t.tensor([0.0, 0.0]), {}),
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_assert_close(name):
    def compare(t):
        actual, expected, options = COMPARISONS[name](t)
        return t.testing.assert_close(actual, expected, **options)

    assert_same(compare)


REFUSED = {
    "order": {"dtype": "float32", "low": 3, "high": 1},
    "nan": {"dtype": "float32", "low": NAN, "high": 1},
    "gradient": {"dtype": "uint8", "requires_grad": True},
    "below": {"dtype": "uint8", "low": -5, "high": -1},
    "bool": {"dtype": "bool", "low": 2, "high": 5},
    "beyond": {"dtype": "float32", "low": 5e38, "high": 6e38},
    "format": {"dtype": "float32", "noncontiguous": True, "memory_format": "contiguous_format"},
    "dtype": {"dtype": "strided"},
    "equal": {"dtype": "float32", "low": 2, "high": 2},
}


@pytest.mark.parametrize("name", REFUSED)
def test_make_tensor_refuses(name):
    def make(t):
        options = {k: getattr(t, v) if k in ("dtype", "memory_format") else v for k, v in REFUSED[name].items()}
        return t.testing.make_tensor((2,), device="cpu", **options)

    assert_same(make)
