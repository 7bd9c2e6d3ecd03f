"""torch.library.custom_op: one node, its gradient as registered, found again by name."""

import pytest

import torchlike as torch


@torch.library.custom_op("torchlike_tests::scaled", mutates_args=())
def scaled(x: torch.Tensor, k: float = 3.0) -> torch.Tensor:
    return x * k


scaled.register_autograd(lambda ctx, grad: (grad * ctx.k, None), setup_context=lambda ctx, inputs, output: setattr(ctx, "k", inputs[1]))


def test_gradient():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    y = torch.ops.torchlike_tests.scaled(x)
    assert type(y.grad_fn).__name__ == "GeneratedBackwardFor_torchlike_tests_scaled_defaultBackward" and y.tolist() == [3.0, 3.0]
    assert torch.autograd.gradcheck(lambda x: torch.ops.torchlike_tests.scaled.default(x, 2.0), (x,))
    assert torch.compile(lambda x: scaled(x, 4.0) + 1)(torch.ones(1)).item() == 5.0


def test_without_a_gradient():
    @torch.library.custom_op("torchlike_tests::plain", mutates_args=())
    def plain(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    y = plain(torch.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError, match="no autograd formula was registered"):
        y.sum().backward()


def test_mutation_and_kernels():
    @torch.library.custom_op("torchlike_tests::count", mutates_args={"x"})
    def count(x: torch.Tensor) -> None:
        x.add_(1)

    x = torch.zeros(2)
    assert count(x) is None and x.tolist() == [1.0, 1.0]

    @count.register_kernel("cpu")
    def _(x):
        x.mul_(10)

    count(x)
    with count.set_kernel_enabled("cpu", False):
        count(x)
    assert x.tolist() == [11.0, 11.0]


def test_errors():
    with pytest.raises(ValueError, match="must have a type annotation"):
        torch.library.custom_op("a::b", lambda x: x, mutates_args=())
    with pytest.raises(ValueError, match="namespace::op_name"):
        torch.library.custom_op("b", lambda: None, mutates_args=())
    with pytest.raises(NotImplementedError, match="custom_op"):
        torch.library.Library("a", "DEF")
