"""Sub-pixel super-resolution: orthogonal initialisation with gains, PixelShuffle, bicubic baselines, PSNR."""

from math import log10

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.nn.init as init
import torch.optim as optim

from tests.programs.common import normal, settle


class Net(nn.Module):
    def __init__(self, upscale_factor):
        super().__init__()
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
        self.conv2 = nn.Conv2d(8, 4, (3, 3), (1, 1), (1, 1))
        self.conv3 = nn.Conv2d(4, upscale_factor**2, (3, 3), (1, 1), (1, 1))
        self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
        init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
        init.orthogonal_(self.conv3.weight)

    def forward(self, x):
        x = self.relu(self.conv1(x))
        x = self.relu(self.conv2(x))
        return self.pixel_shuffle(self.conv3(x))


def main():
    model, criterion = settle(Net(2)), nn.MSELoss()
    target = F.avg_pool2d(torch.from_numpy(normal(4, 1, 16, 16)), 3, 1, 1)
    small = F.interpolate(target, scale_factor=0.5, mode="bicubic", align_corners=False, antialias=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = criterion(model(small), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        base = criterion(F.interpolate(small, size=(16, 16), mode="bilinear"), target)
        psnr = 10 * log10(1 / criterion(model(small), target).item())
    return losses + [base.item(), psnr]
