"""`torch.ops.aten`: kernels called by the names that PyTorch's dispatcher has for them."""

from __future__ import annotations

import pytest

import torchlike as torch

aten = torch.ops.aten
x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.mark.parametrize(("called", "expected"), [
    (lambda: aten.add.Tensor(x, x, alpha=2), 3 * x),
    (lambda: aten._softmax.default(x, 1, False), x.softmax(1)),
    (lambda: aten._log_softmax(x, 1, False), x.log_softmax(1)),
    (lambda: aten.slice.Tensor(x, 1, -2), x[:, 1:]),
    (lambda: aten.slice(x, 1, 0, 3, 2), x[:, ::2]),
    (lambda: aten.index.Tensor(x, [None, torch.tensor([2, 0])]), x[:, [2, 0]]),
    (lambda: aten._to_copy(x, dtype=torch.float64), x.double()),
    (lambda: aten.mse_loss(x, x + 2), torch.tensor(4.0)),
    (lambda: aten.linear(x, x), x @ x.t()),
    (lambda: aten.tanh_backward(x, x), x * (1 - x * x)),
    (lambda: aten.threshold_backward(x, x, 3), x * (x > 3)),
    (lambda: aten._safe_softmax(torch.full((1, 2), -float("inf")), 1), torch.zeros(1, 2)),
])
def test_a_kernel_is_called_by_name(called, expected):
    torch.testing.assert_close(called(), expected)


@pytest.mark.parametrize("name", ["uniform", "cauchy", "exponential", "log_normal", "normal_functional"])
def test_random_kernels_leave_their_argument_alone(name):
    before = x.clone()
    drawn = getattr(aten, name)(x)
    assert drawn.shape == x.shape
    assert not torch.equal(drawn, x)
    assert torch.equal(x, before)


def test_a_slice_shares_memory():
    memory = torch.zeros(4)
    aten.slice(memory, 0, 1, 3).fill_(1)
    assert memory.tolist() == [0, 1, 1, 0]


def test_a_kernel_without_a_function_says_so():
    with pytest.raises(NotImplementedError, match="aten::_flash_attention_forward"):
        aten._flash_attention_forward(x)
