"""Sequences of different lengths as one Tensor: packed (no padding, time by time) or padded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ...core.dtype import int64, scalar_type_name
from ...core.tensor import Tensor
from ...ops.convert import as_tensor
from ...ops.joining import cat
from ...ops.packing import batch_sizes_of, lengths_of, packed_from_padded, packed_positions, take_rows

__all__ = ["PackedSequence", "invert_permutation", "pack_padded_sequence", "pad_packed_sequence", "pad_sequence", "unpad_sequence",
           "pack_sequence", "unpack_sequence"]


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """The elements of a batch of sequences, time by time, and how many sequences reach each time (torch's PackedSequence)."""

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not isinstance(data, list | tuple) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif str(batch_sizes.device) != "cpu":
            raise ValueError("batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They "
                             "should be instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. "
                             f"https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence Got: {batch_sizes.device}")
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """The same sequences with the data on another device or of another dtype."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = (None if t is None else t.to(data.device) for t in (self.sorted_indices, self.unsorted_indices))
        return type(self)(data, self.batch_sizes, *moved)

    def cpu(self, *args, **kwargs):
        """`to` the CPU."""
        return self.to("cpu")

    def cuda(self, *args, **kwargs):
        """`to` the first GPU."""
        return self.to("cuda")

    def double(self):
        """`to` float64."""
        return self._cast("double")

    def float(self):
        """`to` float32."""
        return self._cast("float")

    def _cast(self, method: str):
        data = getattr(self.data, method)()
        return self if data is self.data else type(self)(data, *self[1:])

    def half(self):
        """`to` float16."""
        return self._cast("half")

    def long(self):
        """`to` int64."""
        return self._cast("long")

    def int(self):
        """`to` int32."""
        return self._cast("int")

    def short(self):
        """`to` int16."""
        return self._cast("short")

    def char(self):
        """`to` int8."""
        return self._cast("char")

    def byte(self):
        """`to` uint8."""
        return self._cast("byte")

    def pin_memory(self):
        """Itself: JAX decides what memory is pinned."""
        return self

    def is_pinned(self) -> bool:
        """Whether the data is in pinned memory, which is not known here: False."""
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation):
    """The permutation that undoes `permutation`; None for None."""
    if permutation is None:
        return None
    return as_tensor(np.argsort(permutation.numpy(), kind="stable"), dtype=int64, device=permutation.device)


def pack_padded_sequence(input, lengths, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """Pack (T, B, *), or (B, T, *) with `batch_first`, whose sequences have the given lengths (torch's pack_padded_sequence)."""
    if isinstance(lengths, Tensor) and (str(lengths.device) != "cpu" or lengths.ndim != 1):
        raise RuntimeError(f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.ndim}D {lengths.device} "
                           f"{scalar_type_name(lengths.dtype.np)} tensor")
    counts = np.asarray(lengths.numpy() if isinstance(lengths, Tensor) else lengths, np.int64)
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    padded = input.transpose(0, 1) if batch_first else input
    if counts.size != padded.size(1):
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {counts.size} (batch_size={padded.size(1)})")
    order = None
    if not enforce_sorted:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
        padded = padded.index_select(1, as_tensor(order, dtype=int64, device=input.device))
    if (np.diff(counts) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` to "
            "pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability."
        )
    if counts.min() <= 0:
        raise RuntimeError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
    data = packed_from_padded(padded, counts)
    indices = None if order is None else as_tensor(order, dtype=int64, device=input.device)
    return PackedSequence(data, as_tensor(batch_sizes_of(counts), dtype=int64), indices)


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None):
    """(padded, lengths) from a packed sequence, in the original order (torch's pad_packed_sequence)."""
    counts = lengths_of(sequence.batch_sizes)
    steps = int(counts.max())
    if total_length is not None and total_length < steps:
        raise ValueError(f"Expected total_length to be at least the length of the longest sequence in input, but got "
                         f"total_length={total_length} and max sequence length being {steps}")
    positions = packed_positions(counts)
    if total_length is not None:
        positions = np.pad(positions, ((0, total_length - steps), (0, 0)), constant_values=-1)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.numpy()
        positions, counts = positions[:, order], counts[order]
    padded = take_rows(sequence.data, positions.T if batch_first else positions, float(padding_value))
    return padded, as_tensor(counts, dtype=int64)


def pad_sequence(sequences, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"):
    """Tensors (L, *) of different lengths as one (T, B, *), or (B, T, *) (torch's pad_sequence)."""
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    if not isinstance(sequences, Iterable):
        raise RuntimeError(f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    if isinstance(sequences, Tensor) and not sequences.ndim:
        raise TypeError("iteration over a 0-d tensor")
    sequences = sequences.unbind(0) if isinstance(sequences, Tensor) else tuple(sequences)
    for i, each in enumerate(sequences):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(each).__name__}")
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    counts = np.array([s.size(0) for s in sequences])
    steps = np.arange(counts.max(initial=0))
    shift = (counts.max(initial=0) - counts)[:, None] if padding_side == "left" else 0
    within = steps - shift
    starts = (np.cumsum(counts) - counts)[:, None]
    positions = np.where((within >= 0) & (within < counts[:, None]), starts + within, -1)
    return take_rows(cat(list(sequences)), positions if batch_first else positions.T, float(padding_value))


def unpad_sequence(padded_sequences, lengths, batch_first: bool = False) -> list:
    """The Tensors that `pad_sequence` made into one (torch's unpad_sequence)."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(n)] for row, n in zip(rows.unbind(0), lengths, strict=True)]


def pack_sequence(sequences, enforce_sorted: bool = True) -> PackedSequence:
    """Pack Tensors (L, *) of different lengths (torch's pack_sequence)."""
    lengths = [s.size(0) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list:
    """The Tensors that `pack_sequence` packed (torch's unpack_sequence)."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


