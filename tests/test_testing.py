"""torch.testing without torch: what is close, what the errors say, and what make_tensor promises."""

import numpy as np
import pytest

import torchlike as torch
from torchlike.testing import assert_allclose, assert_close, make_tensor


def text_of(*args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        assert_close(*args, **kwargs)
    return str(caught.value)


def test_close_passes():
    assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-6]))
    assert_close({"a": [torch.ones(2), 1, None]}, {"a": (torch.ones(2), 1, None)})
    assert_close(np.ones(2), np.ones(2))
    assert_close(torch.tensor([float("nan")]), torch.tensor([float("nan")]), equal_nan=True)
    assert_close(torch.ones(2), torch.ones(2, dtype=torch.float64), check_dtype=False)
    assert_close(torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16) + 0.01)


def test_text_of_elements():
    assert text_of(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.0, 8.0]])) == (
        "Tensor-likes are not close!\n\nMismatched elements: 1 / 4 (25.0%)\n"
        "Greatest absolute difference: 4.0 at index (1, 1) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.5 at index (1, 1) (up to 1.3e-06 allowed)"
    )
    assert text_of(torch.tensor([1, 2]), torch.tensor([1, 4])).startswith("Tensor-likes are not equal!")


def test_text_of_structure():
    assert text_of([1.0, [2.0]], [1.0, [4.0]]).endswith("The failure occurred for item [1][0]")
    assert text_of([1.0], [1.0, 2.0]) == "The length of the sequences mismatch: 1 != 2"
    assert "Missing keys in the actual mapping: ['b']" in text_of({"a": 1}, {"b": 1})
    assert text_of(torch.ones(2), torch.ones(3)) == "The values for attribute 'shape' do not match: torch.Size([2]) != torch.Size([3])."
    assert text_of(torch.ones(2, 3), torch.ones(3, 2).t(), check_stride=True).startswith("The values for attribute 'stride()'")


def test_message():
    assert text_of(1.0, 2.0, msg="mine") == "mine"
    assert text_of(1.0, 2.0, msg=lambda text: f"<{text}>").startswith("<Scalars are not close!")


def test_bad_calls():
    with pytest.raises(ValueError, match="but got no atol"):
        assert_close(1.0, 1.0, rtol=0.1)
    with pytest.raises(TypeError, match="No comparison pair was able to handle"):
        assert_close("a", "a")
    with pytest.warns(FutureWarning, match="deprecated"):
        assert_allclose([1.0], [1.0 + 1e-5])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.complex64, torch.int64, torch.uint8, torch.bool], ids=str)
def test_make_tensor(dtype):
    made = make_tensor(20, 3, dtype=dtype, device="cpu")
    assert made.shape == (20, 3) and made.dtype is dtype
    if not dtype.is_complex:
        assert float(made.min()) >= (0 if dtype in (torch.uint8, torch.bool) else -9) and float(made.max()) <= 9
    assert float(made.double().std() if not dtype.is_complex else made.real.std()) > 0


def test_make_tensor_options():
    assert not make_tensor((4, 3), dtype=torch.float32, device="cpu", noncontiguous=True).is_contiguous()
    assert make_tensor((2,), dtype=torch.float64, device="cpu", requires_grad=True).requires_grad
    assert not (make_tensor((50,), dtype=torch.int64, device="cpu", low=0, high=2, exclude_zero=True) == 0).any()
    with pytest.raises(ValueError, match="`low` must be less than `high`"):
        make_tensor((2,), dtype=torch.int64, device="cpu", low=3, high=1)


def test_great_integers_are_compared_exactly():
    for a, b in ((torch.tensor(2**60), torch.tensor(2**60 + 1)), (torch.tensor([2**60]), torch.tensor([2**60 + 1]))):
        torch.testing.assert_close(a, a)
        assert not torch.allclose(a, b, rtol=0, atol=0) and torch.allclose(a, b)
        with pytest.raises(AssertionError, match="not equal"):
            torch.testing.assert_close(a, b)
