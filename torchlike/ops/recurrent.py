"""Stacked recurrent layers over arrays (time, batch, features), and PyTorch's functions of them: `lstm`, `gru`, `rnn_tanh`, `rnn_relu`."""

from __future__ import annotations

from ..core.op import function
from .dropout import dropout
from .joining import cat, stack
from .packing import lengths_of, packed_from_padded, padded_from_packed
from .rnn import gru_layer, lstm_layer, rnn_layer


def run_direction(mode: str, x, start, weights, reverse: bool, lengths):
    """One layer in one direction -> (output, *last states). `weights` are (w_ih, w_hh, b_ih, b_hh, w_hr)."""
    if mode == "LSTM":
        h, c = start or (None, None)
        return lstm_layer(x, h, c, *weights, lengths, reverse=reverse)
    h = start[0] if start else None
    if mode == "GRU":
        return gru_layer(x, h, *weights[:4], lengths, reverse=reverse)
    return rnn_layer(x, h, *weights[:4], lengths, nonlinearity="tanh" if mode == "RNN_TANH" else "relu", reverse=reverse)


def run_layers(one, x, states, weights, directions: int, p: float) -> tuple:
    """All layers, with dropout between them -> (output, tuple of last states (layers * directions, B, size)).

    `one(x, start, weights, reverse)` runs a layer in a direction; `weights` holds its last arguments, layer by layer.
    """
    if x.size(0) == 0:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    finals = []
    for layer in range(len(weights) // directions):
        outputs = []
        for direction in range(directions):
            index = layer * directions + direction
            start = None if states is None else tuple(s[index] for s in states)
            out, *last = one(x, start, weights[index], bool(direction))
            outputs.append(out)
            finals.append(last)
        x = outputs[0] if directions == 1 else cat(outputs, -1)
        if p and (layer + 1) * directions < len(weights):
            x = dropout(x, p, True)
    return x, tuple(_stacked(each) for each in zip(*finals, strict=True))


def _stacked(states):
    return states[0].unsqueeze(0) if len(states) == 1 else stack(list(states))


def _grouped(params, has_biases: bool, projected: bool) -> list:
    """A flat list of parameters, layer by layer, as (w_ih, w_hh, b_ih, b_hh, w_hr)."""
    size = 2 + 2 * bool(has_biases) + bool(projected)
    if len(params) % size:
        raise RuntimeError("got an incorrect number of RNN parameters")
    groups = (params[i : i + size] for i in range(0, len(params), size))
    return [(*g[:2], *(g[2:4] if has_biases else (None, None)), g[-1] if projected else None) for g in groups]


def _run(mode: str, x, states, lengths, params, has_biases, num_layers, dropout_p, train, bidirectional) -> tuple:
    directions = 2 if bidirectional else 1
    hidden = params[1].size(0) // 4 if mode == "LSTM" else 0
    weights = _grouped(list(params), has_biases, mode == "LSTM" and params[1].size(1) != hidden)
    if len(weights) != num_layers * directions:
        raise RuntimeError("got an incorrect number of RNN parameters")

    def one(x, start, layer_weights, reverse):
        return run_direction(mode, x, start, layer_weights, reverse, lengths)

    out, last = run_layers(one, x, states, weights, directions, dropout_p if train else 0.0)
    return out, *last


def _declare(name: str, mode: str, doc: str) -> None:
    def padded(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
        x = input.transpose(0, 1) if batch_first else input
        states = tuple(hx) if mode == "LSTM" else (hx,)
        out, *last = _run(mode, x, states, None, params, has_biases, num_layers, dropout, train, bidirectional)
        return (out.transpose(0, 1) if batch_first else out, *last)

    def packed(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional):
        lengths = lengths_of(batch_sizes)
        states = tuple(hx) if mode == "LSTM" else (hx,)
        x = padded_from_packed(data, lengths)
        out, *last = _run(mode, x, states, lengths, params, has_biases, num_layers, dropout, train, bidirectional)
        return (packed_from_padded(out, lengths), *last)

    def layers(*args, **kwargs):
        # The packed form has the flag of biases fifth, the padded one fourth.
        is_packed = "batch_sizes" in kwargs or (len(args) > 3 and not isinstance(args[3], bool | int))
        return (packed if is_packed else padded)(*args, **kwargs)

    padded.__qualname__ = packed.__qualname__ = name
    layers.__doc__ = f"{doc}, of (input, hx, params, ...) or packed (data, batch_sizes, hx, params, ...) -> (output, *last states) (torch.{name})."
    function(layers, name=name)


_declare("lstm", "LSTM", "Stacked long short-term memory layers")
_declare("gru", "GRU", "Stacked gated recurrent layers")
_declare("rnn_tanh", "RNN_TANH", "Stacked recurrent layers with tanh")
_declare("rnn_relu", "RNN_RELU", "Stacked recurrent layers with relu")
