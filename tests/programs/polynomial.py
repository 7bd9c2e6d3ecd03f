"""Polynomial regression three ways, as in the tutorials: by hand, with a custom Function (Legendre), and with nn.Sequential and RMSprop."""

import math

import torch
import torch.nn.functional as F

from tests.programs.common import normal, settle


class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


def by_hand(x, y, steps=6):
    losses, learning_rate = [], 1e-6
    a, b, c, d = (torch.full((), v, dtype=torch.float, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
    for _ in range(steps):
        loss = (a + b * LegendrePolynomial3.apply(c + d * x) - y).pow(2).sum()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= learning_rate * p.grad
                p.grad = None
    return losses


def with_modules(x, y, steps=6):
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
    model = settle(torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1)))
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(steps):
        loss = loss_fn(model(xx), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses + [model[0].bias.item()]


def fresh_batches(steps=10):
    """The regression example: features x to x^4, a smooth L1 loss, gradients applied by hand."""
    W_target, b_target = torch.from_numpy(normal(4, 1)) * 5, torch.from_numpy(normal(1)) * 5
    fc, losses = settle(torch.nn.Linear(W_target.size(0), 1)), []
    for step in range(steps):
        random = torch.from_numpy(normal(16, seed=step)).unsqueeze(1)
        x = torch.cat([random**i for i in range(1, 5)], 1)
        y = x.mm(W_target) + b_target.item()
        fc.zero_grad()
        output = F.smooth_l1_loss(fc(x), y)
        losses.append(output.item())
        output.backward()
        for param in fc.parameters():
            param.data.add_(-0.1 * param.grad)
    return losses


def main():
    x = torch.linspace(-math.pi, math.pi, 200)
    y = torch.sin(x)
    return by_hand(x, y) + with_modules(x, y) + fresh_batches()
