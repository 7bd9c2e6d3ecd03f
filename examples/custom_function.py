"""A custom autograd Function: a straight-through estimator, checked against finite differences where it is smooth.

    python examples/custom_function.py
"""

import torchlike as torch


class RoundThrough(torch.autograd.Function):
    """Rounds on the way forward, lets the gradient straight through on the way back."""

    @staticmethod
    def forward(ctx, x, step):
        ctx.step = step
        return (x / step).round() * step

    @staticmethod
    def backward(ctx, grad):
        return grad, None  # one gradient per argument of forward; `step` has none


class LogSumExp(torch.autograd.Function):
    """log(sum(exp(x))), written by hand: saves its softmax, and can be differentiated again because backward is made of recorded ops."""

    @staticmethod
    def forward(ctx, x):
        top = x.max()
        shifted = (x - top).exp()
        total = shifted.sum()
        ctx.save_for_backward(x)
        return total.log() + top

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * torch.softmax(x, 0)


def main():
    """Use both and show the graph's nodes."""
    x = torch.tensor([0.12, 0.34, 0.97], requires_grad=True)
    y = RoundThrough.apply(x, 0.25)
    print("rounded      ", y)
    y.pow(2).sum().backward()
    print("gradient     ", x.grad, "= 2 * rounded, as if rounding were the identity")

    x = torch.tensor([0.1, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(LogSumExp.apply(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first[0], x)
    print("softmax      ", first.detach())
    eps = 1e-6
    numeric = torch.stack([(LogSumExp.apply(x + eps * row) - LogSumExp.apply(x - eps * row)) / (2 * eps) for row in torch.eye(3).double()])
    print("numeric      ", numeric.detach())
    print("Hessian row  ", second)
    assert torch.allclose(first, numeric, atol=1e-6)


if __name__ == "__main__":
    main()
