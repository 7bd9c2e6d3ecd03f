"""Multi-head attention as a function: projections, heads, masks, attention, output projection (torch.nn.functional's)."""

from __future__ import annotations

import math
import warnings

from ..core.tensor import Tensor
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .joining import cat
from .linear import linear
from .pad import pad
from .softmax import _softmax

_NO_MASK = (
    "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method `generate_square_subsequent_mask` to create "
    "this mask."
)


def _warn_of_two_kinds(mask, padding) -> None:
    if mask is not None and padding is not None and mask.dtype != padding.dtype:
        warnings.warn("Support for mismatched key_padding_mask and attn_mask is deprecated. Use same type for both instead.", stacklevel=3)


def _additive_mask(mask, name: str, like: Tensor):
    """A boolean mask (True bars) as one to be added; a float mask as it is."""
    if mask is None:
        return None
    if mask.dtype.name == "bool":
        return like.new_zeros(mask.shape).masked_fill(mask, -math.inf)
    if not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return mask


def _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads) -> bool:
    """Whether the inputs are batched; AssertionError if their ranks do not fit together."""
    if query.ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query tensor")
    batched = query.ndim == 3
    word = "batched" if batched else "unbatched"
    if key.ndim != query.ndim or value.ndim != query.ndim:
        raise AssertionError(f"For {word} ({query.ndim}-D) `query`, expected `key` and `value` to be {query.ndim}-D but found "
                             f"{key.ndim}-D and {value.ndim}-D tensors respectively")
    if key_padding_mask is not None and key_padding_mask.ndim != query.ndim - 1:
        raise AssertionError(f"For {word} ({query.ndim}-D) `query`, expected `key_padding_mask` to be `None` or {query.ndim - 1}-D "
                             f"but found {key_padding_mask.ndim}-D tensor instead")
    if attn_mask is not None:
        if attn_mask.ndim not in (2, 3):
            raise AssertionError(f"For {word} ({query.ndim}-D) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
                                 f"{attn_mask.ndim}-D tensor instead")
        if not batched and attn_mask.ndim == 3 and tuple(attn_mask.shape) != (num_heads, query.size(0), key.size(0)):
            raise AssertionError(f"Expected `attn_mask` shape to be {(num_heads, query.size(0), key.size(0))} but got "
                                 f"{attn_mask.shape}")
    return batched


def _check_sources(key, value, width, k_weight, v_weight, separate: bool) -> None:
    """AssertionError unless keys and values, (S, N, *), belong together and to their projections."""
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    for name, x, weight in (("key", key, k_weight), ("value", value, v_weight)):
        if separate and tuple(weight.shape) != (width, x.size(-1)):
            raise AssertionError(f"expecting {name} weights shape of {(width, x.size(-1))}, but got {weight.shape}")


def _project(query, key, value, weight, bias):
    """The three input projections from one stacked weight (3 E, E)."""
    width = query.size(-1)
    if key is value and query is key:
        return linear(query, weight, bias).chunk(3, -1)
    weights = weight.split(width)
    biases = (None,) * 3 if bias is None else bias.split(width)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))


def _heads(x, length, rows, head_dim):
    """(T, N, E) -> (N * heads, T, head_dim)."""
    return x.contiguous().view(length, rows, head_dim).transpose(0, 1)


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check: int, num_heads: int, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn: bool,
    dropout_p: float, out_proj_weight, out_proj_bias, training: bool = True, key_padding_mask=None, need_weights: bool = True,
    attn_mask=None, use_separate_proj_weight: bool = False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None,
    static_v=None, average_attn_weights: bool = True, is_causal: bool = False,
):
    """Attention over several heads of (L, N, E) or (L, E) inputs -> (output, weights or None)
    (torch.nn.functional.multi_head_attention_forward)."""
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if is_causal and attn_mask is None:
        raise RuntimeError(_NO_MASK)
    if not batched:
        same_kv, same_qk = key is value, query is key
        query, key = query.unsqueeze(1), query if same_qk else key.unsqueeze(1)
        key = query if same_qk else key
        value = key if same_kv else value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    target, batch, width = query.shape
    head_dim = width // num_heads
    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    if head_dim * num_heads != width:
        raise AssertionError(f"embed_dim {width} not divisible by num_heads {num_heads}")
    _check_sources(key, value, embed_dim_to_check, k_proj_weight, v_proj_weight, use_separate_proj_weight)
    _warn_of_two_kinds(attn_mask, key_padding_mask)
    padding = _additive_mask(key_padding_mask, "key_padding_mask", query)
    causal_only = is_causal and padding is None and not need_weights
    mask = None if causal_only else _additive_mask(attn_mask, "attn_mask", query)
    if mask is not None:
        mask = _as_three_dimensional(mask, target, key.size(0), batch * num_heads)

    if use_separate_proj_weight:
        biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = (linear(x, w, b) for x, w, b in zip(
            (query, key, value), (q_proj_weight, k_proj_weight, v_proj_weight), biases, strict=True))
    else:
        q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias)
    if bias_k is not None and bias_v is not None:
        k, v = (cat([x, b.repeat(1, batch, 1)]) for x, b in ((k, bias_k), (v, bias_v)))
        mask, padding = (None if m is None else pad(m, (0, 1)) for m in (mask, padding))
    rows = batch * num_heads
    q = _heads(q, target, rows, head_dim)
    k = _heads(k, k.size(0), rows, head_dim) if static_k is None else static_k
    v = _heads(v, v.size(0), rows, head_dim) if static_v is None else static_v
    if add_zero_attn:
        k, v = (pad(x, (0, 0, 0, 1)) for x in (k, v))
        mask, padding = (None if m is None else pad(m, (0, 1)) for m in (mask, padding))
    mask = _merged(mask, padding, batch, num_heads, k.size(1))
    drop = dropout_p if training else 0.0

    if need_weights:
        weights = _weights(q, k, mask)
        weights = dropout(weights, drop) if drop > 0 else weights
        out = weights.bmm(v)
    else:
        q, k, v = (x.view(batch, num_heads, x.size(-2), head_dim) for x in (q, k, v))
        mask = None if mask is None else mask.unsqueeze(0) if mask.size(0) == 1 else mask.view(batch, num_heads, mask.size(-2), k.size(-2))
        out = scaled_dot_product_attention(q, k, v, mask, drop, causal_only).view(rows, target, head_dim)
    out = linear(out.transpose(0, 1).contiguous().view(target * batch, width), out_proj_weight, out_proj_bias)
    out = out.view(target, batch, out.size(1))
    if need_weights:
        weights = weights.view(batch, num_heads, target, weights.size(-1))
        weights = weights.mean(1) if average_attn_weights else weights
    else:
        weights = None
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _as_three_dimensional(mask, target, source, rows):
    """A mask for every row, or one for all as (1, L, S)."""
    expected = (target, source) if mask.ndim == 2 else (rows, target, source)
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {expected}.")
    return mask.unsqueeze(0) if mask.ndim == 2 else mask


def _merged(mask, padding, batch, num_heads, source):
    """The attention mask plus the keys' padding, per row."""
    if padding is None:
        return mask
    for i, (expected, found) in enumerate(zip((batch, source), padding.shape, strict=True)):
        if expected != found:
            raise AssertionError(f"Expected key_padded_mask.shape[{i}] to be {expected}, but got {found}")
    spread = padding.view(batch, 1, 1, source).expand(-1, num_heads, -1, -1).reshape(batch * num_heads, 1, source)
    return spread if mask is None else mask + spread


def _weights(q, k, mask):
    scores = (q * math.sqrt(1.0 / q.size(-1))).bmm(k.transpose(-2, -1))
    return _softmax(scores if mask is None else mask + scores, -1)
