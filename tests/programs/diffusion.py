"""DDPM: a UNet with sinusoidal time embedding, group norm and skip connections; a linear beta schedule; EMA of the weights; sampling steps."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.programs.common import integers, normal, settle


def extract(a, t, x_shape):
    out = a.gather(-1, t)
    return out.reshape(t.shape[0], *((1,) * (len(x_shape) - 1)))


class SinusoidalPositionEmbeddings(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half_dim = self.dim // 2
        embeddings = torch.exp(torch.arange(half_dim, device=time.device) * -(math.log(10000) / (half_dim - 1)))
        embeddings = time[:, None] * embeddings[None, :]
        return torch.cat((embeddings.sin(), embeddings.cos()), dim=-1)


class Block(nn.Module):
    def __init__(self, dim, dim_out, time_dim):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_dim, dim_out * 2))
        self.proj, self.norm = nn.Conv2d(dim, dim_out, 3, padding=1), nn.GroupNorm(2, dim_out)
        self.res_conv = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, time):
        scale, shift = self.mlp(time)[:, :, None, None].chunk(2, dim=1)
        h = F.silu(self.norm(self.proj(x)) * (scale + 1) + shift)
        return h + self.res_conv(x)


class UNet(nn.Module):
    def __init__(self, dim=4):
        super().__init__()
        self.time_mlp = nn.Sequential(SinusoidalPositionEmbeddings(dim), nn.Linear(dim, 8), nn.GELU(), nn.Linear(8, 8))
        self.init = nn.Conv2d(1, dim, 3, padding=1)
        self.down1, self.down2 = Block(dim, dim, 8), Block(dim, 2 * dim, 8)
        self.pool, self.mid = nn.Conv2d(dim, dim, 4, 2, 1), Block(2 * dim, 2 * dim, 8)
        self.up = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(2 * dim, dim, 3, padding=1))
        self.last, self.final = Block(2 * dim, dim, 8), nn.Conv2d(dim, 1, 1)

    def forward(self, x, time):
        t = self.time_mlp(time)
        skip = self.down1(self.init(x), t)
        h = self.mid(self.down2(self.pool(skip), t), t)
        return self.final(self.last(torch.cat((self.up(h), skip), dim=1), t))


class EMA:
    def __init__(self, model, decay=0.9):
        self.shadow, self.decay = copy.deepcopy(model).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, model):
        for ema, p in zip(self.shadow.parameters(), model.parameters(), strict=True):
            ema.lerp_(p.detach(), 1 - self.decay)


class GaussianDiffusion:
    def __init__(self, timesteps=20):
        betas = torch.linspace(0.0001, 0.02, timesteps)
        alphas = 1.0 - betas
        self.betas, self.alphas_cumprod = betas, torch.cumprod(alphas, axis=0)
        previous = F.pad(self.alphas_cumprod[:-1], (1, 0), value=1.0)
        self.sqrt_recip_alphas = torch.sqrt(1.0 / alphas)
        self.posterior_variance = betas * (1.0 - previous) / (1.0 - self.alphas_cumprod)

    def q_sample(self, x_start, t, noise):
        a = extract(self.alphas_cumprod, t, x_start.shape)
        return a.sqrt() * x_start + (1 - a).sqrt() * noise

    def p_losses(self, model, x_start, t, noise):
        return F.smooth_l1_loss(noise, model(self.q_sample(x_start, t, noise), t))

    @torch.inference_mode()
    def p_sample(self, model, x, t_index, noise):
        t = torch.full((x.shape[0],), t_index, dtype=torch.long)
        mean = extract(self.sqrt_recip_alphas, t, x.shape) * (
            x - extract(self.betas, t, x.shape) * model(x, t) / (1 - extract(self.alphas_cumprod, t, x.shape)).sqrt()
        )
        return mean if t_index == 0 else mean + extract(self.posterior_variance, t, x.shape).sqrt() * noise


def main(steps=20):
    model = settle(UNet())
    ema, process = EMA(model), GaussianDiffusion()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    data = torch.from_numpy(normal(4, 1, 8, 8)).clamp(-1, 1)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        t = torch.from_numpy(integers(20, 4, seed=step)).long()
        loss = process.p_losses(model, data, t, torch.from_numpy(normal(4, 1, 8, 8, seed=100 + step)))
        loss.backward()
        optimizer.step()
        ema.update(model)
        losses.append(loss.item())
    x = torch.from_numpy(normal(2, 1, 8, 8))
    for i in reversed(range(3)):
        x = process.p_sample(ema.shadow, x, i, torch.from_numpy(normal(2, 1, 8, 8, seed=i)))
    return losses + [x.std().item(), x.abs().max().item()]
