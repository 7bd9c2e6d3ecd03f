"""Selective checkpointing: of the ops in a checkpointed region, a policy says whose results are kept and whose are computed again.

Forward runs under a mode that asks the policy about each kernel and keeps what it wants kept; recomputation runs under a mode that hands
the kept values out instead of running their kernels. What is kept are JAX's immutable arrays, so nobody can change them meanwhile.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..autograd.profiling.names import op_name
from ..core.interception import push, remove
from ..core.structural import ACCUMULATE, READ, WRITE
from ..core.tensor import make
from ..ops.overloads import OpOverload, OpOverloadPacket, aten


class CheckpointPolicy(enum.Enum):
    """What is to become of an op's result: kept for backward or computed again. PREFER leaves compilers a choice, which there is none of."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


_KEPT = (CheckpointPolicy.MUST_SAVE, CheckpointPolicy.PREFER_SAVE)

# Ops that no policy is asked about: they compute nothing.
SAC_IGNORED_OPS = {
    getattr(aten, name).default
    for name in ("detach", "dim", "is_contiguous", "numel", "size", "storage_offset", "stride", "sym_numel", "sym_size", "sym_storage_offset",
                 "sym_stride")
}  # fmt: skip
# Reading and writing views and adding gradients up: whether these run depends on what has been read before.
_INTERNAL = (READ, WRITE, ACCUMULATE)

_MISMATCH = (
    "This can happen if the operations in the checkpointed region are nondeterministic or depend on global state that changed between "
    "forward and backward."
)
_RECOMPUTE: Any = object()
_CONSUMED: Any = object()


class SelectiveCheckpointContext:
    """What a policy is told besides the op and its arguments: the result, `op_output`."""

    def __init__(self, *, is_recompute, op_output=None) -> None:
        self.is_recompute = is_recompute
        self.op_output = op_output


class _Mode:
    """A context in which each kernel but the internal ones goes through `answer`, numbered among those of its op."""

    def __init__(self, kept: dict):
        self.kept = kept
        self.counts: Counter = Counter()

    def __enter__(self):
        self.counts.clear()
        push(self._intercept)
        return self

    def __exit__(self, *error):
        remove(self._intercept)

    def _intercept(self, plan, values, run):
        if plan.op in _INTERNAL:
            return run(plan, values)
        op = getattr(aten, op_name(plan.op).removeprefix("aten::")).default
        if op in SAC_IGNORED_OPS:
            return run(plan, values)
        self.counts[op] += 1
        return self.answer(op, (op, self.counts[op] - 1), plan, values, run)

    def answer(self, op: OpOverload, key: tuple, plan, values, run):
        """The result of this call of `op`."""
        raise NotImplementedError


class _Caching(_Mode):
    """Forward: keep what the policy wants kept."""

    def __init__(self, kept: dict, policy: Callable):
        super().__init__(kept)
        self.policy = policy

    def answer(self, op, key, plan, values, run):
        result = run(plan, values)
        outputs = [make(v, a) for v, a in zip([result] if plan.single else result, plan.out_avals, strict=True)]
        visible = outputs[: len(outputs) - plan.op.aux_outputs]
        arguments = [make(v, a) if a is not None and not a.weak else v for v, a in zip(values, plan.in_avals, strict=True)]
        context = SelectiveCheckpointContext(is_recompute=False, op_output=visible[0] if len(visible) == 1 else tuple(visible))
        policy = self.policy(context, op, *arguments, **plan.op.bound(plan.settings))
        keep = policy if isinstance(policy, bool) else policy in _KEPT
        self.kept[key] = result if keep else _RECOMPUTE
        return result


class _Cached(_Mode):
    """Recomputation: hand out what was kept, once."""

    def answer(self, op, key, plan, values, run):
        found = self.kept.get(key)
        if found is _RECOMPUTE:
            return run(plan, values)
        if found is _CONSUMED:
            raise RuntimeError(
                "Trying to backward an extra time. You are only allowed to backward once on any region computed under selective activation "
                "checkpoint."
            )
        if found is None:
            which = f"{op} invocation index {key[1]}" if any(known is op for known, _ in self.kept) else f"{op}"
            raise RuntimeError(f"{which} encountered during backward but not found in storage. {_MISMATCH}")
        self.kept[key] = _CONSUMED
        return found


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation=False) -> tuple[_Mode, _Mode]:
    """The two contexts of a selective checkpoint, for `checkpoint(..., context_fn=...)`.

    Given a list of ops, such as `[torch.ops.aten.mm.default]` or `[torch.mm]`, their results are kept. A function
    `policy(context, op, *args, **kwargs)` is asked about each op instead, and returns a CheckpointPolicy. What is kept cannot be mutated
    here, so `allow_cache_entry_mutation` changes nothing.
    """
    if isinstance(policy_fn_or_list, list):
        for op in policy_fn_or_list:
            if isinstance(op, OpOverloadPacket) or not callable(op):
                name = op.__name__ if isinstance(op, OpOverloadPacket) else ""
                hint = (
                    "Please update the OpOverloadPacket to a specific OpOverload."
                    f"For example, if you have `torch.ops.aten.{name}`, change it to `torch.ops.aten.{name}.default`." if name else ""
                )
                raise ValueError(f"Expected op in `op_list` to be an OpOverload but got: {op} of type {type(op)}. {hint}")

        def policy(context, op, *args, **kwargs):
            return op in policy_fn_or_list

    elif callable(policy_fn_or_list):
        policy = policy_fn_or_list
    else:
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    kept: dict = {}
    return _Caching(kept, policy), _Cached(kept)
