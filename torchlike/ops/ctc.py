"""Connectionist temporal classification: the negative log likelihood of a label sequence over all its alignments.

One `lax.scan` over time of the forward variables, for the whole batch, in log space.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dispatch import dispatch
from ..core.dtype import bool as torch_bool
from ..core.op import function, op
from .loss import checked_reduction


def _extended(targets, blank):
    """(N, S) labels -> (N, 2 S + 1) with blanks around each."""
    n, s = targets.shape
    return jnp.full((n, 2 * s + 1), blank, targets.dtype).at[:, 1::2].set(targets)


def _log_likelihood(log_probs, targets, input_lengths, target_lengths, blank):
    """log p(targets | log_probs) per sample; log_probs (T, N, C), targets (N, S)."""
    labels = _extended(targets, blank)
    states = labels.shape[1]
    impossible = jnp.asarray(-jnp.inf, log_probs.dtype)
    # From two states back one may come only between different labels.
    skips = (labels != blank) & (labels != jnp.roll(labels, 2, 1)) & (jnp.arange(states) >= 2)
    start = jnp.where(jnp.arange(states) < jnp.minimum(2, 2 * target_lengths + 1)[:, None], 0.0, impossible)
    emitted = jnp.take_along_axis(log_probs, jnp.broadcast_to(labels, (log_probs.shape[0], *labels.shape)), 2)

    def shifted(alpha, by):
        return jnp.pad(alpha, ((0, 0), (by, 0)), constant_values=-jnp.inf)[:, :states]

    def step(alpha, inputs):
        emission, t = inputs
        arrived = _log_add(alpha, shifted(alpha, 1), jnp.where(skips, shifted(alpha, 2), impossible)) + emission
        return jnp.where((t < input_lengths)[:, None], arrived, alpha), None

    first = jnp.where((input_lengths > 0)[:, None], start + emitted[0], jnp.where(jnp.arange(states) == 0, 0.0, impossible))
    alpha, _ = jax.lax.scan(step, first, (emitted[1:], jnp.arange(1, log_probs.shape[0])))
    last = 2 * target_lengths[:, None]
    ends = jnp.concatenate([
        jnp.take_along_axis(alpha, last, 1),
        jnp.where(last > 0, jnp.take_along_axis(alpha, jnp.maximum(last - 1, 0), 1), impossible),
    ], 1)
    return _log_add(ends[:, 0], ends[:, 1])


def _log_add(*terms):
    """log of the sum of exponentials; all -inf gives -inf with a zero gradient."""
    highest = jax.lax.stop_gradient(jnp.stack(terms).max(0))
    finite = jnp.isfinite(highest)
    base = jnp.where(finite, highest, 0)
    total = sum(jnp.exp(t - base) for t in terms)
    return jnp.where(finite, base + jnp.log(jnp.where(finite, total, 1)), highest)


@op(name="ctc_loss_kernel", public=False, node="CtcLossBackward0")
def _ctc_loss(log_probs, targets, input_lengths, target_lengths, /, blank=0, zero_infinity=False):
    """The loss of each sample of a batch."""
    loss = -_log_likelihood(log_probs, targets, input_lengths, target_lengths, blank)
    return jnp.where(jnp.isinf(loss), 0, loss) if zero_infinity else loss


@_ctc_loss.vjp
def _(grad, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity):
    # PyTorch's gradient takes log_probs for the output of log_softmax and adds its normaliser: exp(log_probs) - posterior.
    likelihood, pullback = jax.vjp(lambda x: _log_likelihood(x, targets, input_lengths, target_lengths, blank), log_probs)
    grad = jnp.where(jnp.isinf(likelihood), 0 if zero_infinity else jnp.nan, grad)
    (posterior,) = pullback(grad)
    inside = jnp.arange(log_probs.shape[0])[:, None, None] < input_lengths[:, None]
    return jnp.where(inside, jnp.exp(log_probs) * grad[:, None] - posterior, 0), None, None, None


def _padded(targets, target_lengths):
    """Concatenated labels as rows of a matrix."""
    lengths = np.asarray(target_lengths)
    ends = np.cumsum(lengths)
    positions = np.minimum((ends - lengths)[:, None] + np.arange(max(lengths.max(initial=0), 1)), max(targets.numel() - 1, 0))
    return targets[targets.new_tensor(positions.reshape(-1))].reshape(*positions.shape)


def _lengths(value, name: str) -> np.ndarray:
    """Lengths given as a Tensor or a sequence of integers, as one vector."""
    if isinstance(value, list | tuple):
        for at, each in enumerate(value):
            if isinstance(each, float):
                raise TypeError(f"ctc_loss(): argument '{name}' failed to unpack the object at pos {at + 1} with error \"type must be tuple of "
                                f"ints,but got {type(each).__name__}\"")
        return np.asarray(value, np.int64).reshape(-1)
    if value.is_floating_point() or value.dtype == torch_bool:
        raise RuntimeError(f"{name} must be integral")
    return np.asarray(value.tolist(), np.int64).reshape(-1)


def _refusal(problem: str) -> RuntimeError:
    return RuntimeError(f"{problem} (while checking arguments for ctc_loss_allocate_outputs)")


def _check_lengths(batch, steps, target_steps) -> None:
    """RuntimeError unless there is a sensible length for every sample of log-probabilities (T, N, C)."""
    for name, lengths in (("input_lengths", steps), ("target_lengths", target_steps)):
        if lengths.size != batch.size(1):
            raise RuntimeError(f"{name} must be of size batch_size")
        if lengths.min() < 0:
            raise _refusal(f"Expected {name} to have value at least 0, but got value {lengths.min()}")
    if steps.max() > batch.size(0):
        raise _refusal(f"Expected input_lengths to have value at most {batch.size(0)}, but got value {steps.max()}")


def _check_targets(labels, samples: int, target_steps) -> None:
    """RuntimeError unless the labels, (N, S) or concatenated, have room for their lengths."""
    if labels.ndim > 2:
        raise _refusal(f"Expected 1 to 2 dimensions, but got {labels.ndim}-dimensional tensor for argument #2 'targets'")
    expected = samples if labels.ndim == 2 else target_steps.sum()
    if labels.size(0) != expected:
        raise _refusal(f"Expected tensor to have size {expected} at dimension 0, but got size {labels.size(0)} for argument #2 'targets'")
    if labels.ndim == 2 and labels.size(1) < target_steps.max():
        raise _refusal(f"Expected tensor to have size at least {target_steps.max()} at dimension 1, but got size {labels.size(1)} for "
                       "argument #2 'targets'")


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
    """CTC loss of log-probabilities (T, N, C) or (T, C) for targets (N, S) or concatenated (torch.nn.functional.ctc_loss)."""
    checked_reduction(reduction)
    steps, target_steps = (
        _lengths(value, name) for value, name in ((input_lengths, "input_lengths"), (target_lengths, "target_lengths"))
    )
    batched = log_probs.ndim == 3
    batch = log_probs if batched else log_probs.unsqueeze(1)
    if batch.numel() == 0:
        raise RuntimeError("log_probs tensor must not be empty")
    if not 0 <= blank < batch.size(2):
        raise RuntimeError("blank must be in label range")
    _check_lengths(batch, steps, target_steps)
    labels = targets if batched else targets.reshape(1, -1)
    _check_targets(labels, batch.size(1), target_steps)
    labels = (labels if labels.ndim == 2 else _padded(labels, target_steps)).long()
    loss = dispatch(_ctc_loss.op, (batch, labels, steps, target_steps), (int(blank), bool(zero_infinity)))
    if reduction == "mean":
        return (loss / loss.new_tensor(np.maximum(target_steps, 1))).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if batched else loss.squeeze(0)


@function(name="ctc_loss")
def _torch_ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=1, zero_infinity=False):
    """CTC loss with the reduction as a number: 0 none, 1 mean, 2 sum (torch.ctc_loss)."""
    return ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, ("none", "mean", "sum")[reduction], zero_infinity)
