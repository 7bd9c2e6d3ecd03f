"""The same random indices, view chains, shapes and dtypes under torch and torchlike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchlike

from ..strategies import SHAPE, apply_chain, basic_indices, view_chains

torch = pytest.importorskip("torch", reason="parity tests need the installed torch (the `parity` extra)")
quick = settings(max_examples=50, deadline=None, derandomize=True, database=None)
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]


def both(fn):
    """What `fn` gives under each library: a description or an exception's type and text."""
    results = []
    for library in (torch, torchlike):
        try:
            results.append(fn(library))
        except (RuntimeError, IndexError, ValueError, TypeError) as error:
            results.append(f"{type(error).__name__}: {error}")
    return results


@quick
@given(view_chains(steps=4))
def test_view_chains(chain):
    def run(library):
        base = library.arange(24.0).reshape(SHAPE).requires_grad_()
        view, fitted = apply_chain(base * 1, chain)
        (view * view).sum().backward()
        names = None if view.grad_fn is None else type(view.grad_fn).__name__
        return fitted, view.tolist(), tuple(view.stride()), view.storage_offset(), view.is_contiguous(), names, base.grad.tolist()

    expected, ours = both(run)
    assert ours == expected


@quick
@given(view_chains(), basic_indices())
def test_writes_through_chains_carry_gradients(chain, index):
    def run(library):
        x = library.arange(24.0).reshape(SHAPE).requires_grad_()
        w = library.tensor(3.0, requires_grad=True)
        y = x * 1
        view, _ = apply_chain(y, chain)
        if view is not y:
            view.mul_(w)
        y[index] = w * 2
        (y * y).sum().backward()
        return y.tolist(), x.grad.tolist(), w.grad.item(), y._version

    expected, ours = both(run)
    assert ours == expected


@quick
@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.booleans(), st.booleans(), st.sampled_from(["add", "mul", "div", "sub", "eq"]))
def test_promotion(a, b, a_scalar, b_scalar, name):
    if {a, b} & {"float16"} and {a, b} & {"complex64", "complex128"} and (a_scalar or b_scalar):
        return  # may be complex32, a dtype JAX has not

    def run(library):
        x = library.ones(() if a_scalar else (2,), dtype=getattr(library, a))
        y = library.ones(() if b_scalar else (2,), dtype=getattr(library, b))
        return str(getattr(x, name)(y).dtype)

    expected, ours = both(run)
    assert ours == expected


@quick
@given(st.sampled_from(DTYPES), st.sampled_from([True, 2, 2.5, 1 + 2j]), st.booleans(), st.sampled_from(["add", "mul", "div", "pow", "gt"]))
def test_promotion_with_numbers(a, number, scalar, name):
    if a == "float16" and isinstance(number, complex):
        return  # PyTorch's answer, complex32, is a dtype JAX has not

    def run(library):
        x = library.ones(() if scalar else (2,), dtype=getattr(library, a))
        return str(getattr(x, name)(number).dtype)

    expected, ours = both(run)
    assert ours == expected


@quick
@given(st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple), st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple))
def test_broadcasting(a, b):
    expected, ours = both(lambda library: tuple((library.ones(a) + library.ones(b)).shape))
    assert ours == expected


@quick
@given(st.lists(st.integers(0, 4), max_size=3).map(tuple), st.lists(st.integers(-1, 4), max_size=3).map(tuple))
def test_reshape(shape, target):
    expected, ours = both(lambda library: tuple(library.zeros(shape).reshape(target).shape))
    assert ours == expected


values = st.floats(width=32, allow_nan=False, allow_infinity=False) | st.sampled_from([float("nan"), float("inf"), 0.0, 1e-8, 1e12])


@quick
@given(st.lists(values, max_size=6), st.sampled_from(["float32", "float64", "float16"]))
def test_repr(numbers, dtype):
    with np.errstate(over="ignore"):
        expected, ours = both(lambda library: repr(library.tensor(numbers, dtype=getattr(library, dtype))))
    assert ours == expected
