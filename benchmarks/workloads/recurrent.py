"""Sequences: an LSTM layer, and a Python loop over a cell whose length changes from step to step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from .by_hand import adam, cross_entropy, linear, train
from .program import Program, Workload, integers, normal

HIDDEN = 64
LENGTHS = (14, 40, 5, 29, 9, 34, 18, 23)


def lstm_data():
    """16 sequences of 32 steps."""
    return [(normal(0, 16, 32, 32), integers(1, 10, 16))]


def lstm(m, **place) -> Program:
    """One LSTM layer, Adam."""
    nn = m.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.LSTM(32, HIDDEN, batch_first=True), nn.Linear(HIDDEN, 10)

        def forward(self, x):
            return self.out(self.rnn(x)[0][:, -1])

    model = Reader().to(**place)
    return Program(model, m.optim.Adam(model.parameters(), lr=1e-3), lambda x, y: nn.functional.cross_entropy(model(x), y))


def lstm_by_hand(weights):
    """The same in JAX: what enters is multiplied for all steps at once, the rest is a scan."""

    def loss_of(w, x, y):
        entering = jnp.swapaxes(x, 0, 1) @ w["rnn.weight_ih_l0"].T + (w["rnn.bias_ih_l0"] + w["rnn.bias_hh_l0"])
        recurrent = w["rnn.weight_hh_l0"].T

        def cell(carry, e):
            h, c = carry
            i, f, g, o = jnp.split(e + h @ recurrent, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zero = jnp.zeros((x.shape[0], HIDDEN), x.dtype)
        (h, _), _ = lax.scan(cell, (zero, zero), entering)
        return cross_entropy(linear(w, "out", h), y)

    return train(loss_of, weights, adam(1e-3))


def loop_data():
    """16 sequences of one length, then of the next."""
    return [(normal(t, 16, t, 32), integers(t, 10, 16)) for t in LENGTHS]


def loop(m, **place) -> Program:
    """A GRU cell in a loop as long as the batch, Adam."""
    nn = m.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.out = nn.GRUCell(32, HIDDEN), nn.Linear(HIDDEN, 10)

        def forward(self, x):
            h = x.new_zeros(x.shape[0], HIDDEN)
            for t in range(x.shape[1]):
                h = self.cell(x[:, t], h)
            return self.out(h)

    model = Reader().to(**place)
    return Program(model, m.optim.Adam(model.parameters(), lr=1e-3), lambda x, y: nn.functional.cross_entropy(model(x), y))


def loop_by_hand(weights):
    """The same in JAX: a scan, compiled once per length."""

    def loss_of(w, x, y):
        entering = jnp.swapaxes(x, 0, 1) @ w["cell.weight_ih"].T + w["cell.bias_ih"]
        recurrent, bias = w["cell.weight_hh"].T, w["cell.bias_hh"]

        def cell(h, e):
            er, ez, en = jnp.split(e, 3, -1)
            hr, hz, hn = jnp.split(h @ recurrent + bias, 3, -1)
            r, z = jax.nn.sigmoid(er + hr), jax.nn.sigmoid(ez + hz)
            n = jnp.tanh(en + r * hn)
            return n + z * (h - n), None

        h, _ = lax.scan(cell, jnp.zeros((x.shape[0], HIDDEN), x.dtype), entering)
        return cross_entropy(linear(w, "out", h), y)

    return train(loss_of, weights, adam(1e-3))


WORKLOADS = [Workload("lstm", lstm_data, lstm, lstm_by_hand), Workload("rnn_loop", loop_data, loop, loop_by_hand)]
