"""MAML on sine waves: gradients of gradients through an inner step, written with autograd.grad and F.linear, and with functional_call and vmap."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from tests.programs.common import normal, settle


def tasks(step, count=3, shots=6):
    x = torch.from_numpy(normal(count, shots, 1, seed=step)) * 2
    amplitude, phase = (torch.from_numpy(normal(count, 1, 1, seed=1000 * k + step)) for k in (1, 2))
    return x, (1 + amplitude.abs()) * torch.sin(x + phase)


def forward(x, w):
    h = F.relu(F.linear(x, w[0], w[1]))
    return F.linear(h, w[2], w[3])


def explicit(model, steps=10, inner=0.05):
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=1e-2), []
    for step in range(steps):
        optimizer.zero_grad()
        meta = 0.0
        for x, y in zip(*tasks(step), strict=True):
            weights = list(model.parameters())
            for _ in range(2):
                loss = F.mse_loss(forward(x[:3], weights), y[:3])
                grads = torch.autograd.grad(loss, weights, create_graph=True)
                weights = [w - inner * g for w, g in zip(weights, grads, strict=True)]
            meta = meta + F.mse_loss(forward(x[3:], weights), y[3:])
        meta.backward()
        optimizer.step()
        losses.append(meta.item())
    return losses


def functional(model, steps=10, inner=0.05):
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=2e-2), []

    def loss_of(params, x, y):
        return F.mse_loss(functional_call(model, params, (x,)), y)

    def adapted(params, x, y):
        grads = grad(loss_of)(params, x[:3], y[:3])
        return loss_of({k: params[k] - inner * grads[k] for k in params}, x[3:], y[3:])

    for step in range(steps):
        optimizer.zero_grad()
        meta = vmap(adapted, in_dims=(None, 0, 0))(dict(model.named_parameters()), *tasks(step)).mean()
        meta.backward()
        optimizer.step()
        losses.append(meta.item())
    return losses


def main():
    def net():
        return settle(nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1)))

    return explicit(net()) + functional(net())
