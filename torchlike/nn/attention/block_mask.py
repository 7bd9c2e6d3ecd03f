"""Attention masks given by functions of positions, and their summary by blocks."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from ... import arange, int32, zeros
from ...func import vmap
from ..functional import pad

DEFAULT_SIZE = 128


def noop_mask(batch, head, token_q, token_kv) -> Any:
    """A mask that lets everything take part."""
    return batch.new_ones((), dtype=bool)


def over_positions(fn: Callable, batches: int, heads: int, queries: int, keys: int, device=None, scores=None) -> Any:
    """(B, H, Q, K): a function of (batch, head, query, key) at all positions, with the score there first if `scores` are given."""
    first = () if scores is None else (0,)
    for axes in ((None, None, None, 0), (None, None, 0, None), (None, 0, None, None), (0, None, None, None)):
        fn = vmap(fn, in_dims=first + axes)
    positions = [arange(n, device=device) for n in (batches, heads, queries, keys)]
    return fn(*positions) if scores is None else fn(scores, *positions)


def create_mask(mod_fn: Callable, B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device=None) -> Any:
    """A boolean (B, H, Q_LEN, KV_LEN) from a `mask_mod(b, h, q, kv)`, or from a `score_mod(score, b, h, q, kv)`: where it is not -inf."""
    batches, heads = B or 1, H or 1
    positional = [p for p in inspect.signature(mod_fn).parameters.values() if p.default is inspect.Parameter.empty]
    if len(positional) == 5:
        scores = zeros(batches, heads, Q_LEN, KV_LEN, device=device)
        return over_positions(mod_fn, batches, heads, Q_LEN, KV_LEN, device, scores) != -math.inf
    return over_positions(mod_fn, batches, heads, Q_LEN, KV_LEN, device)


def and_masks(*mask_mods: Callable) -> Callable:
    """The mask of what takes part in all of the masks."""
    return _combined(mask_mods, lambda a, b: a & b, True)


def or_masks(*mask_mods: Callable) -> Callable:
    """The mask of what takes part in any of the masks."""
    return _combined(mask_mods, lambda a, b: a | b, False)


def _combined(mask_mods: tuple, join: Callable, start: bool) -> Callable:
    if not all(callable(m) for m in mask_mods):
        raise RuntimeError(f"All inputs should be callable mask_mods: {mask_mods}")

    def mask(b, h, q_idx, kv_idx):
        result = b.new_full((), start, dtype=bool)
        for mod in mask_mods:
            result = join(result, mod(b, h, q_idx, kv_idx))
        return result

    return mask


def _ordered(blocks) -> tuple:
    """(number, indices) of the True entries in each row, those first and in order, then the others."""
    counts = blocks.to(int32).sum(-1).to(int32)
    return counts, blocks.to(int32).argsort(dim=-1, descending=True, stable=True).to(int32)


class BlockMask:
    """A mask and which blocks of it have anything in them, fully or in part (torch.nn.attention.flex_attention.BlockMask)."""

    def __init__(self, seq_lengths: tuple[int, int], partial, full, BLOCK_SIZE: tuple[int, int], mask_mod: Callable):
        self.seq_lengths = seq_lengths
        self.BLOCK_SIZE = BLOCK_SIZE
        self.mask_mod = mask_mod
        self._blocks = (partial, full)
        self.kv_num_blocks, self.kv_indices = _ordered(partial)
        self.q_num_blocks, self.q_indices = _ordered(partial.mT)
        self.full_kv_num_blocks, self.full_kv_indices = (None, None) if full is None else _ordered(full)
        self.full_q_num_blocks, self.full_q_indices = (None, None) if full is None else _ordered(full.mT)

    @property
    def shape(self) -> tuple[int, ...]:
        """(B, H, Q_LEN, KV_LEN)."""
        return (*self._blocks[0].shape[:2], *self.seq_lengths)

    def numel(self) -> int:
        """The number of entries of the mask."""
        return math.prod(self.shape)

    def to_dense(self) -> Any:
        """(B, H, Q blocks, KV blocks): 1 where a block has anything in it."""
        partial, full = self._blocks
        return (partial if full is None else partial | full).to(int32)

    def sparsity(self) -> float:
        """How much lies in blocks without anything, in percent."""
        used = int(self.to_dense().sum()) * self.BLOCK_SIZE[0] * self.BLOCK_SIZE[1]
        return 100 * (1 - used / self.numel())

    def to(self, device) -> BlockMask:
        """The same on another device."""
        partial, full = self._blocks
        return BlockMask(self.seq_lengths, partial.to(device), None if full is None else full.to(device), self.BLOCK_SIZE, self.mask_mod)

    def __repr__(self):
        names = ("kv_num_blocks", "kv_indices", "full_kv_num_blocks", "full_kv_indices", "q_num_blocks", "q_indices",
                 "full_q_num_blocks", "full_q_indices")  # fmt: skip
        shapes = ((name, getattr(self, name)) for name in names)
        lines = [f"    {name}={None if t is None else t.shape}" for name, t in shapes]
        lines += [f"    BLOCK_SIZE={self.BLOCK_SIZE}", f"    shape={self.shape}", f"    sparsity={self.sparsity():.2f}%",
                  f"    mask_mod={getattr(self.mask_mod, '__name__', self.mask_mod)}"]  # fmt: skip
        return "BlockMask(\n" + ",\n".join(lines) + "\n)"


def create_block_mask(mask_mod: Callable, B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device=None,
                      BLOCK_SIZE: int | tuple[int, int] = DEFAULT_SIZE, _compile: bool = False,
                      separate_full_blocks: bool = True) -> BlockMask:  # fmt: skip
    """A BlockMask from `mask_mod(b, h, q, kv)`; B or H of None stand for one mask for all (torch's create_block_mask)."""
    rows, columns = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    mask = pad(mask, (0, -KV_LEN % columns, 0, -Q_LEN % rows))
    blocks = mask.unflatten(-1, (-1, columns)).unflatten(-3, (-1, rows)).sum((-3, -1))
    full = blocks == rows * columns
    partial = (blocks > 0) & ~full if separate_full_blocks else blocks > 0
    return BlockMask((Q_LEN, KV_LEN), partial, full if separate_full_blocks else None, (rows, columns), mask_mod)
