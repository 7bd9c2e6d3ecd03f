"""One step of a recurrent layer, as a function: what RNNCell, LSTMCell and GRUCell call."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..core.dtype import scalar_type_name
from ..core.op import function, op
from ..core.precision import matmul_precision


def _check(input, w_ih, w_hh, *hidden) -> None:
    """RuntimeError unless sizes and dtypes of the input (B, in) and the hidden states (B, out) fit the weights."""
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}")
    for i, h in enumerate(hidden):
        if input.shape[0] != h.shape[0]:
            raise RuntimeError(f"Input batch size {input.shape[0]} doesn't match hidden{i} batch size {h.shape[0]}")
        if h.shape[1] != w_hh.shape[1]:
            raise RuntimeError(f"hidden{i} has inconsistent hidden_size: got {h.shape[1]}, expected {w_hh.shape[1]}")
    if input.dtype != w_ih.dtype:
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got {scalar_type_name(input.dtype)} and {scalar_type_name(w_ih.dtype)}"
        )


def _affine(x, weight, bias):
    out = jnp.dot(x, weight.T, precision=matmul_precision())
    return out if bias is None else out + bias


@op(name="rnn_tanh_cell", node="TanhBackward0")
def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """tanh(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh) (torch.rnn_tanh_cell)."""
    _check(input, w_ih, w_hh, hx)
    return jnp.tanh(_affine(input, w_ih, b_ih) + _affine(hx, w_hh, b_hh))


@op(name="rnn_relu_cell", node="ReluBackward0")
def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """relu(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh) (torch.rnn_relu_cell)."""
    _check(input, w_ih, w_hh, hx)
    return jax.nn.relu(_affine(input, w_ih, b_ih) + _affine(hx, w_hh, b_hh))


@op(name="gru_cell", node="AddBackward0")
def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """One step of a gated recurrent unit (torch.gru_cell)."""
    _check(input, w_ih, w_hh, hx)
    (xr, xz, xn), (hr, hz, hn) = jnp.split(_affine(input, w_ih, b_ih), 3, -1), jnp.split(_affine(hx, w_hh, b_hh), 3, -1)
    r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
    n = jnp.tanh(xn + r * hn)
    return n + z * (hx - n)


@op(name="lstm_cell_kernel", public=False, node="ThnnFusedLstmCellBackward0")
def _lstm_cell(input, hx, cx, w_ih, w_hh, b_ih=None, b_hh=None, /):
    """(new h, new c)."""
    _check(input, w_ih, w_hh, hx, cx)
    i, f, g, o = jnp.split(_affine(input, w_ih, b_ih) + _affine(hx, w_hh, b_hh), 4, -1)
    cell = jax.nn.sigmoid(f) * cx + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(cell), cell


@function
def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of long short-term memory from hx = (h, c) to the next (torch.lstm_cell)."""
    return _lstm_cell(input, hx[0], hx[1], w_ih, w_hh, b_ih, b_hh)
