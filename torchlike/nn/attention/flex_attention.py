"""Attention whose scores pass through a function (torch.nn.attention.flex_attention). XLA fuses what PyTorch generates a kernel for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ... import logsumexp, where
from ...core.tensor import Tensor
from .block_mask import DEFAULT_SIZE as _DEFAULT_SPARSE_BLOCK_SIZE  # noqa: F401
from .block_mask import BlockMask, and_masks, create_block_mask, create_mask, noop_mask, or_masks, over_positions

__all__ = ["AuxOutput", "AuxRequest", "BlockMask", "and_masks", "create_block_mask", "create_mask", "flex_attention", "noop_mask", "or_masks"]


class AuxRequest(NamedTuple):
    """What else `flex_attention` should return."""

    lse: bool = False
    max_scores: bool = False


class AuxOutput(NamedTuple):
    """What was asked for with an AuxRequest; None what was not."""

    lse: Tensor | None = None
    max_scores: Tensor | None = None


def flex_attention(query, key, value, score_mod: Callable | None = None, block_mask: BlockMask | None = None, scale: float | None = None,
                   enable_gqa: bool = False, return_lse: bool = False, kernel_options=None, *,
                   return_aux: AuxRequest | None = None) -> Any:  # fmt: skip
    """Attention of (B, Hq, L, E) queries to (B, Hkv, S, E) keys with `score_mod(score, b, h, q, kv)` before the softmax.

    What `block_mask` leaves out takes no part; a query with nothing to attend to gives zero. With `return_lse`, or what `return_aux`
    asks for, a second result (torch.nn.attention.flex_attention.flex_attention).
    """
    _check(query, key, value, block_mask, enable_gqa)
    batches, heads, queries, _ = query.shape
    groups = heads // key.size(1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scale = 1 / math.sqrt(query.size(-1)) if scale is None else scale
    scores = query @ key.mT * scale
    if score_mod is not None:
        scores = over_positions(score_mod, batches, heads, queries, key.size(-2), query.device, scores)
    if block_mask is not None:
        mask_batches, mask_heads = block_mask.shape[:2]
        mask = create_mask(block_mask.mask_mod, mask_batches, mask_heads, queries, key.size(-2), query.device)
        scores = where(mask, scores, -math.inf)
    lse = logsumexp(scores, -1)
    safe = where(lse == -math.inf, 0.0, lse)
    out = ((scores - safe.unsqueeze(-1)).exp() @ value).to(query.dtype)
    if return_aux is not None:
        return out, AuxOutput(lse if return_aux.lse else None, scores.amax(-1) if return_aux.max_scores else None)
    return (out, lse) if return_lse else out


def _check(query, key, value, block_mask, enable_gqa: bool) -> None:
    if query.dim() != 4 or key.dim() != 4 or value.dim() != 4:
        raise NotImplementedError("NYI: query, key, and value must be 4D tensors")
    if not enable_gqa and query.size(-3) != key.size(-3):
        raise ValueError(
            f"Expect query and key/value to have the same number of heads but got Hq={query.size(-3)} and Hkv={key.size(-3)}. "
            "Try setting enable_gqa=True for GQA."
        )
    if enable_gqa and query.size(1) % key.size(1):
        raise ValueError(
            "Expect number of query heads to be a multiple of kv heads for GQA "
            f"but got Hq={query.size(1)} and Hkv={key.size(1)}."
        )
    if block_mask is not None and (query.size(-2) > block_mask.seq_lengths[0] or key.size(-2) > block_mask.seq_lengths[1]):
        raise ValueError(
            f"block_mask was created for block_mask.shape={block_mask.shape} but got q_len={query.size(-2)} and kv_len={key.size(-2)}. "
            "As the block mask was created for a smaller length than you're using it for, you likely need to create a new block mask."
        )
