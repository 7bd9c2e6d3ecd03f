"""Scaled dot-product attention as one op.

The backward recomputes the scores and keeps only the rows' log-normalisers (as flash attention does), so memory grows with the
sequence, not with its square.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import op
from ..core.precision import matmul_precision
from ..core.random import key_from, next_seed
from .checks import c_type_name


def _matmul(spec, a, b):
    return jnp.einsum(spec, a, b, precision=matmul_precision())


def _scores(query, key, mask, is_causal, scale):
    """Scaled and masked products of queries and keys: -inf where attention is barred."""
    scores = _matmul("...ld,...sd->...ls", query * scale, key)
    if is_causal:
        rows, columns = scores.shape[-2:]
        scores = jnp.where(jnp.arange(rows)[:, None] >= jnp.arange(columns), scores, -jnp.inf)
    if mask is not None:
        scores = jnp.where(mask, scores, -jnp.inf) if mask.dtype == jnp.bool_ else scores + mask
    return scores


def _keep(shape, seed, dropout_p, dtype):
    """0 or 1 / (1 - p) per weight."""
    kept = jax.random.uniform(key_from(seed), shape, jnp.float32) >= dropout_p
    return kept.astype(dtype) / (1 - dropout_p)


def _repeated(x, heads):
    """Key or value heads repeated for grouped queries."""
    return x if x.ndim < 3 or x.shape[-3] == heads or x.shape[-3] == 1 else jnp.repeat(x, heads // x.shape[-3], -3)


@op(name="sdpa_kernel", public=False, node="ScaledDotProductFlashAttentionForCpuBackward0", aux_outputs=1)
def _sdpa(query, key, value, mask=None, seed=None, /, dropout_p=0.0, is_causal=False, scale=1.0):
    """softmax(query @ key.T * scale + mask) @ value; a row with nothing to attend to is zero."""
    heads = query.shape[-3] if query.ndim > 2 else 1
    scores = _scores(query, _repeated(key, heads), mask, is_causal, scale)
    highest = scores.max(-1, keepdims=True)
    highest = jnp.where(jnp.isneginf(highest), 0, highest)
    unnormalised = jnp.exp(scores - highest)
    total = unnormalised.sum(-1, keepdims=True)
    safe = jnp.where(total == 0, 1, total)
    weights = unnormalised / safe
    if seed is not None:
        weights = weights * _keep(weights.shape, seed, dropout_p, weights.dtype)
    out = _matmul("...ls,...sd->...ld", weights, _repeated(value, heads))
    return out.astype(query.dtype), highest + jnp.log(safe)


@_sdpa.vjp
def _(grads, outs, query, key, value, mask, seed, dropout_p, is_causal, scale):
    out, log_total = outs
    heads = query.shape[-3] if query.ndim > 2 else 1
    k, v = _repeated(key, heads), _repeated(value, heads)
    weights = jnp.exp(_scores(query, k, mask, is_causal, scale) - log_total)
    keep = None if seed is None else _keep(weights.shape, seed, dropout_p, weights.dtype)
    grad = grads[0]
    grad_weights = _matmul("...ld,...sd->...ls", grad, v)
    dropped = weights if keep is None else weights * keep
    grad_weights = grad_weights if keep is None else grad_weights * keep
    grad_scores = weights * (grad_weights - (grad * out).sum(-1, keepdims=True))
    grad_query = _matmul("...ls,...sd->...ld", grad_scores, k) * scale
    grad_key = _matmul("...ls,...ld->...sd", grad_scores, query) * scale
    grad_value = _matmul("...ls,...ld->...sd", dropped, grad)
    grad_mask = None if mask is None or mask.dtype == jnp.bool_ else grad_scores
    return grad_query, _summed(grad_key, key), _summed(grad_value, value), grad_mask, None


def _summed(grad, like):
    """The gradient of repeated heads added up (broadcast ones are summed by the caller)."""
    if like.ndim < 3 or grad.ndim != like.ndim or like.shape[-3] in (1, grad.shape[-3]):
        return grad
    return grad.reshape(*grad.shape[:-3], like.shape[-3], -1, *grad.shape[-2:]).sum(-3)


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    """Attention of (..., L, E) queries to (..., S, E) keys and (..., S, Ev) values (torch.nn.functional.scaled_dot_product_attention).

    `attn_mask` is boolean (True takes part) or added to the scores; `scale` defaults to 1 / sqrt(E).
    """
    _check(query, key, value, attn_mask, is_causal, enable_gqa)
    scale = 1 / math.sqrt(query.size(-1)) if scale is None else float(scale)
    seed = next_seed() if dropout_p > 0 else None
    return dispatch(_sdpa.op, (query, key, value, attn_mask, seed), (float(dropout_p), bool(is_causal), scale))


def _check(query, key, value, mask, is_causal, enable_gqa) -> None:
    if not query.dtype == key.dtype == value.dtype:
        words = [c_type_name(x.dtype.np) for x in (query, key, value)]
        raise RuntimeError("Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: "
                           "{} instead.".format(*words))
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError("Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
                           f"{query.ndim}, key.dim: {key.ndim} and value.dim: {value.ndim} instead.")
    if mask is not None:
        if is_causal:
            raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
        if mask.dtype.name != "bool" and mask.dtype != query.dtype:
            raise RuntimeError("Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                               f"{c_type_name(mask.dtype.np)} and  query.dtype: {c_type_name(query.dtype.np)} instead.")
    if not enable_gqa and query.ndim > 2 and query.size(-3) != key.size(-3) and 1 not in (query.size(-3), key.size(-3)):
        raise RuntimeError(f"The size of tensor a ({query.size(-3)}) must match the size of tensor b ({key.size(-3)}) "
                           f"at non-singleton dimension {query.ndim - 3}")
