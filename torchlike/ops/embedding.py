"""Rows of a table by index: embedding, embedding_bag, one_hot."""

from __future__ import annotations

import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch, run_raw
from ..core.dtype import int64, scalar_type_name
from ..core.inplace import set_value
from ..core.op import op
from ..core.tensor import value_of
from ..execution.lifted import Lifted
from .index_check import look_at, refuse_outside
from .lowering import wide


def _rows(weight, indices):
    return jnp.take(weight, indices, axis=0, mode="clip")


@op(name="embedding_kernel", public=False, node="EmbeddingBackward0")
def _embedding(weight, indices, /, padding_idx=-1, scale_grad_by_freq=False):
    """weight[indices]; the row `padding_idx` gets no gradient."""
    return _rows(weight, indices)


@_embedding.vjp
def _(grad, weight, indices, padding_idx, scale_grad_by_freq):
    # padding_idx and scale_grad_by_freq exist only in the gradient.
    flat = indices.reshape(-1)
    rows = grad.reshape(flat.size, weight.shape[1])
    if scale_grad_by_freq:
        counts = jnp.zeros(weight.shape[0], rows.dtype).at[flat].add(1)
        rows = rows / counts[flat][:, None]
    if padding_idx >= 0:
        rows = jnp.where((flat == padding_idx)[:, None], 0, rows)
    return jnp.zeros(weight.shape, rows.dtype).at[flat].add(rows, mode="drop"), None


@op(name="embedding_renorm", public=False, differentiable=False)
def _renorm(weight, indices, /, max_norm, norm_type):
    """weight with the indexed rows scaled down to a norm of at most `max_norm`."""
    norms = jnp.linalg.norm(weight, ord=norm_type, axis=1)
    used = jnp.zeros(weight.shape[0], bool).at[indices.reshape(-1)].set(True)
    scale = jnp.where(used & (norms > max_norm), max_norm / (norms + 1e-7), 1)
    return weight * scale[:, None].astype(weight.dtype)


def _limit_norms(weight, indices, max_norm, norm_type) -> None:
    value = value_of(weight)
    if type(value) is Lifted and not value.batched:
        return _limit_norms(value.inner, indices, max_norm, norm_type)  # a tangent stays as it is
    new = run_raw(_renorm.op, (value_of(weight), value_of(indices)), (float(max_norm), float(norm_type)))
    set_value(weight, new)


def _positive_padding(padding_idx, rows: int) -> int:
    """padding_idx counted from the start; -1 for none."""
    if padding_idx is None:
        return -1
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def embedding(input, weight, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
              scale_grad_by_freq: bool = False, sparse: bool = False):
    """Rows of `weight` (V, D) at integer `input` of any shape -> (*input.shape, D) (torch.nn.functional.embedding).

    With `max_norm` the rows used are first renormalised in place. `sparse` is accepted; gradients are dense.
    """
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding = _positive_padding(padding_idx, weight.size(0))
    _check_index_dtype(input, "embedding")
    refuse_outside(input, 0, weight.size(0), lambda *_: IndexError("index out of range in self"))
    if max_norm is not None:
        _limit_norms(weight, input, max_norm, norm_type)
    return dispatch(_embedding.op, (weight, input), (padding, bool(scale_grad_by_freq)))


def _check_index_dtype(index, name: str) -> None:
    if index.dtype.np not in (np.int64, np.int32):
        raise RuntimeError("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
                           f"torch.{scalar_type_name(index.dtype.np)}Tensor instead (while checking arguments for {name})")


@op(name="embedding_bag_kernel", public=False, node="EmbeddingBagBackward0")
def _embedding_bag(weight, indices, offsets, per_sample_weights=None, /, mode="mean", bags=0, padding_idx=-1, scale_grad_by_freq=False):
    """Sum, mean or maximum of the rows of each bag of consecutive indices; an empty bag is zero."""
    bag = jnp.searchsorted(offsets[:bags], jnp.arange(indices.size), side="right") - 1
    counted = indices != padding_idx
    if offsets.shape[0] > bags:
        # With include_last_offset the last bag has an end, and what comes after it is in no bag.
        counted = counted & (jnp.arange(indices.size) < offsets[bags])
    rows = _rows(weight, indices)
    if scale_grad_by_freq:
        counts = jnp.zeros(weight.shape[0], rows.dtype).at[indices].add(1)[indices][:, None]
        rows = jax.lax.stop_gradient(rows - rows / counts) + rows / counts
    if mode == "max":
        return _bag_max(rows, bag, counted, bags)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[:, None]
    total = jax.ops.segment_sum(wide(jnp.where(counted[:, None], rows, 0)), bag, bags)
    if mode == "sum":
        return total.astype(rows.dtype)
    sizes = jax.ops.segment_sum(counted.astype(total.dtype), bag, bags)
    return (total / jnp.maximum(sizes, 1)[:, None]).astype(rows.dtype)


def _bag_max(rows, bag, counted, bags):
    """The maximum of each bag by way of the first row attaining it, which then takes the gradient."""
    fixed = jnp.where(counted[:, None], jax.lax.stop_gradient(rows), -jnp.inf)
    best = jax.ops.segment_max(fixed, bag, bags)
    n = rows.shape[0]
    position = jnp.where((fixed == best[bag]) & counted[:, None], jnp.arange(n)[:, None], n)
    winner = jax.ops.segment_min(position, bag, bags)
    picked = jnp.take_along_axis(rows, jnp.minimum(winner, n - 1), 0)
    return jnp.where(winner < n, picked, 0)


def embedding_bag(input, weight, offsets=None, max_norm: float | None = None, norm_type: float = 2, scale_grad_by_freq: bool = False,
                  mode: str = "mean", sparse: bool = False, per_sample_weights=None, include_last_offset: bool = False,
                  padding_idx: int | None = None):
    """Sums, means or maxima of bags of rows of `weight`: each row of a 2-d `input`, or the stretches of a 1-d one that start at
    `offsets` (torch.nn.functional.embedding_bag)."""
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the same shape "
                         f"as the input ({input.shape})")
    if weight.dtype == int64 and input.is_floating_point():
        warnings.warn("Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is deprecated, "
                      "and should now be `embedding_bag(input, weight, ...)`.", stacklevel=2)
        weight, input = input, weight
    bags, input, offsets, per_sample_weights = _bags(input, offsets, per_sample_weights, include_last_offset)
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError("embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
                                  f"(got mode='{mode}'). Please open a feature request on GitHub.")
    if padding_idx is not None and not -weight.size(0) <= padding_idx < weight.size(0):
        raise RuntimeError(f"padding_idx must be within the number of embeddings, -{weight.size(0)} through {weight.size(0) - 1}, "
                           f"but got {padding_idx}")
    _check_index_dtype(input, "embedding_bag")
    _check_table(weight, per_sample_weights)
    rows = weight.size(0)
    refuse_outside(
        input, 0, rows, lambda at, i: RuntimeError(f"Index {at} of input takes value {i} which is not in the valid range [0, {rows})")
    )
    if max_norm is not None:
        _limit_norms(weight, input, max_norm, norm_type)
    settings = (mode, bags, _positive_padding(padding_idx, weight.size(0)), bool(scale_grad_by_freq))
    return dispatch(_embedding_bag.op, (weight, input, offsets, per_sample_weights), settings)


def _check_table(weight, per_sample_weights) -> None:
    """PyTorch's errors for a `weight` that is no matrix of floating point numbers, or for other numbers per sample."""
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if not weight.is_floating_point():
        raise RuntimeError("Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, Float, Double; "
                           f"but got torch.{scalar_type_name(weight.dtype.np)}Tensor instead (while checking arguments for embedding_bag)")
    if per_sample_weights is not None and per_sample_weights.dtype != weight.dtype:
        mine, other = (f"torch.{scalar_type_name(t.dtype.np)}Tensor" for t in (weight, per_sample_weights))
        raise RuntimeError("Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 'per_sample_weights'; "
                           f"but type {mine} does not equal {other} (while checking arguments for embedding_bag)")


def _check_offsets(count: int, offsets) -> None:
    """RuntimeError unless the bags start at 0 and end within `count` indices. Those of all of a vmap, which come at once, pass."""
    if offsets.ndim > 1:
        return
    if offsets.size and offsets[0] != 0:
        raise RuntimeError("offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
                           f"However, got {offsets[0]}")
    if offsets.size and offsets[-1] > count:
        raise RuntimeError(f"offsets[-1] can not be greater than input's length {count} but got offsets[-1] of {offsets[-1]}")


def _bags(input, offsets, per_sample_weights, include_last_offset) -> tuple:
    """(number of bags, flat indices, offsets, flat weights)."""
    if input.ndim == 2:
        if offsets is not None:
            kind = f"<class 'torch.{type(offsets).__name__}'>"
            raise ValueError("if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. "
                             f"However, found offsets of type {kind}")
        bags, length = input.shape
        starts = np.arange(bags, dtype=np.int64) * length
        return bags, input.reshape(-1), starts, None if per_sample_weights is None else per_sample_weights.reshape(-1)
    if input.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    _check_index_dtype(offsets, "embedding_bag")
    if include_last_offset and not offsets.numel():
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    look_at(offsets, partial(_check_offsets, input.numel()))
    return offsets.size(0) - bool(include_last_offset), input, offsets, per_sample_weights


@op(name="one_hot_kernel", public=False, differentiable=False)
def _one_hot(input, /, num_classes):
    """int64 1 at each index along a new last dimension."""
    return (input[..., None] == jnp.arange(num_classes)).astype(jnp.int64)


def one_hot(input, num_classes: int = -1):
    """(*input.shape, num_classes) of int64 with a 1 at each index; -1 means one more than the largest (torch.nn.functional.one_hot)."""
    if input.dtype.np != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if input.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return _one_hot(input, num_classes)
    refuse_outside(input, 0, 1 << 62, lambda *_: RuntimeError("Class values must be non-negative."))
    if num_classes == -1:
        num_classes = int(input.max().item()) + 1
    refuse_outside(input, 0, num_classes, lambda *_: RuntimeError("Class values must be smaller than num_classes."))
    return _one_hot(input, num_classes)
