"""The VAE example: an encoder, the reparameterisation (noise given), binary cross entropy and the KL divergence, sampling."""

import torch
from torch import nn, optim
from torch.nn import functional as F

from tests.programs.common import normal, settle


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(36, 20)
        self.fc21, self.fc22 = nn.Linear(20, 4), nn.Linear(20, 4)
        self.fc3, self.fc4 = nn.Linear(4, 20), nn.Linear(20, 36)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar, eps):
        std = torch.exp(0.5 * logvar)
        return mu + eps.type_as(std) * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x, eps):
        mu, logvar = self.encode(x.view(-1, 36))
        return self.decode(self.reparameterize(mu, logvar, eps)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 36), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def main():
    model = settle(VAE())
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    data = torch.from_numpy(normal(16, 1, 6, 6)).sigmoid()
    losses = []
    for step in range(20):
        optimizer.zero_grad()
        recon, mu, logvar = model(data, torch.from_numpy(normal(16, 4, seed=step)))
        loss = loss_function(recon, data, mu, logvar)
        loss.backward()
        losses.append(loss.item() / len(data))
        optimizer.step()
    with torch.no_grad():
        sample = model.decode(torch.from_numpy(normal(3, 4))).cpu()
    return losses + sample.view(3, 1, 6, 6).mean(dim=(1, 2, 3)).tolist()
