"""A normalising flow (RealNVP) with MultivariateNormal as its base, and a mixture density network with MixtureSameFamily."""

import math

import torch
import torch.distributions as D
from torch import nn

from tests.programs.common import normal, settle


class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.s = nn.Sequential(nn.Linear(2, 12), nn.LeakyReLU(), nn.Linear(12, 2), nn.Tanh())
        self.t = nn.Sequential(nn.Linear(2, 12), nn.LeakyReLU(), nn.Linear(12, 2))

    def inverse(self, x):
        kept = self.mask * x
        s, t = self.s(kept) * (1 - self.mask), self.t(kept) * (1 - self.mask)
        return (1 - self.mask) * (x - t) * torch.exp(-s) + kept, -s.sum(dim=1)

    def forward(self, z):
        kept = self.mask * z
        s, t = self.s(kept) * (1 - self.mask), self.t(kept) * (1 - self.mask)
        return kept + (1 - self.mask) * (z * torch.exp(s) + t)


class RealNVP(nn.Module):
    def __init__(self):
        super().__init__()
        masks = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 2)
        self.layers = nn.ModuleList(Coupling(m) for m in masks)
        self.prior = D.MultivariateNormal(torch.zeros(2), torch.eye(2))

    def log_prob(self, x):
        log_det = x.new_zeros(x.shape[0])
        for layer in reversed(self.layers):
            x, ld = layer.inverse(x)
            log_det += ld
        return self.prior.log_prob(x) + log_det

    @torch.no_grad()
    def sample(self, z):
        for layer in self.layers:
            z = layer(z)
        return z


class MDN(nn.Module):
    def __init__(self, components=3):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(1, 10), nn.Tanh())
        self.pi, self.mu, self.sigma = (nn.Linear(10, components) for _ in range(3))

    def forward(self, x):
        h = self.hidden(x)
        return D.MixtureSameFamily(D.Categorical(logits=self.pi(h)), D.Normal(self.mu(h), nn.functional.elu(self.sigma(h)) + 1 + 1e-4))

    def by_hand(self, x, y):
        h = self.hidden(x)
        scale = nn.functional.elu(self.sigma(h)) + 1 + 1e-4
        each = -0.5 * ((y[:, None] - self.mu(h)) / scale) ** 2 - torch.log(scale) - 0.5 * math.log(2 * math.pi)
        return torch.logsumexp(torch.log_softmax(self.pi(h), -1) + each, -1)


def main():
    flow, losses = settle(RealNVP()), []
    noise = torch.from_numpy(normal(32, 2))
    x = torch.stack([noise[:, 0], noise[:, 0] ** 2 + 0.3 * noise[:, 1]], 1)
    optimizer = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad], lr=5e-3)
    for _ in range(10):
        loss = -flow.log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward(retain_graph=False)
        optimizer.step()
        losses.append(loss.item())
    assert torch.allclose(flow.layers[0].inverse(flow.layers[0](noise))[0], noise, atol=1e-5)
    mdn = settle(MDN())
    optimizer = torch.optim.NAdam(mdn.parameters(), lr=1e-2)
    for _ in range(10):
        optimizer.zero_grad()
        loss = -mdn(x[:, :1]).log_prob(x[:, 1]).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert torch.allclose(mdn.by_hand(x[:, :1], x[:, 1]), mdn(x[:, :1]).log_prob(x[:, 1]), atol=1e-5)
    return losses + flow.sample(noise).std(0).tolist()
