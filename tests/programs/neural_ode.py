"""A neural ODE: Runge-Kutta 4 with the adjoint method as a custom Function that integrates backwards and calls autograd inside backward."""

import torch
import torch.nn as nn

from tests.programs.common import normal, settle


def rk4(func, y, t0, t1, steps):
    h = (t1 - t0) / steps
    for i in range(steps):
        t = t0 + i * h
        k1 = func(t, y)
        k2 = func(t + h / 2, tuple(a + h / 2 * b for a, b in zip(y, k1, strict=True)))
        k3 = func(t + h / 2, tuple(a + h / 2 * b for a, b in zip(y, k2, strict=True)))
        k4 = func(t + h, tuple(a + h * b for a, b in zip(y, k3, strict=True)))
        y = tuple(a + h / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(y, k1, k2, k3, k4, strict=True))
    return y


class Adjoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, y0, flat, func, steps):
        with torch.no_grad():
            (y1,) = rk4(lambda t, y: (func(t, y[0]),), (y0,), 0.0, 1.0, steps)
        ctx.save_for_backward(y1)
        ctx.func, ctx.steps = func, steps
        return y1

    @staticmethod
    def backward(ctx, grad):
        (y1,) = ctx.saved_tensors
        func, params = ctx.func, tuple(ctx.func.parameters())

        def augmented(t, state):
            y, a, _ = state
            with torch.enable_grad():
                y = y.detach().requires_grad_(True)
                value = func(t, y)
                dy, *dp = torch.autograd.grad(value, (y, *params), -a, allow_unused=True)
            flat = torch.cat([(torch.zeros_like(p) if d is None else d).reshape(-1) for d, p in zip(dp, params, strict=True)])
            return value.detach(), dy, flat

        zeros = grad.new_zeros(sum(p.numel() for p in params))
        _, a, g = rk4(augmented, (y1, grad, zeros), 1.0, 0.0, ctx.steps)
        return a, g, None, None


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 2))

    def forward(self, t, y):
        return self.net(torch.cat([y, torch.full_like(y[:, :1], t)], dim=-1))


def main(steps=12):
    func, losses = settle(Field()), []
    y0 = torch.from_numpy(normal(8, 2))
    target = y0 @ torch.tensor([[0.5, 0.8], [-0.8, 0.5]])
    optimizer = torch.optim.Adam(func.parameters(), lr=2e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        flat = torch.nn.utils.parameters_to_vector(func.parameters())
        loss = (Adjoint.apply(y0, flat, func, 4) - target).abs().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses + [p.grad.norm().item() for p in func.parameters()]
