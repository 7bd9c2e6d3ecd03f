"""Losses that compare scores or distances with a margin, and the two similarities they are built on."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from ..core.autocast import one_op_to_autocast
from ..core.dispatch import dispatch
from ..core.dtype import int64, scalar_type_name
from ..core.op import function, op
from .activation import logsigmoid
from .dims import canonical_dim
from .index_check import refuse_outside
from .loss import checked_reduction, legacy_reduction, reduce_tensor, reduced
from .packing import take_rows
from .promotion import promote_broadcast, to_float
from .types import promote_types


def _positive(x):
    """max(x, 0) whose slope at 0 is 0."""
    return jnp.where(x > 0, x, 0)


@op(name="cosine_similarity_kernel", public=False, node="SumBackward1")
def _cosine_similarity(x1, x2, /, dim, eps):
    """Dot product along `dim` over the product of the norms, each at least eps."""
    a, b = promote_broadcast(*to_float(x1, x2))
    a, b = jnp.broadcast_arrays(a, b)
    axis = canonical_dim(dim, a.ndim)
    a, b = (jnp.atleast_1d(x) for x in (a, b))

    def unit(x):
        return x * jax.lax.rsqrt(jnp.maximum(jnp.square(x).sum(axis, keepdims=True), eps * eps))

    return (unit(a) * unit(b)).sum(axis)


@function
@one_op_to_autocast
def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Cosine of the angle between x1 and x2 along `dim` (torch.nn.functional.cosine_similarity)."""
    common = promote_types(x1.dtype, x2.dtype)
    if not (common.is_floating_point or common.is_complex):
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {scalar_type_name(common.np)}")
    return dispatch(_cosine_similarity.op, (x1, x2), (dim, eps))


@function
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """p-norm of x1 - x2 + eps along the last dimension (torch.nn.functional.pairwise_distance)."""
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)


@function
def pdist(input, p=2):
    """Distances between all pairs of rows of (N, D), as (N * (N - 1) / 2,) (torch.nn.functional.pdist)."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    first, second = np.triu_indices(input.size(0), 1)
    return (take_rows(input, first) - take_rows(input, second)).norm(p, -1)


@one_op_to_autocast
def cosine_embedding_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction: str = "mean"):
    """1 - cos where target is 1, max(0, cos - margin) where it is -1 (torch.nn.functional.cosine_embedding_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not input1.ndim == input2.ndim == target.ndim + 1:
        expected = "1D target tensor expects 2D input tensors" if target.ndim else "0D target tensor expects 1D input tensors"
        raise RuntimeError(f"{expected}, but found inputs with sizes {list(input1.shape)} and {list(input2.shape)}.")
    cosine = dispatch(_cosine_similarity.op, (input1, input2), (target.ndim, 1e-8))
    if target.ndim and target.size(0) not in (1, cosine.size(0)) and cosine.size(0) != 1:
        raise RuntimeError(f"The size of tensor a ({target.size(0)}) must match the size of tensor b ({cosine.size(0)}) "
                           "at non-singleton dimension 0")
    same = (1 - cosine).masked_fill(target != 1, 0)
    different = (cosine - margin).clamp_min(0).masked_fill(target != -1, 0)
    return reduce_tensor(same + different, reduction)


@one_op_to_autocast
def hinge_embedding_loss(input, target, margin: float = 1.0, size_average=None, reduce=None, reduction: str = "mean"):
    """input where target is 1, max(0, margin - input) where it is -1 (torch.nn.functional.hinge_embedding_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    far = (margin - input).clamp_min(0).masked_fill(target == 1, 0)
    near = input.masked_fill(target == -1, 0)
    return reduce_tensor(far + near, reduction)


@one_op_to_autocast
def margin_ranking_loss(input1, input2, target, margin: float = 0, size_average=None, reduce=None, reduction: str = "mean"):
    """max(0, -target * (input1 - input2) + margin) (torch.nn.functional.margin_ranking_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if input1.ndim != input2.ndim or input1.ndim != target.ndim:
        raise RuntimeError(f"margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {input1.size()}, "
                           f"input2: {input2.size()}, target: {target.size()} ")
    return reduce_tensor((-target * (input1 - input2) + margin).clamp_min(0), reduction)


@one_op_to_autocast
def triplet_margin_loss(anchor, positive, negative, margin: float = 1.0, p: float = 2, eps: float = 1e-6, swap: bool = False,
                        size_average=None, reduce=None, reduction: str = "mean"):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) (torch.nn.functional.triplet_margin_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError("The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
                           f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs")

    def distance(a, b):
        return pairwise_distance(a, b, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function: Callable | None = None, margin: float = 1.0,
                                      swap: bool = False, reduction: str = "mean"):
    """triplet_margin_loss with a distance of one's own (torch.nn.functional.triplet_margin_with_distance_loss)."""
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError("The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
                           f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _triplet(anchor, positive, negative, distance_function or pairwise_distance, margin, swap, checked_reduction(reduction))


def _triplet(anchor, positive, negative, distance, margin, swap, reduction):
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return reduce_tensor((margin + near - far).clamp_min(0), reduction)


@op(name="soft_margin_loss_kernel", public=False, node="SoftMarginLossBackward0")
def _soft_margin_loss(input, target, /, reduction):
    """log(1 + exp(-target * input))."""
    x, y = promote_broadcast(input, target)
    return reduced(jnp.logaddexp(-y * x, 0), reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """log(1 + exp(-target * input)) for targets of 1 and -1 (torch.nn.functional.soft_margin_loss)."""
    return dispatch(_soft_margin_loss.op, (input, target), (checked_reduction(legacy_reduction(size_average, reduce, reduction)),))


@op(name="multi_margin_loss_kernel", public=False, node="MultiMarginLossBackward0")
def _multi_margin_loss(input, target, weight=None, /, p=1, margin=1.0, reduction="mean"):
    """Mean over the other classes of (weight[target] *) max(0, margin - input[target] + input) ** p."""
    scores, labels = jnp.atleast_2d(input), target.reshape(-1, 1)
    own = jnp.take_along_axis(scores, labels, 1, mode="clip")
    loss = _positive(margin - own + scores) ** p
    if weight is not None:
        loss = loss * weight[labels]
    loss = jnp.where(jnp.arange(scores.shape[1]) == labels, 0, loss).sum(1) / scores.shape[1]
    return reduced(loss.reshape(target.shape) if input.ndim > 1 else loss[0], reduction)


def _check_scores(input) -> None:
    if input.ndim > 2 or (input.ndim and input.size(-1) == 0):
        raise RuntimeError(f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}")


def _check_labels(target) -> None:
    if target.dtype != int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_type_name(target.dtype.np)}")


def _classes(input) -> int:
    return input.size(-1) if input.ndim else 1


def multi_margin_loss(input, target, p: int = 1, margin: float = 1.0, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """Multi-class hinge loss of scores (N, C) or (C,) (torch.nn.functional.multi_margin_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    _check_scores(input)
    if weight is not None and weight.numel() != _classes(input):
        raise RuntimeError(f"inconsistent weight size, expected {_classes(input)} but got {list(weight.shape)}")
    samples = input.size(0) if input.ndim == 2 else 1
    if target.ndim > 1 or target.numel() != samples or input.ndim == 2 and target.ndim != 1:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{samples}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    _check_labels(target)
    refuse_outside(target, 0, _classes(input), lambda *_: RuntimeError("target out of range"))
    return dispatch(_multi_margin_loss.op, (input, target, weight), (p, float(margin), reduction))


@op(name="multilabel_margin_loss_kernel", public=False, node="MultilabelMarginLossBackward0")
def _multilabel_margin_loss(input, target, /, reduction):
    """Mean hinge of every labelled score against every unlabelled one; labels end at the first -1."""
    scores, labels = jnp.atleast_2d(input), jnp.atleast_2d(target)
    given = jnp.cumprod(labels >= 0, axis=1).astype(bool)
    classes = jnp.arange(scores.shape[1])
    is_label = ((labels[:, :, None] == classes) & given[:, :, None]).any(1)
    own = jnp.take_along_axis(scores, jnp.where(given, labels, 0), 1, mode="clip")
    hinge = _positive(1 - own[:, :, None] + scores[:, None, :])
    loss = jnp.where(given[:, :, None] & ~is_label[:, None, :], hinge, 0).sum((1, 2)) / scores.shape[1]
    return reduced(loss if input.ndim > 1 else loss[0], reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction: str = "mean"):
    """Hinge loss of several labels per sample, listed first and ended by -1 (torch.nn.functional.multilabel_margin_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    _check_scores(input)
    if input.shape != target.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    _check_labels(target)
    refuse_outside(target, -1, _classes(input), lambda *_: RuntimeError("argument #2 'target' is out of range"))
    return dispatch(_multilabel_margin_loss.op, (input, target), (reduction,))


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """Mean over classes of binary cross entropy with logits (torch.nn.functional.multilabel_soft_margin_loss)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return reduce_tensor(loss.sum(-1) / input.size(-1), reduction)
