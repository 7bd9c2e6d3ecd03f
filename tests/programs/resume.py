"""Checkpoints as in the tutorial: epoch, model, optimizer, scheduler and loss saved to a file, loaded into new objects, training goes on."""

import os
import tempfile

import torch
import torch.nn as nn
import torch.optim as optim

from tests.programs.common import normal, settle


def make():
    model = nn.Sequential(nn.Linear(5, 10), nn.BatchNorm1d(10), nn.Hardswish(), nn.Linear(10, 1))
    optimizer = optim.Adam([{"params": model[0].parameters(), "lr": 1e-2}, {"params": model[1:].parameters()}], lr=3e-3)
    scheduler = optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda epoch: 0.95**epoch)
    return model, optimizer, scheduler


def train(model, optimizer, scheduler, epochs):
    losses = []
    for epoch in epochs:
        x = torch.from_numpy(normal(16, 5, seed=epoch))
        loss = nn.functional.l1_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def main():
    model, optimizer, scheduler = make()
    settle(model)
    losses = train(model, optimizer, scheduler, range(10))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pth.tar")
        torch.save(
            {
                "epoch": 10,
                "model_state_dict": model.state_dict(),
                "optimizer_state_dict": optimizer.state_dict(),
                "scheduler": scheduler.state_dict(),
                "loss": losses[-1],
            },
            path,
        )
        going_on = train(model, optimizer, scheduler, range(10, 20))
        model, optimizer, scheduler = make()
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(checkpoint["model_state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    model.train()
    resumed = train(model, optimizer, scheduler, range(checkpoint["epoch"], 20))
    assert all(abs(a - b) < 1e-6 for a, b in zip(going_on, resumed, strict=True))
    return losses + resumed + scheduler.get_last_lr()
