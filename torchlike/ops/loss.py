"""Regression and classification losses. Where PyTorch composes a loss of ordinary ops, so does this file, and the graph looks alike."""

from __future__ import annotations

import math
import warnings

import jax
import jax.numpy as jnp

from ..core.autocast import one_op_to_autocast
from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name
from ..core.op import op
from .checks import refuse_but_real, refuse_integral, require_tensors
from .index_check import refuse_improbable, refuse_outside
from .linear import linear
from .promotion import category, promote_broadcast
from .softmax import _log_softmax

_REDUCTIONS = ("none", "mean", "sum")


def legacy_reduction(size_average, reduce, reduction: str) -> str:
    """`reduction`, unless one of the two deprecated flags is given, which then decide (with PyTorch's warning)."""
    if size_average is None and reduce is None:
        return reduction
    chosen = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{chosen}' instead.", stacklevel=4)
    return chosen


def checked_reduction(reduction: str) -> str:
    """ValueError for an unknown reduction."""
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def reduce_tensor(loss, reduction: str):
    """A Tensor of losses reduced by ordinary ops."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def reduced(values, reduction: str):
    """The same on arrays, inside a kernel."""
    return values.mean() if reduction == "mean" else values.sum() if reduction == "sum" else values


def _warn_sizes(input, target) -> None:
    if target.size() != input.size():
        warnings.warn(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will likely lead to "
            "incorrect results due to broadcasting. Please ensure they have the same size.", stacklevel=3,
        )


def _weighted(errors, weight, input, reduction):
    """Errors times weights; the mean is over the sum of the weights."""
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    weighted = errors * weight
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    if reduction not in _REDUCTIONS:
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    return reduce_tensor(weighted, reduction)


@op(name="mse_loss_kernel", public=False, node="MseLossBackward0")
def _mse_loss(input, target, /, reduction):
    """(input - target) ** 2, reduced."""
    x, y = promote_broadcast(input, target)
    refuse_but_real("mse_cpu", x.dtype)
    return reduced(jnp.square(x - y), reduction)


def mse_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """Squared error (torch.nn.functional.mse_loss)."""
    _warn_sizes(input, target)
    reduction = legacy_reduction(size_average, reduce, reduction)
    if weight is not None:
        return _weighted((input - target).pow(2), weight, input, reduction)
    return dispatch(_mse_loss.op, (input, target), (checked_reduction(reduction),))


@one_op_to_autocast
def l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", weight=None):
    """Absolute error (torch.nn.functional.l1_loss)."""
    _warn_sizes(input, target)
    reduction = legacy_reduction(size_average, reduce, reduction)
    errors = (input - target).abs()
    return reduce_tensor(errors, checked_reduction(reduction)) if weight is None else _weighted(errors, weight, input, reduction)


@op(name="smooth_l1_loss_kernel", public=False, node="SmoothL1LossBackward0")
def _smooth_l1_loss(input, target, /, reduction, beta):
    """Squared error / (2 beta) within beta, else absolute error - beta / 2."""
    x, y = promote_broadcast(input, target)
    error = jnp.abs(x - y)
    return reduced(jnp.where(error < beta, jnp.square(error) * (0.5 / (beta or 1)), error - 0.5 * beta), reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction: str = "mean", beta: float = 1.0):
    """Squared near zero, absolute beyond beta (torch.nn.functional.smooth_l1_loss)."""
    _warn_sizes(input, target)
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return dispatch(_smooth_l1_loss.op, (input, target), (reduction, float(beta)))


@op(name="huber_loss_kernel", public=False, node="HuberLossBackward0")
def _huber_loss(input, target, /, reduction, delta):
    """Squared error / 2 within delta, else delta * (absolute error - delta / 2)."""
    x, y = promote_broadcast(input, target)
    error = jnp.abs(x - y)
    return reduced(jnp.where(error <= delta, 0.5 * jnp.square(error), delta * (error - 0.5 * delta)), reduction)


def huber_loss(input, target, reduction: str = "mean", delta: float = 1.0, weight=None):
    """Squared near zero, linear with slope delta beyond (torch.nn.functional.huber_loss)."""
    _warn_sizes(input, target)
    if not isinstance(delta, int | float):
        raise TypeError(f"huber_loss(): argument 'delta' (position 4) must be float, not {type(delta).__name__}")
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is not None:
        return _weighted(dispatch(_huber_loss.op, (input, target), ("none", float(delta))), weight, input, reduction)
    return dispatch(_huber_loss.op, (input, target), (checked_reduction(reduction), float(delta)))


def _class_weights(input, target, weight, ignore_index):
    """The weight of each target's class, 0 where ignored, and targets that are safe to index with."""
    counted = target != ignore_index
    safe = jnp.where(counted, target, 0)
    each = jnp.ones((), input.dtype) if weight is None else jnp.take(weight, safe, mode="clip")
    return jnp.where(counted, each, 0).astype(input.dtype), safe


def _nll_loss_value(input, target, weight=None, /, reduction="mean", ignore_index=-100):
    """-weight[target] * input[target] along the class dimension, reduced; 'mean' divides by the weights' sum."""
    axis = 0 if input.ndim == 1 else 1
    each, safe = _class_weights(input, target, weight, ignore_index)
    loss = -each * jnp.take_along_axis(input, jnp.expand_dims(safe, axis), axis, mode="clip").squeeze(axis)
    return loss.sum() / each.sum() if reduction == "mean" else reduced(loss, reduction)


def _nll_loss_rule(grad, input, target, weight, reduction, ignore_index):
    # A comparison with the class number instead of the derived scatter; the input's values are not kept.
    axis = 0 if input.ndim == 1 else 1
    each, safe = _class_weights(input, target, weight, ignore_index)
    slope = -grad * (each / each.sum() if reduction == "mean" else each)
    classes = jax.lax.broadcasted_iota(safe.dtype, input.shape, axis)
    hit = classes == jnp.expand_dims(safe, axis)
    return jnp.where(hit, jnp.expand_dims(slope, axis), 0), None, None


_nll_1d, _nll_2d = (
    op(_nll_loss_value, name=f"{name}_kernel", public=False, node=f"{name}Backward0") for name in ("NllLoss", "NllLoss2D")
)
for _each in (_nll_1d, _nll_2d):
    _each.vjp(_nll_loss_rule)


def _nll(input, target, weight, reduction, ignore_index):
    """The checks of nll_loss on (N, C, ...) or (C,), and the op."""
    if input.ndim < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {input.ndim})")
    checked_reduction(reduction)
    if input.ndim > 1 and (target.ndim == 0 or input.size(0) != target.size(0)):
        raise ValueError(f"Expected input batch_size ({input.size(0)}) to match target batch_size "
                         f"({target.size(0) if target.ndim else 1}).")
    if input.ndim == 1 and target.ndim == 1 and target.size(0) != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.size(0)}")
    if input.ndim <= 2 and target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input.ndim > 2:
        _check_spatial_target(input, target)
    if target.dtype.np.name not in ("int64", "uint8"):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_type_name(target.dtype.np)}")
    classes = input.size(0 if input.ndim == 1 else 1)
    if weight is not None and tuple(weight.shape) != (classes,):
        raise RuntimeError(f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
                           f"shape: {list(weight.shape)}")
    if weight is not None and weight.dtype != input.dtype:
        expected, found = scalar_type_name(input.dtype.np), scalar_type_name(weight.dtype.np)
        raise RuntimeError(f"expected scalar type {expected} but found {found}")
    refuse_outside(target, 0, classes, lambda _, i: IndexError(f"Target {i} is out of bounds."), ignore_index)
    if input.ndim == 1 and target.ndim == 1:
        target = target.squeeze(0)
    kernel = _nll_1d if input.ndim <= 2 else _nll_2d
    return dispatch(kernel.op, (input, target, weight), (reduction, int(ignore_index)))


def _check_spatial_target(input, target) -> None:
    """RuntimeError unless the target is the input without its classes; (N, C, H, W) has words of its own."""
    expected = [input.size(0), *input.shape[2:]]
    if list(target.shape) == expected:
        return
    if input.ndim != 4:
        raise RuntimeError(f"Expected target size {expected}, got {list(target.shape)}")
    if target.ndim != 3:
        raise RuntimeError(f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.ndim}")
    raise RuntimeError(f"size mismatch (got input: {list(input.shape)} , target: {list(target.shape)}")


def nll_loss(input, target, weight=None, size_average=None, ignore_index: int = -100, reduce=None, reduction: str = "mean"):
    """-input[target] for log-probabilities (N, C, ...) and class indices (N, ...) (torch.nn.functional.nll_loss)."""
    return _nll(input, target, weight, legacy_reduction(size_average, reduce, reduction), ignore_index)


@one_op_to_autocast
def cross_entropy(input, target, weight=None, size_average=None, ignore_index: int = -100, reduce=None, reduction: str = "mean",
                  label_smoothing: float = 0.0):
    """log_softmax then nll_loss, for class indices or class probabilities (torch.nn.functional.cross_entropy)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    require_tensors("cross_entropy_loss", input=input, target=target)
    axis = 0 if input.ndim == 1 else 1
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if tuple(target.shape) == tuple(input.shape):
        if not target.dtype.is_floating_point:
            found = scalar_type_name(target.dtype.np)
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {found}")
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _soft_cross_entropy(_log_softmax(input, axis), target, weight, reduction, max(label_smoothing, 0), axis)
    log_probs = _log_softmax(input, axis)
    hard = _nll(log_probs, target, weight, reduction, ignore_index)
    if label_smoothing <= 0:  # as in PyTorch, a negative amount is none
        return hard
    smooth = _smooth_loss(log_probs, target, weight, axis, ignore_index, reduction)
    return hard * (1 - label_smoothing) + smooth * (label_smoothing / input.size(axis))


def linear_cross_entropy(input, linear_weight, target, *, linear_bias=None, weight=None, reduction: str = "mean",
                         ignore_index: int | None = None, label_smoothing: float = 0.0, options=None):
    """cross_entropy of linear(input, linear_weight) (torch.nn.functional.linear_cross_entropy); weight (C, *, in) gives logits (N, C, *).

    `options` chooses how PyTorch splits the work; the result is the same and it is ignored here.
    """
    if linear_weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.ndim}")
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if input.size(-1) != linear_weight.size(-1):
        raise RuntimeError("expected equal input and linear_weight last dimensions (in_features), "
                           f"got {input.size(-1)} and {linear_weight.size(-1)}, respectively")
    if linear_bias is not None and linear_bias.shape != linear_weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {tuple(linear_weight.shape[:-1])}, got {tuple(linear_bias.shape)}")
    if input.ndim == 1 and linear_weight.ndim > 2:
        raise RuntimeError(f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
                           f"(N, {input.size(-1)}), got unbatched input with shape {tuple(input.shape)}")
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    logits = linear(input, linear_weight.reshape(-1, linear_weight.size(-1)), bias)
    logits = logits.reshape(*input.shape[:-1], *linear_weight.shape[:-1])
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(logits, target, weight, ignore_index=ignored, reduction=reduction, label_smoothing=label_smoothing)


def _soft_cross_entropy(log_probs, target, weight, reduction, label_smoothing, axis):
    classes = log_probs.size(axis)
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    product = log_probs * target
    if weight is not None:
        product = product * weight.view([1] * axis + [classes] + [1] * (log_probs.ndim - axis - 1))
    if reduction == "none":
        return -product.sum(axis)
    total = -product.sum()
    return total / (log_probs.numel() / classes) if reduction == "mean" else total


@op(name="smoothed_labels_loss", public=False, node="DivBackward0")
def _smooth_loss(log_probs, target, weight=None, /, axis=1, ignore_index=-100, reduction="mean"):
    """-sum over classes of (weighted) log-probabilities, 0 where ignored; 'mean' divides by the targets' weights."""
    scaled = log_probs if weight is None else log_probs * weight.reshape((-1,) + (1,) * (log_probs.ndim - axis - 1))
    target = target.reshape(log_probs.shape[:axis] + log_probs.shape[axis + 1 :])
    loss = jnp.where(target == ignore_index, 0, -scaled.sum(axis))
    if reduction != "mean":
        return reduced(loss, reduction)
    return loss.sum() / _class_weights(log_probs, target, weight, ignore_index)[0].sum()


@op(name="binary_cross_entropy_kernel", public=False, node="BinaryCrossEntropyBackward0")
def _bce(input, target, weight=None, /, reduction="mean"):
    """-(target log input + (1 - target) log(1 - input)) with logarithms no lower than -100."""
    refuse_integral("binary_cross_entropy", input.dtype)
    if target.dtype != input.dtype:
        raise RuntimeError(f"Found dtype {scalar_type_name(target.dtype)} but expected {scalar_type_name(input.dtype)}")
    loss = (target - 1) * jnp.maximum(jnp.log1p(-input), -100) - target * jnp.maximum(jnp.log(input), -100)
    return reduced(loss if weight is None else loss * weight, reduction)


@_bce.vjp
def _(grad, input, target, weight, reduction):
    # The denominator is kept from zero, so that an exact 0 or 1 gives a large slope and not NaN.
    slope = grad / input.size if reduction == "mean" else grad
    slope = slope if weight is None else slope * weight
    grad_input = slope * (input - target) / jnp.maximum((1 - input) * input, 1e-12)
    grad_target = slope * (jnp.log1p(-input) - jnp.log(input))
    return grad_input, grad_target, None


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean"):
    """Cross entropy of probabilities (torch.nn.functional.binary_cross_entropy); RuntimeError for values outside [0, 1] on the CPU."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is deprecated. "
                         "Please ensure they have the same size.")
    if input.dtype is target.dtype:
        refuse_improbable(input, "all elements of input should be between 0 and 1")
        refuse_improbable(target, "all elements of target should be between 0 and 1")
    return dispatch(_bce.op, (input, target, weight), (reduction,))


@op(name="binary_cross_entropy_with_logits_kernel", public=False, node="BinaryCrossEntropyWithLogitsBackward0")
def _bce_with_logits(input, target, weight=None, pos_weight=None, /, reduction="mean"):
    """Binary cross entropy of sigmoid(input), without overflow."""
    log_one = jax.nn.log_sigmoid(input)
    positive = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    loss = (1 - target) * input - positive * log_one
    return reduced(loss if weight is None else loss * weight, reduction)


def _refuse_labels(input, target) -> None:
    """Targets are probabilities, not integers."""
    kind = category(target.dtype.np)
    if kind == 0:
        raise RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator "
                           "instead.")
    if kind == 1:
        names = scalar_type_name(input.dtype.np), scalar_type_name(target.dtype.np)
        raise RuntimeError(f"result type {names[0]} can't be cast to the desired output type {names[1]}")


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None, reduction: str = "mean", pos_weight=None):
    """Binary cross entropy of sigmoid(input) (torch.nn.functional.binary_cross_entropy_with_logits)."""
    reduction = checked_reduction(legacy_reduction(size_average, reduce, reduction))
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    _refuse_labels(input, target)
    return dispatch(_bce_with_logits.op, (input, target, weight, pos_weight), (reduction,))


@one_op_to_autocast
def kl_div(input, target, size_average=None, reduce=None, reduction: str = "mean", log_target: bool = False):
    """target * (log target - input) for log-probabilities `input` (torch.nn.functional.kl_div)."""
    if size_average is None and reduce is None and reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the batch "
            "size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.", stacklevel=2,
        )
    reduction = legacy_reduction(size_average, reduce, reduction)
    if not (input.is_floating_point() and target.is_floating_point()):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    loss = target.exp() * (target - input) if log_target else target.xlogy(target) - target * input
    if reduction == "batchmean":
        total = loss.sum()
        return total / input.size(0) if input.ndim else total
    return reduce_tensor(loss, checked_reduction(reduction))


@one_op_to_autocast
def poisson_nll_loss(input, target, log_input: bool = True, full: bool = False, size_average=None, eps: float = 1e-8, reduce=None,
                     reduction: str = "mean"):
    """Negative log likelihood of counts under a Poisson rate, or its log (torch.nn.functional.poisson_nll_loss)."""
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    reduction = legacy_reduction(size_average, reduce, reduction)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + (target * (2 * math.pi)).log() * 0.5
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduce_tensor(loss, reduction)


def gaussian_nll_loss(input, target, var, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
    """Negative log likelihood of target under a normal distribution (torch.nn.functional.gaussian_nll_loss)."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = input.new_ones(input.shape) * var
    elif (var < 0).any().item():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif input.ndim != var.ndim or sum(y for x, y in zip(input.size(), var.size(), strict=True) if x != y) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in _REDUCTIONS:
        raise ValueError(reduction + " is not valid")
    # The floor on the variance is not differentiated.
    floored = var + (var.detach().clamp_min(eps) - var.detach())
    loss = 0.5 * (floored.log() + (input - target) ** 2 / floored)
    return reduce_tensor(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)
