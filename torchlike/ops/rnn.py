"""Recurrent layers: one `lax.scan` per layer and direction, over arrays (time, batch, features).

The products with the inputs are one matmul before the scan. The hand-written backward scans once in reverse over what the forward kept
(gates and states) and then forms each weight's gradient as one matmul over all steps; the derived one would recompute the forward and
accumulate a full weight gradient per step (1.4 to 1.7 times slower, benchmarks/variants.py). Sequences of different lengths are a mask: past
a sequence's end its state stands still and its output is zero, in both directions.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..core.op import op
from ..core.precision import matmul_precision


def _dot(a, b):
    return jnp.dot(a, b, precision=matmul_precision())


def _flat_dot(a, b):
    """(T, B, M) and (T, B, N) -> (M, N), summed over time and batch."""
    return _dot(a.reshape(-1, a.shape[-1]).T, b.reshape(-1, b.shape[-1]))


def _projected(input, weight, *biases):
    """input @ weight.T + biases for all steps at once."""
    steps, batch, features = input.shape
    out = _dot(input.reshape(steps * batch, features), weight.T)
    for bias in biases:
        out = out if bias is None else out + bias
    return out.reshape(steps, batch, weight.shape[0])


def _mask(lengths, steps):
    """(T, B, 1): whether a step lies within its sequence; None when all do."""
    return None if lengths is None else (jnp.arange(steps)[:, None] < lengths)[..., None]


def _held(valid, new, old):
    return new if valid is None else jnp.where(valid, new, old)


def _start(state, input, size):
    """The initial state (B, size), zeros if it is not given."""
    return jnp.zeros((input.shape[1], size), input.dtype) if state is None else state


def _scan(step, carry, xs, reverse):
    return jax.lax.scan(step, carry, xs, reverse=reverse)


def _previous(states, first, mask, reverse):
    """The state each step started from; `states` may be zero past a sequence's end."""
    if reverse:
        shifted = jnp.concatenate([states[1:], first[None]])
        if mask is not None:
            inside = jnp.concatenate([mask[1:], jnp.zeros_like(mask[:1])])
            shifted = jnp.where(inside, shifted, first)
        return shifted
    return jnp.concatenate([first[None], states[:-1]])


# ---- one tanh or relu -------------------------------------------------------------------------------------------------------------------


@op(name="rnn_layer", public=False, node="RnnLayerBackward0")
def rnn_layer(input, h0=None, w_ih=None, w_hh=None, b_ih=None, b_hh=None, lengths=None, /, nonlinearity="tanh", reverse=False):
    """h' = act(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh); returns (outputs (T, B, H), last state (B, H))."""
    h0 = _start(h0, input, w_hh.shape[1])
    act = jnp.tanh if nonlinearity == "tanh" else jax.nn.relu
    mask = _mask(lengths, input.shape[0])

    def step(h, xs):
        x, valid = xs
        new = act(x + _dot(h, w_hh.T))
        return _held(valid, new, h), _held(valid, new, 0)

    last, out = _scan(step, h0, (_projected(input, w_ih, b_ih, b_hh), mask), reverse)
    return out, last


@rnn_layer.vjp
def _(grads, outs, input, h0, w_ih, w_hh, b_ih, b_hh, lengths, nonlinearity, reverse):
    out = outs[0]
    h0 = _start(h0, input, w_hh.shape[1])
    mask = _mask(lengths, input.shape[0])
    slope = 1 - jnp.square(out) if nonlinearity == "tanh" else (out > 0).astype(out.dtype)

    def step(dh, xs):
        grad, s, valid = xs
        pre = (dh + grad) * s
        pre = _held(valid, pre, 0)
        return _held(valid, _dot(pre, w_hh), dh), pre

    dh0, pre = _scan(step, grads[1], (grads[0], slope, mask), not reverse)
    return _shared_gradients(pre, pre, input, _previous(out, h0, mask, reverse), w_ih, b_ih, b_hh, dh0)


def _shared_gradients(from_input, from_state, input, previous, w_ih, b_ih, b_hh, dh0):
    """Gradients of input, h0, weights and biases from those of the pre-activations of the two products."""
    grad_input = _dot(from_input.reshape(-1, from_input.shape[-1]), w_ih).reshape(input.shape)
    return (
        grad_input, dh0, _flat_dot(from_input, input), _flat_dot(from_state, previous),
        None if b_ih is None else from_input.sum((0, 1)), None if b_hh is None else from_state.sum((0, 1)), None,
    )


# ---- LSTM -------------------------------------------------------------------------------------------------------------------------------


@op(name="lstm_layer", public=False, node="LstmLayerBackward0", aux_outputs=2)
def lstm_layer(input, h0=None, c0=None, w_ih=None, w_hh=None, b_ih=None, b_hh=None, w_hr=None, lengths=None, /, reverse=False):
    """Long short-term memory; w_hr projects the hidden state. Returns (outputs, last h, last c); gates and cells are kept."""
    h0, c0 = _start(h0, input, w_hh.shape[1]), _start(c0, input, w_hh.shape[0] // 4)
    mask = _mask(lengths, input.shape[0])

    def step(carry, xs):
        h, c = carry
        x, valid = xs
        i, f, g, o = jnp.split(x + _dot(h, w_hh.T), 4, -1)
        i, f, g, o = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o)
        cell = f * c + i * g
        new = o * jnp.tanh(cell)
        new = new if w_hr is None else _dot(new, w_hr.T)
        kept = (_held(valid, new, h), _held(valid, cell, c))
        return kept, (_held(valid, new, 0), jnp.concatenate([i, f, g, o], -1), cell)

    (h, c), (out, gates, cells) = _scan(step, (h0, c0), (_projected(input, w_ih, b_ih, b_hh), mask), reverse)
    return out, h, c, gates, cells


@lstm_layer.vjp
def _(grads, outs, input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, lengths, reverse):
    out, _, _, gates, cells = outs
    h0, c0 = _start(h0, input, w_hh.shape[1]), _start(c0, input, w_hh.shape[0] // 4)
    mask = _mask(lengths, input.shape[0])

    def step(carry, xs):
        dh, dc = carry
        grad, gate, cell, before, valid = xs
        i, f, g, o = jnp.split(gate, 4, -1)
        total = dh + grad
        hidden = total if w_hr is None else _dot(total, w_hr)
        squashed = jnp.tanh(cell)
        dcell = dc + hidden * o * (1 - squashed * squashed)
        pre = jnp.concatenate([
            dcell * g * i * (1 - i), dcell * before * f * (1 - f), dcell * i * (1 - g * g), hidden * squashed * o * (1 - o),
        ], -1)
        pre = _held(valid, pre, 0)
        return (_held(valid, _dot(pre, w_hh), dh), _held(valid, dcell * f, dc)), (pre, _held(valid, total, 0))

    before = _previous(cells, c0, mask, reverse)
    (dh0, dc0), (pre, totals) = _scan(step, (grads[1], grads[2]), (grads[0], gates, cells, before, mask), not reverse)
    shared = _shared_gradients(pre, pre, input, _previous(out, h0, mask, reverse), w_ih, b_ih, b_hh, dh0)
    hidden = None if w_hr is None else gates[..., -cells.shape[-1]:] * jnp.tanh(cells)
    return *shared[:2], dc0, *shared[2:6], None if w_hr is None else _flat_dot(totals, hidden), None


# ---- GRU --------------------------------------------------------------------------------------------------------------------------------


@op(name="gru_layer", public=False, node="GruLayerBackward0", aux_outputs=1)
def gru_layer(input, h0=None, w_ih=None, w_hh=None, b_ih=None, b_hh=None, lengths=None, /, reverse=False):
    """Gated recurrent unit. Returns (outputs, last state); the gates are kept."""
    h0 = _start(h0, input, w_hh.shape[1])
    mask = _mask(lengths, input.shape[0])

    def step(h, xs):
        x, valid = xs
        recurrent = _dot(h, w_hh.T) if b_hh is None else _dot(h, w_hh.T) + b_hh
        (xr, xz, xn), (hr, hz, hn) = jnp.split(x, 3, -1), jnp.split(recurrent, 3, -1)
        r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
        n = jnp.tanh(xn + r * hn)
        new = n + z * (h - n)
        return _held(valid, new, h), (_held(valid, new, 0), jnp.concatenate([r, z, n, hn], -1))

    last, (out, gates) = _scan(step, h0, (_projected(input, w_ih, b_ih), mask), reverse)
    return out, last, gates


@gru_layer.vjp
def _(grads, outs, input, h0, w_ih, w_hh, b_ih, b_hh, lengths, reverse):
    out, _, gates = outs
    h0 = _start(h0, input, w_hh.shape[1])
    mask = _mask(lengths, input.shape[0])

    def step(dh, xs):
        grad, gate, before, valid = xs
        r, z, n, hn = jnp.split(gate, 4, -1)
        total = dh + grad
        dn = total * (1 - z) * (1 - n * n)
        dz = total * (before - n) * z * (1 - z)
        dr = dn * hn * r * (1 - r)
        from_input = _held(valid, jnp.concatenate([dr, dz, dn], -1), 0)
        from_state = _held(valid, jnp.concatenate([dr, dz, dn * r], -1), 0)
        return _held(valid, total * z + _dot(from_state, w_hh), dh), (from_input, from_state)

    before = _previous(out, h0, mask, reverse)
    dh0, (from_input, from_state) = _scan(step, grads[1], (grads[0], gates, before, mask), not reverse)
    return _shared_gradients(from_input, from_state, input, before, w_ih, b_ih, b_hh, dh0)
