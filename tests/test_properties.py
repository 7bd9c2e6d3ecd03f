"""Laws of indexing, views, broadcasting and promotion, with NumPy as the judge. Runs without torch."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import torchlike as torch

from .strategies import SHAPE, apply_chain, basic_indices, view_chains

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
SOURCE = np.arange(24.0, dtype=np.float32).reshape(SHAPE)


@quick
@given(basic_indices())
def test_reading(index):
    assert np.array_equal(torch.tensor(SOURCE)[index].numpy(), SOURCE[index])


@quick
@given(basic_indices(), st.integers(-5, 5))
def test_writing(index, value):
    expected, t = SOURCE.copy(), torch.tensor(SOURCE)
    expected[index] = value
    t[index] = value
    assert np.array_equal(t.numpy(), expected)


@quick
@given(basic_indices())
def test_gradient_of_reading_marks_what_was_read(index):
    t = torch.tensor(SOURCE, requires_grad=True)
    t[index].sum().backward()
    expected = np.zeros(SHAPE)
    np.add.at(expected, index, 1)
    assert np.array_equal(t.grad.numpy(), expected)


@quick
@given(st.lists(st.integers(-3, 2), min_size=1, max_size=3), st.lists(st.integers(-4, 3), min_size=1, max_size=1), st.booleans())
def test_index_arrays(rows, columns, apart):
    index = (np.array(rows), slice(None), np.array(columns) % 2) if apart else (np.array(rows), np.array(columns))
    as_tensors = tuple(torch.tensor(i) if isinstance(i, np.ndarray) else i for i in index)
    assert np.array_equal(torch.tensor(SOURCE)[as_tensors].numpy(), SOURCE[index])


@quick
@given(st.lists(st.booleans(), min_size=3, max_size=3))
def test_masks(mask):
    t = torch.tensor(SOURCE)
    assert np.array_equal(t[torch.tensor(mask)].numpy(), SOURCE[np.array(mask)])


@quick
@given(view_chains())
def test_views_alias_their_base(chain):
    base = torch.tensor(SOURCE)
    view, _ = apply_chain(base, chain)
    twin, _ = apply_chain(torch.arange(24).reshape(SHAPE), chain)  # which element of the base each element of the view is
    places = twin.numpy()
    assert np.array_equal(view.numpy(), SOURCE.reshape(-1)[places])
    if view is base:
        return
    view.mul_(2)  # a write through the view reaches exactly those elements of the base
    expected = SOURCE.reshape(-1).copy()
    expected[places.reshape(-1)] *= 2
    assert np.array_equal(base.reshape(-1).numpy(), expected)
    base.add_(1)  # and a write to the base is seen through the view
    assert np.array_equal(view.numpy(), (expected + 1)[places])


@quick
@given(view_chains())
def test_strides_locate_every_element(chain):
    base = torch.arange(24).reshape(SHAPE)
    view, _ = apply_chain(base, chain)
    if view.numel():
        window = np.lib.stride_tricks.as_strided(
            np.arange(24)[view.storage_offset() :], tuple(view.shape), tuple(8 * s for s in view.stride())
        )
        assert np.array_equal(window, view.numpy())


shapes = st.lists(st.sampled_from([1, 3]), max_size=3).map(tuple)


@quick
@given(shapes, shapes)
def test_broadcasting(a, b):
    x, y = np.ones(a, np.float32), np.full(b, 2, np.float32)
    p, q = torch.tensor(x, requires_grad=True), torch.tensor(y, requires_grad=True)
    out = p * q
    assert out.shape == np.broadcast_shapes(a, b)
    out.sum().backward()
    assert p.grad.shape == a and q.grad.shape == b
    assert np.allclose(p.grad.numpy().sum(), (x * 0 + 1 * y).sum()) and np.allclose(q.grad.numpy().sum(), (x + y * 0).sum())


CATEGORY = {"bool": 0, "uint8": 1, "int8": 1, "int32": 1, "int64": 1, "float16": 2, "bfloat16": 2, "float32": 2, "float64": 2, "complex64": 3}
names = st.sampled_from(sorted(CATEGORY))


@quick
@given(names, names, st.booleans(), st.booleans())
def test_promotion_laws(a, b, a_scalar, b_scalar):
    x = torch.ones(() if a_scalar else (2,), dtype=getattr(torch, a))
    y = torch.ones(() if b_scalar else (2,), dtype=getattr(torch, b))
    result = torch.result_type(x, y)
    assert result is torch.result_type(y, x)
    assert (x * y).dtype is result
    if a_scalar != b_scalar and CATEGORY[a if b_scalar else b] >= CATEGORY[b if b_scalar else a]:
        assert result is (x if b_scalar else y).dtype, "a 0-d operand of no higher category does not widen the other"


@quick
@given(names, st.sampled_from([True, 3, 2.5, 1j]))
def test_numbers_bend_to_tensors(name, number):
    x = torch.ones(2, dtype=getattr(torch, name))
    rank = {bool: 0, int: 1, float: 2, complex: 3}[type(number)]
    if CATEGORY[name] >= rank:
        assert (x * number).dtype is x.dtype
