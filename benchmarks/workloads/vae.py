"""A variational autoencoder: random numbers within the step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .by_hand import adam, linear, train
from .program import Program, Workload, normal

BATCH, PIXELS, LATENT = 64, 256, 16


def pictures() -> np.ndarray:
    """Smooth grey values between 0 and 1."""
    return 1 / (1 + np.exp(-2 * normal(0, BATCH, PIXELS)))


def data():
    """Pictures; the noise is drawn in the step."""
    return [(pictures(),)]


def check_data():
    """Pictures and the noise: drawn by torch and JAX it would differ."""
    return [(pictures(), normal(k, BATCH, LATENT)) for k in range(2)]


def vae(m, **place) -> Program:
    """Encoder and decoder with one hidden layer each, Adam."""
    nn, functional = m.nn, m.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.mean, self.logvar = nn.Linear(PIXELS, 128), nn.Linear(128, LATENT), nn.Linear(128, LATENT)
            self.decoder = nn.Sequential(nn.Linear(LATENT, 128), nn.ReLU(), nn.Linear(128, PIXELS))

        def forward(self, x, noise=None):
            h = functional.relu(self.encoder(x))
            mean, logvar = self.mean(h), self.logvar(h)
            std = m.exp(0.5 * logvar)
            z = mean + std * (m.randn_like(std) if noise is None else noise)
            return self.decoder(z), mean, logvar

    model = VAE().to(**place)

    def loss_of(x, noise=None):
        logits, mean, logvar = model(x, noise)
        likelihood = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = -0.5 * m.sum(1 + logvar - mean.pow(2) - logvar.exp())
        return (likelihood + divergence) / len(x)

    return Program(model, m.optim.Adam(model.parameters(), lr=1e-3), loss_of)


def vae_by_hand(weights):
    """The same in JAX."""

    def loss_of(w, key, x, noise=None):
        h = jax.nn.relu(linear(w, "encoder", x))
        mean, logvar = linear(w, "mean", h), linear(w, "logvar", h)
        if noise is None:
            key, used = jax.random.split(key)
            noise = jax.random.normal(used, mean.shape, mean.dtype)
        z = mean + jnp.exp(0.5 * logvar) * noise
        logits = linear(w, "decoder.2", jax.nn.relu(linear(w, "decoder.0", z)))
        likelihood = jnp.sum(jax.nn.softplus(logits) - x * logits)
        divergence = -0.5 * jnp.sum(1 + logvar - mean**2 - jnp.exp(logvar))
        return (likelihood + divergence) / len(x), key

    return train(loss_of, weights, adam(1e-3), jax.random.key(0))


WORKLOADS = [Workload("vae", data, vae, vae_by_hand, check_data=check_data)]
