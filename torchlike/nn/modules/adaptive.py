"""Softmax over very many classes: frequent ones at once, rare ones in clusters of smaller width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...ops.joining import cat
from .. import functional as F
from ..container import ModuleList, Sequential
from ..module import Module
from .linear import Linear


class _ASMoutput(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-likelihood of targets, and its mean loss, under an adaptive softmax (torch.nn.AdaptiveLogSoftmaxWithLoss)."""

    def __init__(self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
                 device=None, dtype=None):
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (cutoffs != sorted(cutoffs) or min(cutoffs) <= 0 or max(cutoffs) > n_classes - 1 or len(set(cutoffs)) != len(cutoffs)
                or any(int(c) != c for c in cutoffs)):
            raise ValueError("cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is "
                             "between 1 and n_classes-1")
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        made = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(Sequential(Linear(in_features, width, bias=False, **made), Linear(width, high - low, bias=False, **made)))

    def reset_parameters(self) -> None:
        """Each Linear's own."""
        self.head.reset_parameters()
        for narrow, wide in self.tail:  # type: ignore[misc, attr-defined]
            narrow.reset_parameters()
            wide.reset_parameters()

    def forward(self, input_, target_):
        self._check(input_, target_)
        x, target = (input_, target_) if target_.ndim else (input_.unsqueeze(0), target_.unsqueeze(0))
        head = F.log_softmax(self.head(x), 1)
        rows, values = [], []
        for i, (low, high) in enumerate(zip([0, *self.cutoffs], self.cutoffs, strict=False)):
            where = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if not where.numel():
                continue
            column = target.index_select(0, where) - low
            chosen = head.index_select(0, where)
            if i:
                tail = F.log_softmax(self.tail[i - 1](x.index_select(0, where)), 1)
                values.append(chosen[:, self.shortlist_size + i - 1] + tail.gather(1, column.unsqueeze(1)).squeeze(1))
            else:
                values.append(chosen.gather(1, column.unsqueeze(1)).squeeze(1))
            rows.append(where)
        output = cat(values).index_select(0, cat(rows).argsort())
        return _ASMoutput(output if target_.ndim else output.squeeze(0), -output.mean())

    def _check(self, input, target) -> None:
        if target.ndim == 1:
            if input.size(0) != target.size(0):
                raise RuntimeError("Input and target should have the same size in the batch dimension.")
            if input.ndim != 2:
                raise RuntimeError(f"1D target tensor expects 2D input tensors, but found inputs with size {input.size()}")
        elif target.ndim == 0:
            if input.ndim != 1:
                raise RuntimeError(f"0D target tensor expects 1D input tensors, but found inputs with size {input.size()}")
        else:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        low, high = int(target.min()), int(target.max())
        if low < 0 or high >= self.n_classes:
            raise RuntimeError(f"Target values should be in [0, {self.n_classes - 1}], but values in range [{low}, {high}] were found. ")

    def log_prob(self, input):
        """Log-probabilities of all classes, (N, n_classes)."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(F.log_softmax(tail(input), 1) + head[:, self.shortlist_size + i].unsqueeze(1))
        return cat(parts, 1)

    def predict(self, input):
        """The likeliest class of each row."""
        return self.log_prob(input).argmax(1)
