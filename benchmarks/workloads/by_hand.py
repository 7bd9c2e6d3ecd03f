"""Parts of the hand-written steps, in plain jax.numpy and jax.lax: layers, losses, optimisers, one jitted program per step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax


def train(loss_of: Callable, weights: dict, optimizer: tuple[Callable, Callable], extra=None) -> Callable:
    """step(*batch) for a loss_of(weights, *batch), or, with `extra` (running statistics, a random key) carried from step to step,
    for a loss_of(weights, extra, *batch) that returns the loss and the new `extra`."""
    init, update = optimizer
    carried = weights, init(weights), extra

    @partial(jax.jit, donate_argnums=0)
    def program(carried, *batch):
        weights, state, extra = carried
        if extra is None:
            loss, grads = jax.value_and_grad(loss_of)(weights, *batch)
        else:
            (loss, extra), grads = jax.value_and_grad(loss_of, has_aux=True)(weights, extra, *batch)
        return loss, (*update(weights, grads, state), extra)

    def step(*batch):
        nonlocal carried
        loss, carried = program(carried, *batch)
        return loss

    return step


def sgd(rate: float, momentum: float = 0.0) -> tuple[Callable, Callable]:
    """Gradient descent, with momentum if any."""

    def init(w):
        return {k: jnp.zeros_like(p) for k, p in w.items()} if momentum else ()

    def update(w, g, velocity):
        if momentum:
            g = velocity = {k: momentum * v + g[k] for k, v in velocity.items()}
        return {k: p - rate * g[k] for k, p in w.items()}, velocity

    return init, update


def adam(rate: float, decay: float = 0.0, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> tuple[Callable, Callable]:
    """Adam; AdamW with a decay."""

    def init(w):
        return {k: jnp.zeros_like(p) for k, p in w.items()}, {k: jnp.zeros_like(p) for k, p in w.items()}, jnp.zeros((), jnp.float32)

    def update(w, g, state):
        m, v, t = state
        t = t + 1
        m = {k: b1 * m[k] + (1 - b1) * d for k, d in g.items()}
        v = {k: b2 * v[k] + (1 - b2) * d * d for k, d in g.items()}
        c1, c2 = 1 - b1**t, jnp.sqrt(1 - b2**t)

        def new(p, m, v):
            return ((1 - rate * decay) * p - rate / c1 * m / (jnp.sqrt(v) / c2 + eps)).astype(p.dtype)

        return {k: new(p, m[k], v[k]) for k, p in w.items()}, (m, v, t)

    return init, update


def linear(w: dict, name: str, x):
    """x @ W' + b."""
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def cross_entropy(logits, labels):
    """Mean negative log-likelihood of integer labels."""
    logs = jax.nn.log_softmax(logits.astype(jnp.float32))
    return -jnp.take_along_axis(logs, labels[:, None], 1).mean()


def layer_norm(w: dict, name: str, x, eps: float = 1e-5):
    """Over the last dimension; statistics in single precision."""
    wide = x.astype(jnp.float32)
    mean = wide.mean(-1, keepdims=True)
    var = jnp.square(wide - mean).mean(-1, keepdims=True)
    return ((wide - mean) * lax.rsqrt(var + eps)).astype(x.dtype) * w[f"{name}.weight"] + w[f"{name}.bias"]


def conv(x, kernel, stride: int = 1, padding: int = 0):
    """A convolution of pictures in PyTorch's layout."""
    return lax.conv_general_dilated(x, kernel, (stride, stride), [(padding, padding)] * 2, dimension_numbers=("NCHW", "OIHW", "NCHW"))


def batch_norm(w: dict, stats: dict, name: str, x, momentum: float = 0.1, eps: float = 1e-5):
    """Normalised by the batch, and the new running statistics of this layer."""
    wide = x.astype(jnp.float32)
    mean, n = wide.mean((0, 2, 3)), x.size // x.shape[1]
    var = jnp.square(wide - mean[:, None, None]).mean((0, 2, 3))
    scale = w[f"{name}.weight"] * lax.rsqrt(var + eps)
    shift = w[f"{name}.bias"] - mean * scale
    y = (wide * scale[:, None, None] + shift[:, None, None]).astype(x.dtype)

    def moved(key, new):
        return ((1 - momentum) * stats[key] + momentum * new).astype(stats[key].dtype)

    counted = f"{name}.num_batches_tracked"
    new = {f"{name}.running_mean": moved(f"{name}.running_mean", mean), counted: stats[counted] + 1,
           f"{name}.running_var": moved(f"{name}.running_var", var * (n / (n - 1)))}
    return y, new


def split_buffers(weights: dict) -> tuple[dict, dict]:
    """Parameters, and the buffers of batch normalisation."""
    buffers = {k: v for k, v in weights.items() if k.rsplit(".", 1)[-1].startswith(("running_", "num_batches"))}
    return {k: v for k, v in weights.items() if k not in buffers}, buffers
