"""Small things: a chain of tiny ops, a Hessian-vector product, one example through a network."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .by_hand import cross_entropy, linear, sgd, train
from .program import Program, Workload, integers, normal


def chain_data():
    """What the chain begins with."""
    return [(normal(0, 16, 16),)]


def chain(m, **place) -> Program:
    """200 element-wise ops on 16 x 16 elements, SGD on two matrices."""

    class Chain(m.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = m.nn.Parameter(1 + 0.1 * m.randn(16, 16)), m.nn.Parameter(0.1 * m.randn(16, 16))

        def forward(self, x):
            for _ in range(50):
                x = m.tanh(x * self.weight + self.bias) * 1.01
            return x.sum()

    model = Chain().to(**place)
    return Program(model, m.optim.SGD(model.parameters(), lr=1e-3), model)


def chain_by_hand(weights):
    """The same in JAX."""

    def loss_of(w, x):
        for _ in range(50):
            x = jnp.tanh(x * w["weight"] + w["bias"]) * 1.01
        return x.sum()

    return train(loss_of, weights, sgd(1e-3))


def hvp_data():
    """A batch of 64."""
    return [(normal(0, 64, 32), integers(1, 10, 64))]


class PowerIteration(Program):
    """One step towards the largest eigenvalue of the Hessian of the loss; returns the Rayleigh quotient."""

    def __init__(self, m, model, loss_of):
        super().__init__(model, None, loss_of)
        self.m = m
        self.parameters = list(model.parameters())
        self.vectors = [m.ones_like(p) / sum(p.numel() for p in self.parameters) ** 0.5 for p in self.parameters]

    def step(self, *batch):
        """v becomes Hv / |Hv|."""
        m = self.m
        grads = m.autograd.grad(self.loss_of(*batch), self.parameters, create_graph=True)
        product = sum((g * v).sum() for g, v in zip(grads, self.vectors, strict=True))
        curved = m.autograd.grad(product, self.parameters)
        with m.no_grad():
            quotient = sum((h * v).sum() for h, v in zip(curved, self.vectors, strict=True))
            length = sum((h * h).sum() for h in curved).sqrt()
            self.vectors = [h / length for h in curved]
        return quotient


def hvp(m, **place) -> Program:
    """Power iteration on the Hessian of a small network."""
    nn = m.nn
    model = nn.Sequential(nn.Linear(32, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10)).to(**place)
    return PowerIteration(m, model, lambda x, y: nn.functional.cross_entropy(model(x), y))


def hvp_by_hand(weights):
    """The same in JAX, forward over reverse."""

    def loss_of(w, x, y):
        return cross_entropy(linear(w, "4", jnp.tanh(linear(w, "2", jnp.tanh(linear(w, "0", x))))), y)

    @jax.jit
    def program(w, v, x, y):
        _, h = jax.jvp(jax.grad(lambda w: loss_of(w, x, y)), (w,), (v,))
        quotient = sum(jnp.vdot(h[k], v[k]) for k in v)
        length = jnp.sqrt(sum(jnp.vdot(a, a) for a in h.values()))
        return quotient, {k: a / length for k, a in h.items()}

    size = sum(p.size for p in weights.values())
    vectors = {k: jnp.full_like(p, size**-0.5) for k, p in weights.items()}

    def step(x, y):
        nonlocal vectors
        quotient, vectors = program(weights, vectors, x, y)
        return quotient

    return step


def inference_data():
    """Single examples."""
    return [(normal(k, 1, 64),) for k in range(4)]


class Forward(Program):
    """A step is one answer of the model."""

    def step(self, *batch):
        """Forward, no gradient."""
        return self.loss_of(*batch)


def inference(m, **place) -> Program:
    """One number from a small network, as a server or an agent asks for it."""
    nn = m.nn
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1)).to(**place).eval()

    def answer(x):
        with m.no_grad():
            return model(x)

    return Forward(model, None, answer)


def inference_by_hand(weights):
    """The same in JAX."""

    @jax.jit
    def program(w, x):
        return linear(w, "4", jax.nn.relu(linear(w, "2", jax.nn.relu(linear(w, "0", x)))))

    return lambda x: program(weights, x)


WORKLOADS = [
    Workload("chain", chain_data, chain, chain_by_hand),
    Workload("hvp", hvp_data, hvp, hvp_by_hand, looks=True),
    Workload("inference", inference_data, inference, inference_by_hand, looks=True),
]
