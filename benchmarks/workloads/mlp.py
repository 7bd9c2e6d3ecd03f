"""Perceptrons: small (the overhead of a step is what counts), deep (many small layers), wide (the products are what counts)."""

from __future__ import annotations

import jax

from .by_hand import adam, cross_entropy, linear, sgd, train
from .program import Program, Workload, integers, normal


def workload(name: str, widths: list[int], batch: int, optimizer: str, hyper: dict) -> Workload:
    """A classifier with ReLU between linear layers of these widths."""

    def data():
        return [(normal(0, batch, widths[0]), integers(1, widths[-1], batch))]

    def program(m, **place) -> Program:
        nn = m.nn
        layers = []
        for i, o in zip(widths, widths[1:], strict=False):
            layers += [nn.Linear(i, o), nn.ReLU()]
        model = nn.Sequential(*layers[:-1]).to(**place)
        return Program(model, getattr(m.optim, optimizer)(model.parameters(), **hyper), lambda x, y: nn.functional.cross_entropy(model(x), y))

    def by_hand(weights):
        depth = len(widths) - 1

        def loss_of(w, x, y):
            for i in range(depth):
                x = linear(w, str(2 * i), x)
                x = jax.nn.relu(x) if i < depth - 1 else x
            return cross_entropy(x, y)

        rule = sgd(hyper["lr"], hyper.get("momentum", 0.0)) if optimizer == "SGD" else adam(hyper["lr"])
        return train(loss_of, weights, rule)

    return Workload(name, data, program, by_hand)


WORKLOADS = [
    workload("mlp_small", [64, 128, 128, 128, 10], 64, "SGD", {"lr": 0.01, "momentum": 0.9}),
    workload("mlp_deep", [64] * 20 + [10], 64, "SGD", {"lr": 0.1}),
    workload("mlp_wide", [256, 1024, 1024, 1024, 10], 256, "Adam", {"lr": 1e-3}),
]
