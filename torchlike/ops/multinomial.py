"""Draws of indices in proportion to weights."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dtype import int64, scalar_type_name
from ..core.inplace import write_out
from ..core.levels import examined
from ..core.mapped import refuse_same_draws
from ..core.op import function, op
from ..core.operand import type_name
from ..core.random import key_from, next_seed
from ..core.tensor import Tensor


@op(public=False, differentiable=False)
def _multinomial(seed, weights, /, *, count, replacement):
    logits = jnp.log(weights.astype(jnp.promote_types(weights.dtype, jnp.float32)))
    shape = (count, *weights.shape[:-1]) if replacement else weights.shape
    noise = jax.random.gumbel(key_from(seed), (*shape, weights.shape[-1]) if replacement else shape, logits.dtype)
    if replacement:
        return jnp.moveaxis(jnp.argmax(logits + noise, -1), 0, -1)
    # Gumbel's top-k trick: the order of perturbed logits is a sample without replacement.
    return jax.lax.top_k(logits + noise, count)[1].astype(jnp.int64)


@function(method=True)
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Indices drawn in proportion to the weights of each row (torch.multinomial)."""
    if out is not None and out.dtype != int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {scalar_type_name(out.dtype.np)}")
    if input._aval.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if not input._aval.inexact:
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {scalar_type_name(input._aval.dtype)}")
    if not isinstance(num_samples, int | np.integer | Tensor):
        raise TypeError(f"multinomial(): argument 'num_samples' (position 2) must be int, not {type_name(num_samples)}")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if input._aval.shape[-1] > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    if not replacement and num_samples > input._aval.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    _check_weights(input, num_samples, replacement)
    refuse_same_draws(input)
    drawn = _multinomial(next_seed(generator), input, count=num_samples, replacement=replacement)
    return drawn if out is None else write_out("multinomial", out, drawn, (input,))


def _check_weights(input: Tensor, count: int, replacement: bool) -> None:
    values = examined(input)
    if values is None:
        return
    weights = np.asarray(values).astype(np.float64)
    whole = "probability tensor contains either `inf`, `nan` or element < 0"
    drawn_in_turn = replacement and count > 1  # PyTorch has another kernel for these, with words of its own
    if not np.isfinite(weights).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)" if drawn_in_turn else whole)
    if (weights < 0).any():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)" if drawn_in_turn else whole)
    if weights.size and (weights.sum(-1) <= 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
