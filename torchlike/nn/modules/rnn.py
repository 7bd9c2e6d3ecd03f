"""Recurrent layers and cells. Each layer and direction is one op (a `lax.scan`, ops/rnn.py); packed sequences run padded, under a mask."""

from __future__ import annotations

import math
import warnings

from ... import gru_cell, lstm_cell, rnn_relu_cell, rnn_tanh_cell
from ...ops.create import empty
from ...ops.packing import lengths_of, packed_from_padded, padded_from_packed
from ...ops.recurrent import run_direction, run_layers
from .. import init
from ..module import Module
from ..parameter import Parameter
from ..utils.rnn import PackedSequence

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """Stacked, possibly bidirectional recurrent layers: parameters, checks and the loop over layers (torch.nn.RNNBase)."""

    _kind_of_input = ""  # what RNN says in one of its errors

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device=None, dtype=None):
        super().__init__()
        _check_types(input_size=(input_size, int), hidden_size=(hidden_size, int), bias=(bias, bool), batch_first=(batch_first, bool))
        _check_settings(mode, input_size, hidden_size, num_layers, dropout, proj_size)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights = [
            self._add_parameters(layer, suffix, device, dtype)
            for layer in range(num_layers) for suffix in ("", "_reverse")[: self._directions]
        ]
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _state_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _add_parameters(self, layer: int, suffix: str, device, dtype) -> list[str]:
        """Register one layer's parameters in PyTorch's order; returns their names."""
        rows = _GATES[self.mode] * self.hidden_size
        inputs = self.input_size if layer == 0 else self._state_size * self._directions
        shapes: dict[str, tuple] = {"weight_ih": (rows, inputs), "weight_hh": (rows, self._state_size)}
        if self.bias:
            shapes.update(bias_ih=(rows,), bias_hh=(rows,))
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        names = []
        for kind, shape in shapes.items():
            names.append(f"{kind}_l{layer}{suffix}")
            self.register_parameter(names[-1], Parameter(empty(shape, device=device, dtype=dtype)))
        return names

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Does nothing: there is no special memory layout to restore."""

    @property
    def all_weights(self) -> list:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list:
        return [getattr(self, name, None) for name in self._flat_weights_names]

    def forward(self, input, hx=None):
        packed = isinstance(input, PackedSequence)
        lengths = lengths_of(input.batch_sizes) if packed else None
        data = padded_from_packed(input.data, lengths) if packed else input
        batched = packed or self._is_batched(data)
        self._check_features(data)
        if not packed:
            data = data.unsqueeze(1) if not batched else data.transpose(0, 1) if self.batch_first else data
        states = self._initial_states(hx, data, batched)
        if packed and states is not None and input.sorted_indices is not None:
            states = tuple(s.index_select(1, input.sorted_indices) for s in states)
        out, last = self._run(data, states, lengths)
        if packed:
            out = PackedSequence(packed_from_padded(out, lengths), *input[1:])
            if input.unsorted_indices is not None:
                last = tuple(s.index_select(1, input.unsorted_indices) for s in last)
        elif not batched:
            out, last = out.squeeze(1), tuple(s.squeeze(1) for s in last)
        elif self.batch_first:
            out = out.transpose(0, 1)
        return out, (last if self.mode == "LSTM" else last[0])

    def _is_batched(self, input) -> bool:
        if input.ndim not in (2, 3):
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {input.ndim}D {self._kind_of_input}instead")
        return input.ndim == 3

    def check_input(self, input, batch_sizes) -> None:
        """Raise unless the input, (T, B, features) or packed (N, features), has the right rank, width and dtype."""
        expected = 3 if batch_sizes is None else 2
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        self._check_features(input)

    def check_hidden_size(self, hx, expected_hidden_size, msg: str = "Expected hidden size {}, got {}") -> None:
        """Raise unless an initial state has this size; `msg` is filled with the expected and the actual one."""
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def get_expected_hidden_size(self, input, batch_sizes) -> tuple[int, int, int]:
        """(layers * directions, batch, size) of the initial hidden state for this input."""
        return self._expected_size(input, batch_sizes, self._state_size)

    def check_forward_args(self, input, hidden, batch_sizes) -> None:
        """Raise unless the input and the initial states fit the layer and each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation):
        """The initial state with its batch in another order; unchanged where `permutation` is None."""
        return hx if permutation is None else hx.index_select(1, permutation)

    def _expected_size(self, input, batch_sizes, size: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0 if self.batch_first else 1)
        return self.num_layers * self._directions, batch, size

    def _check_features(self, input) -> None:
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: input.to({weight.dtype}), "
                f"or convert model: model.to({input.dtype})"
            )
        if input.size(-1) != self.input_size:
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}")

    def _initial_states(self, hx, data, batched: bool):
        """The initial states as a tuple of (layers * directions, B, size), or None for zeros."""
        if hx is None:
            return None
        states = tuple(hx) if self.mode == "LSTM" else (hx,)
        ranks = ", ".join(f"{s.ndim}-D" for s in states)
        names = "hx and cx" if len(states) == 2 else "hx"
        if any(s.ndim != (3 if batched else 2) for s in states):
            what = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(f"For {what} input, {names} should also be {3 if batched else 2}-D but got "
                               f"{f'({ranks}) tensors' if len(states) == 2 else f'{ranks} tensor'}")
        if not batched:
            states = tuple(s.unsqueeze(1) for s in states)
        for i, (state, size) in enumerate(zip(states, (self._state_size, self.hidden_size), strict=False)):
            name = f"hidden[{i}]" if len(states) == 2 else "hidden"
            self.check_hidden_size(state, (self.num_layers * self._directions, data.size(1), size), f"Expected {name} size {{}}, got {{}}")
        return states

    def _run(self, x, states, lengths):
        """All layers over (T, B, features) -> (output, tuple of last states)."""
        weights = [self._weights_of(each) for each in self.all_weights]
        return run_layers(lambda *args: run_direction(self.mode, *args, lengths), x, states, weights, self._directions,
                          self.dropout if self.training else 0.0)

    def _weights_of(self, weights) -> tuple:
        """(w_ih, w_hh, b_ih, b_hh, w_hr) of one layer and direction; None for what it lacks."""
        biases = weights[2:4] if self.bias else (None, None)
        return (*weights[:2], *biases, weights[-1] if self.proj_size else None)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        text += f", proj_size={self.proj_size}" if self.proj_size else ""
        text += f", num_layers={self.num_layers}" if self.num_layers != 1 else ""
        text += f", bias={self.bias}" if self.bias is not True else ""
        text += f", batch_first={self.batch_first}" if self.batch_first is not False else ""
        text += f", dropout={self.dropout}" if self.dropout else ""
        return text + (f", bidirectional={self.bidirectional}" if self.bidirectional is not False else "")


def _refuse_projection(others: dict) -> None:
    if "proj_size" in others:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
    if others:
        raise TypeError(f"RNNBase.__init__() got an unexpected keyword argument '{next(iter(others))}'")


def _check_types(**settings) -> None:
    for name, (value, kind) in settings.items():
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")


def _check_settings(mode, input_size, hidden_size, num_layers, dropout, proj_size) -> None:
    if mode not in _GATES:
        raise ValueError("Unrecognized RNN mode: " + mode)
    if isinstance(dropout, bool) or not 0 <= float(dropout) <= 1:
        raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
    if dropout > 0 and num_layers == 1:
        warnings.warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater than "
                      f"1, but got dropout={dropout} and num_layers={num_layers}", stacklevel=4)
    if input_size <= 0:
        raise ValueError("input_size must be greater than zero")
    if hidden_size <= 0:
        raise ValueError("hidden_size must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


class RNN(RNNBase):
    """Recurrent layers with tanh or relu (torch.nn.RNN)."""

    _kind_of_input = "tensor "

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device=None, dtype=None, **others):
        _refuse_projection(others)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                         device=device, dtype=dtype)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory layers (torch.nn.LSTM)."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device=None, dtype=None):
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype)

    def get_expected_cell_size(self, input, batch_sizes) -> tuple[int, int, int]:
        """(layers * directions, batch, hidden_size) of the initial cell state for this input."""
        return self._expected_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input, hidden, batch_sizes) -> None:
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden[0], self.get_expected_hidden_size(input, batch_sizes), "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hidden[1], self.get_expected_cell_size(input, batch_sizes), "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx, permutation):
        h, c = hx
        return super().permute_hidden(h, permutation), super().permute_hidden(c, permutation)


class GRU(RNNBase):
    """Gated recurrent layers (torch.nn.GRU)."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, device=None, dtype=None, **others):
        _refuse_projection(others)
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device=device, dtype=dtype)


class RNNCellBase(Module):
    """What the cells share: four parameters, their initial distribution, the checks (torch.nn.RNNCellBase)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform within 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _batched(self, input, states) -> tuple:
        """(input, states) with a batch dimension; missing states are zeros."""
        if input.ndim not in (1, 2):
            raise ValueError(f"{self._get_name()}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        for i, state in enumerate(states or ()):
            if state.ndim not in (1, 2):
                name = f"hx[{i}]" if len(states) == 2 else "hidden"
                raise ValueError(f"{self._get_name()}: Expected {name} to be 1D or 2D, got {state.ndim}D instead")
        if input.ndim == 1:
            input = input.unsqueeze(0)
            states = tuple(s.unsqueeze(0) for s in states) if states else states
        zeros = None if states else input.new_zeros((input.size(0), self.hidden_size))
        return input, states or (zeros, zeros)

    def _weights(self) -> tuple:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text + (f", bias={self.bias}" if self.bias is not True else "")


class RNNCell(RNNCellBase):
    """One step of a tanh or relu recurrence (torch.nn.RNNCell)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        x, (h, *_) = self._batched(input, None if hx is None else (hx,))
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        out = (rnn_tanh_cell if self.nonlinearity == "tanh" else rnn_relu_cell)(x, h, *self._weights())
        return out if input.ndim == 2 else out.squeeze(0)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of long short-term memory (torch.nn.LSTMCell)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        x, states = self._batched(input, hx)
        out = lstm_cell(x, states, *self._weights())
        return out if input.ndim == 2 else tuple(s.squeeze(0) for s in out)


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit (torch.nn.GRUCell)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        x, (h, *_) = self._batched(input, None if hx is None else (hx,))
        out = gru_cell(x, h, *self._weights())
        return out if input.ndim == 2 else out.squeeze(0)
