"""Function transforms as levels: forward mode and vmap, on top of the same dispatch, tape and views as everything else.

A Tensor of a level holds a `Lifted` value: what it stands for is a Tensor one level down, with its own history there. An op on it runs as
the op's derived rule (execution/batching.py, execution/pushforward.py) on those Tensors, through `dispatch` again; so levels nest in each
other, and the tape below records what the level above does.
"""

from __future__ import annotations

import weakref
from typing import Any

import jax
import numpy as np

from ..execution import Lifted, aval_of, executor, newest_level
from .device import from_jax_device
from .modes import Transform, state
from .node import Identity
from .refusals import SharedWrite, check_captured
from .storage import Storage
from .tape import edge_of
from .tensor import Tensor, make, value_of


class Level(Transform):
    """One running transform. Entering puts it on this thread's stack; a Tensor that outlives it settles when it is next used."""

    depth = 0
    alive = False
    # Whether the tape above this level also records the Tensors below it: PyTorch's dual levels share the tape they are opened on.
    shares_tape = False
    # Whether custom Functions must say how they behave in it.
    asks_functions = True

    def __enter__(self):
        Lifted.in_use = True
        self.depth = len(state.levels)
        self.alive = True
        state.levels = (*state.levels, self)
        state.sort()
        if not self.shares_tape:
            self.open()
        return self

    def __exit__(self, *error):
        state.levels = tuple(level for level in state.levels if level is not self)
        state.sort()
        self.alive = False
        self.close()

    def lift(self, tensor: Tensor) -> Tensor:
        """`tensor` as a Tensor of this level: itself, or a constant."""
        value = tensor._storage.value
        if type(value) is Lifted and value.level is self:
            return tensor
        result = make(Lifted(self, snapshot(tensor)), tensor._aval)
        return same_history(result, tensor) if self.shares_tape else result

    def lower(self, value, aval) -> Any:
        """What an argument of an op is one level down."""
        if type(value) is Lifted:
            return value.inner if value.level is self else make(value, aval)
        return value

    def run(self, plan, values) -> Any:
        """Run a plan on values of this level and plain ones."""
        if not self.alive:
            return executor.run(plan, [self.settled(v) if type(v) is Lifted and v.level is self else v for v in values])
        outs = self.apply(plan, values)
        return outs[0] if plan.single else outs

    def apply(self, plan, values) -> tuple:
        """The op's rule, one level down; returns Lifted values."""
        raise NotImplementedError

    def settled(self, value: Lifted):
        """What remains of a value when the level has ended."""
        raise NotImplementedError

    def concrete(self, value: Lifted):
        """The `jax.Array` for someone who must look at the value."""
        raise NotImplementedError

    def written(self, storage: Storage, value: Lifted):
        """`value` as it may be put into `storage`; RuntimeError when it may not."""
        return value

    def owns(self, storage: Storage) -> bool:
        """Whether the storage holds a value of this level."""
        return type(storage.value) is Lifted and storage.value.level is self


def snapshot(tensor: Tensor) -> Tensor:
    """The Tensor as it is now, with its history: later in-place changes of `tensor` do not reach it."""
    return same_history(make(value_of(tensor), tensor._aval), tensor)


def same_history(result: Tensor, tensor: Tensor) -> Tensor:
    """`result`, with the place in the graph that `tensor` has."""
    if tensor.requires_grad:
        (result._node, result._nr), result._requires_grad = edge_of(tensor), True
    return result


def standing_for(result: Tensor, tensor: Tensor, node: type[Identity] = Identity) -> Tensor:
    """`result`, with a place of its own in the graph that leads to `tensor`'s."""
    if tensor.requires_grad:
        result._node, result._requires_grad = node(edge_of(tensor), tensor._aval), True
    return result


def running_level(args) -> Level | None:
    """The newest running level among the arguments; None when they are all outside."""
    values = [a._storage.value for a in args if isinstance(a, Tensor)]
    return newest_level([v for v in values if type(v) is Lifted and v.level.alive])


def lifted_arguments(args):
    """The arguments of one op, all Tensors among them brought to the newest level that any of them has."""
    level = running_level(args)
    if level is None:
        return args
    return tuple(level.lift(a) if isinstance(a, Tensor) else a for a in args)


def _lower_dispatch(op, args, settings: tuple) -> tuple:
    from .dispatch import dispatch

    out = dispatch(op, args, settings, True)
    return out if isinstance(out, tuple) else (out,)


class JvpLevel(Level):
    """Forward mode: `inner` is the primal, `tangent` its tangent (None: zero)."""

    def __init__(self, shares_tape: bool = False):
        self.shares_tape = shares_tape
        # What dual Tensors were made of: their writes in place reach it.
        self._primals: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
        self.differentiates = not shares_tape

    def dual(self, primal: Tensor, tangent: Tensor | None) -> Tensor:
        """The Tensor of this level with that primal and tangent, both from one level down."""
        return make(Lifted(self, snapshot(primal), tangent), primal._aval)

    def writes_through(self, dual: Tensor, primal: Tensor) -> None:
        """From now on an in-place change of `dual` is one of `primal` too."""
        self._primals[dual._storage] = primal

    def apply(self, plan, values) -> tuple:
        primals = [self.lower(v, a) for v, a in zip(values, plan.in_avals, strict=True)]
        outs = _lower_dispatch(plan.op, primals, plan.settings)
        tangents = [v.tangent if type(v) is Lifted and v.level is self else None for v in values]
        active = tuple(i for i, t in enumerate(tangents) if t is not None and plan.in_avals[i].inexact)
        pushed: dict = {}
        if active and self.pushes(plan) and any(a.inexact for a in plan.out_avals):
            spec = plan.jvp_spec(active)
            everything = [*primals, *outs]
            given = [*(everything[i] for i in spec.used), *(tangents[i] for i in active)]
            pushed = dict(zip(spec.outputs, _lower_dispatch(plan.op.jvp_op, given, (spec,)), strict=True))
        return tuple(Lifted(self, o, pushed.get(i)) for i, o in enumerate(outs))

    def outside(self, tensor: Tensor) -> Tensor:
        dual = dual_of(self, tensor)
        return tensor if dual is None else dual.inner

    def pushes(self, plan) -> bool:
        """Whether tangents go through this op, here and now."""
        return plan.op.differentiable and state.forward_grad_enabled and not state.inference

    def settled(self, value: Lifted):
        return value_of(value.inner)

    def concrete(self, value: Lifted):
        return executor.force(value_of(value.inner))

    def written(self, storage: Storage, value: Lifted):
        if self.alive:
            check_captured(storage, "copy_")
            primal = self._primals.get(storage)
            if primal is not None and self.owns(storage):
                primal.copy_(value.inner)
        return value


def dual_of(level: JvpLevel, tensor: Tensor) -> Lifted | None:
    """The primal and tangent of a Tensor at that level; None when it is a constant there."""
    value = value_of(tensor)
    return value if type(value) is Lifted and value.level is level else None


class VmapLevel(Level):
    """vmap over `size` examples: the mapped dimension of `inner` is its first one."""

    def __init__(self, size: int, randomness: str = "error", asks_functions: bool = True):
        self.size = size
        self.randomness = randomness
        self.asks_functions = asks_functions
        # Where the mapped dimension of an argument was before it was moved to the front: value -> (Tensor, dimension).
        self._origins: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()

    def wrap_at(self, physical: Tensor, dim: int) -> Tensor:
        """`wrap` of a Tensor whose mapped dimension is `dim`."""
        if not dim:
            return self.wrap(physical)
        result = self.wrap(physical.movedim(dim, 0))  # type: ignore[attr-defined]
        self._origins[result._storage.value] = snapshot(physical), dim
        return result

    def origin(self, tensor: Tensor) -> tuple[Tensor, int | None]:
        """The Tensor one level down and its mapped dimension, as the function's caller had it if it is an argument; None for a shared one."""
        physical, batched = self.unwrap(tensor)
        found = self._origins.get(value_of(tensor)) if batched else None
        return found or (physical, 0 if batched else None)

    def wrap(self, physical: Tensor, batched: bool = True) -> Tensor:
        """The Tensor that one example sees."""
        aval = physical._aval
        logical = aval_of(aval.shape[1:], aval.dtype, aval.device) if batched else aval
        return make(Lifted(self, snapshot(physical), None, batched), logical)

    def unwrap(self, tensor: Tensor) -> tuple[Tensor, bool]:
        """The Tensor one level down, and whether its first dimension is the mapped one."""
        value = value_of(tensor)
        if type(value) is Lifted and value.level is self:
            return value.inner, value.batched
        return tensor, False

    def stacked(self, tensor: Tensor) -> Tensor:
        """The results of all examples along a new first dimension; one that does not depend on the example is repeated."""
        physical, batched = self.unwrap(tensor)
        return physical if batched else physical.expand(self.size, *physical.shape)  # type: ignore[attr-defined]

    def apply(self, plan, values) -> tuple:
        args = [self.lower(v, a) for v, a in zip(values, plan.in_avals, strict=True)]
        axes = tuple(0 if type(v) is Lifted and v.level is self and v.batched else None for v in values)
        if 0 not in axes:
            return tuple(Lifted(self, o) for o in _lower_dispatch(plan.op, args, plan.settings))
        if plan.op.creates:
            args = [a.to(from_jax_device(plan.device)) if isinstance(a, Tensor) else a for a in args]
        outs = _lower_dispatch(plan.op.batched_op, args, (plan.op.batch_spec(plan.settings, axes),))
        return tuple(Lifted(self, o, None, True) for o in outs)

    def shown(self, tensor: Tensor) -> tuple | None:
        physical, dim = self.origin(tensor)
        return None if dim is None else ("BatchedTensor", f", bdim={dim}", physical)

    def settled(self, value: Lifted):
        raise RuntimeError(
            "Either your tensor may have escaped from inside a function being vmapped and this is a user error (see "
            "https://pytorch.org/functorch/stable/ux_limitations.html), or there is an internal functorch error in `gen_vmap_plumbing` Please "
            "file an issue if it looks like the latter"
        )

    def concrete(self, value: Lifted):
        if not value.batched:
            return executor.force(value_of(value.inner))
        raise RuntimeError(
            "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that yet, please "
            "file an issue at https://github.com/pytorch/pytorch/issues ."
        )

    def written(self, storage: Storage, value: Lifted):
        if not value.batched:
            return value if self.owns(storage) else value_of(value.inner)
        if self.owns(storage) and storage.value.batched:
            return value
        raise SharedWrite(self.position, self.size).error()


def _layers(tensor: Tensor) -> tuple[list[Lifted], Any]:
    """What stands behind a Tensor: the values of its levels, newest first, and the plain value below them all."""
    lifted, value = [], value_of(tensor)
    while type(value) is Lifted:
        lifted.append(value)
        value = value_of(value.inner)
    return lifted, value


def examined(tensor: Tensor):
    """The numbers of a Tensor for a check of its values, those of all examples at once under vmap; None for a traced one."""
    value = _layers(tensor)[1]
    return None if isinstance(value, jax.core.Tracer) else executor.force(value)


def is_shared(tensor: Tensor) -> bool:
    """Whether all examples of every running vmap have the same Tensor."""
    return not any(v.batched for v in _layers(tensor)[0])


def is_dual(tensor: Tensor) -> bool:
    """Whether a Tensor carries a tangent in forward mode."""
    return any(v.tangent is not None and v.level.alive for v in _layers(tensor)[0])


def is_concrete(tensor: Tensor) -> bool:
    """Whether the numbers of a Tensor can be read: not those of one example under vmap, nor traced ones."""
    lifted, value = _layers(tensor)
    return not (any(v.batched for v in lifted) or isinstance(value, jax.core.Tracer))


def allocated_like(result: Tensor, source: Tensor) -> Tensor:
    """A fresh Tensor made after the model of `source`: under vmap it has room for every example when `source` differs between them."""
    mapped: list[VmapLevel] = [v.level for v in _layers(source)[0] if v.batched and v.level.alive]
    for level in mapped:
        result = result.expand(level.size, *result.shape)  # type: ignore[attr-defined]
    for level in reversed(mapped):
        result = level.wrap(result)
    return result


def batched_seed(draw, levels: tuple):
    """The seed operand of a random op inside vmap: one draw per example where `randomness` is "different"."""
    mapped = [level for level in levels if isinstance(level, VmapLevel)]
    if any(level.randomness == "error" and not level.asks_functions for level in mapped):
        raise RuntimeError(
            "vmap: We do not yet support calling random operations inside of vmap. Please perform random operations outside of vmap as a "
            "workaround"
        )
    if any(level.randomness == "error" for level in mapped):
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness flags on "
            "vmap or perform the randomness operation out of vmap"
        )
    different = [level for level in mapped if level.randomness == "different"]
    if not different:
        return draw()
    sizes = [level.size for level in different]
    seeds = np.stack([draw() for _ in range(int(np.prod(sizes)))]).reshape(*sizes, -1)
    result = make(seeds, aval_of(seeds.shape, seeds.dtype, None))  # of no device: it goes where the op runs
    for level in different:
        result = level.wrap(result)
    return result
