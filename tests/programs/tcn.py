"""A temporal convolutional network on the adding problem: weight-normalised dilated causal convolutions, chomp, residual blocks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.parametrizations import weight_norm

from tests.programs.common import normal, settle


class Chomp1d(nn.Module):
    def __init__(self, chomp_size):
        super().__init__()
        self.chomp_size = chomp_size

    def forward(self, x):
        return x[:, :, : -self.chomp_size].contiguous()


class TemporalBlock(nn.Module):
    def __init__(self, n_inputs, n_outputs, kernel_size, stride, dilation, padding, dropout=0.0):
        super().__init__()
        self.conv1 = weight_norm(nn.Conv1d(n_inputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation))
        self.conv2 = weight_norm(nn.Conv1d(n_outputs, n_outputs, kernel_size, stride=stride, padding=padding, dilation=dilation))
        self.net = nn.Sequential(
            self.conv1, Chomp1d(padding), nn.ReLU(), nn.Dropout(dropout), self.conv2, Chomp1d(padding), nn.ReLU(), nn.Dropout(dropout)
        )
        self.downsample = nn.Conv1d(n_inputs, n_outputs, 1) if n_inputs != n_outputs else None
        self.relu = nn.ReLU()

    def forward(self, x):
        res = x if self.downsample is None else self.downsample(x)
        return self.relu(self.net(x) + res)


class TCN(nn.Module):
    def __init__(self, channels=(6, 6)):
        super().__init__()
        sizes = [2, *channels]
        self.network = nn.Sequential(
            *(TemporalBlock(a, b, 3, 1, 2**i, 2 * 2**i) for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)))
        )
        self.linear = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        return self.linear(self.network(x)[:, :, -1])


def main(steps=20):
    values = torch.from_numpy(normal(16, 1, 12)).sigmoid()
    marks = torch.zeros(16, 1, 12).scatter_(2, (torch.arange(32).view(16, 1, 2) * 5) % 12, 1.0)
    y = (values * marks).sum(2)
    model = settle(TCN())
    optimizer = torch.optim.Adamax(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.huber_loss(model(torch.cat([values, marks], dim=1)), y)
        loss.backward()
        torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
    return losses
