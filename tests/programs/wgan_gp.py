"""WGAN-GP: several critic steps per generator step and a penalty on the gradient's norm, which is differentiated again."""

import torch
import torch.autograd as autograd
import torch.nn as nn

from tests.programs.common import normal, settle


def gradient_penalty(critic, real, fake, alpha):
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    d = critic(interpolates)
    ones = torch.ones(d.size(), requires_grad=False)
    gradients = autograd.grad(outputs=d, inputs=interpolates, grad_outputs=ones, create_graph=True, retain_graph=True, only_inputs=True)[0]
    return ((gradients.view(gradients.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


def main(steps=18):
    generator = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16, 0.8), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 36), nn.Tanh())
    critic = nn.Sequential(nn.Unflatten(1, (1, 6, 6)), nn.Conv2d(1, 4, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(36, 1))
    settle(generator, critic)
    optimizer_G = torch.optim.RMSprop(generator.parameters(), lr=1e-3)
    optimizer_D = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.0, 0.9))
    losses = []
    for i in range(steps):
        real = torch.from_numpy(normal(6, 36, seed=i)).tanh()
        z = torch.from_numpy(normal(6, 4, seed=50 + i))
        optimizer_D.zero_grad()
        fake = generator(z)
        alpha = torch.from_numpy(normal(6, 1, seed=90 + i)).sigmoid()
        d_loss = -torch.mean(critic(real)) + torch.mean(critic(fake)) + 10 * gradient_penalty(critic, real.data, fake.data, alpha)
        d_loss.backward()
        optimizer_D.step()
        losses.append(d_loss.item())
        if i % 3 == 0:
            optimizer_G.zero_grad()
            g_loss = -torch.mean(critic(generator(z)))
            g_loss.backward()
            optimizer_G.step()
            losses.append(g_loss.item())
    return losses
