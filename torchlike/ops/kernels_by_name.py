"""Kernels of PyTorch that have a name under `torch.ops.aten` alone, in terms of the functions that users know."""

from __future__ import annotations

import math
from collections.abc import Callable

from .convert import tensor
from .index import put_at
from .ranges import arange
from .view_copies import slice_view


def _safe_softmax(input, dim, dtype=None):
    """softmax that gives zeros, not NaN, where every element is -inf."""
    nothing = (input == -float("inf")).all(dim, keepdim=True)
    return input.masked_fill(nothing, 0).softmax(dim, dtype=dtype).masked_fill(nothing, 0)


def _index(input, indices):
    if not indices:
        raise IndexError("at least one index must be provided")
    return input[tuple(slice(None) if i is None else i for i in indices)]


def _unfold_backward(grad, input_sizes, dim, size, step):
    if step <= 0:
        raise ValueError(f"step is {step} but must be > 0")
    count = math.prod(input_sizes)
    places = arange(count, device=grad.device).reshape(tuple(input_sizes)).unfold(dim, size, step)
    return grad.new_zeros(count).index_add(0, places.reshape(-1), grad.reshape(-1)).reshape(tuple(input_sizes))


def _to_copy(input, *, dtype=None, device=None, layout=None, pin_memory=None, non_blocking=False, memory_format=None):
    return input.to(device=device, dtype=dtype, copy=True)


KERNELS: dict[str, Callable] = {
    "_softmax": lambda input, dim, half_to_float: input.softmax(dim),
    "_log_softmax": lambda input, dim, half_to_float: input.log_softmax(dim),
    "_safe_softmax": _safe_softmax,
    "_to_copy": _to_copy,
    "_conj_copy": lambda input: input.conj().clone(),
    "_is_all_true": lambda input: input.all(),
    "_is_any_true": lambda input: input.any(),
    "_reshape_copy": lambda input, size: input.reshape(tuple(size)).clone(),
    "_shape_as_tensor": lambda input: tensor(list(input.shape)),
    "_unsafe_index": _index,
    "_unsafe_index_put": put_at,
    "_local_scalar_dense": lambda input: input.item(),
    "_reshape_alias": lambda input, size, stride: input.reshape(size),
    "alias": lambda input: input.view(input.shape),
    "index": _index,
    "index_put": put_at,
    "index_put_": lambda input, indices, values, accumulate=False: input.copy_(put_at(input, indices, values, accumulate)),
    "lift": lambda input: input,
    "lift_fresh": lambda input: input,
    "lift_fresh_copy": lambda input: input.clone(),
    "normal_functional": lambda input, mean=0.0, std=1.0, *, generator=None: input.clone().normal_(mean, std, generator=generator),
    "slice": slice_view,
    "sigmoid_backward": lambda grad, output: grad * (output * (1 - output)).conj(),
    "sym_numel": lambda input: input.numel(),
    "sym_size": lambda input, dim: input.size(dim),
    "tanh_backward": lambda grad, output: grad * (1 - output * output).conj(),
    "unfold_backward": _unfold_backward,
    "threshold_backward": lambda grad, input, threshold: grad.masked_fill(input <= threshold, 0),
}
