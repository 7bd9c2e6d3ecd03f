"""Hinton's forward-forward algorithm: every layer has its own optimizer and loss; no gradient flows between layers."""

import torch
import torch.nn as nn
from torch.optim import Adam

from tests.programs.common import integers, normal, settle


def overlay_y_on_x(x, y, classes=4):
    """The label written over the first features."""
    x_ = x.clone()
    x_[:, :classes] *= 0.0
    x_[range(x.shape[0]), y] = x.max()
    return x_


class Layer(nn.Linear):
    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__(in_features, out_features, bias, device, dtype)
        self.relu = torch.nn.ReLU()
        self.opt = Adam(self.parameters(), lr=0.03)
        self.threshold = 0.5

    def forward(self, x):
        x_direction = x / (x.norm(2, 1, keepdim=True) + 1e-4)
        return self.relu(torch.mm(x_direction, self.weight.T) + self.bias.unsqueeze(0))

    def train_layer(self, x_pos, x_neg, epochs=10):
        losses = []
        for _ in range(epochs):
            g_pos = self.forward(x_pos).pow(2).mean(1)
            g_neg = self.forward(x_neg).pow(2).mean(1)
            loss = torch.log(1 + torch.exp(torch.cat([-g_pos + self.threshold, g_neg - self.threshold]))).mean()
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            losses.append(loss.item())
        return self.forward(x_pos).detach(), self.forward(x_neg).detach(), losses


class Net(torch.nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.layers = nn.ModuleList([Layer(a, b) for a, b in zip(dims, dims[1:], strict=False)])

    @torch.no_grad()
    def predict(self, x):
        goodness_per_label = []
        for label in range(4):
            h, goodness = overlay_y_on_x(x, label), []
            for layer in self.layers:
                h = layer(h)
                goodness = goodness + [h.pow(2).mean(1)]
            goodness_per_label += [sum(goodness).unsqueeze(1)]
        return torch.cat(goodness_per_label, 1)


def main():
    x, y = torch.from_numpy(normal(16, 12)), torch.from_numpy(integers(4, 16))
    net = settle(Net([12, 10, 8]))
    wrong = (y + 1 + torch.from_numpy(integers(3, 16, seed=1))) % 4
    h_pos, h_neg = overlay_y_on_x(x, y), overlay_y_on_x(x, wrong)
    losses = []
    for layer in net.layers:
        h_pos, h_neg, found = layer.train_layer(h_pos, h_neg)
        losses += found
    return losses + net.predict(x).mean(0).tolist()
