"""A physics-informed net for u'' + u = 0 and the heat equation: higher derivatives by autograd.grad with create_graph, then L-BFGS."""

import torch
import torch.nn as nn

from tests.programs.common import settle


class PINN(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 1))

    def forward(self, *coordinates):
        return self.net(torch.cat(coordinates, dim=1))


def derivative(y, x):
    return torch.autograd.grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True, retain_graph=True)[0]


def oscillator(steps=12):
    model, losses = settle(PINN(1)), []
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    x = torch.linspace(0, 3, 16).view(-1, 1).requires_grad_(True)
    zero = torch.zeros(1, 1, requires_grad=True)
    for _ in range(steps):
        optimizer.zero_grad()
        u = model(x)
        u_x = derivative(u, x)
        residual = (derivative(u_x, x) + u).pow(2).mean()
        start = model(zero)
        loss = residual + (start - 1).pow(2).squeeze() + derivative(start, zero).pow(2).squeeze()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def heat(steps=3):
    model, losses = settle(PINN(2).double()), []
    grid = torch.cartesian_prod(torch.linspace(0, 1, 5), torch.linspace(0, 1, 4)).double()
    x, t = (g.clone().requires_grad_() for g in grid.split(1, dim=1))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=3, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        u = model(x, t)
        u_t, u_xx = derivative(u, t), derivative(derivative(u, x), x)
        edge = model(x, torch.zeros_like(t)) - torch.sin(torch.pi * x)
        loss = ((u_t - 0.1 * u_xx) ** 2).mean() + (edge**2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
    return losses


def main():
    return oscillator() + heat()
