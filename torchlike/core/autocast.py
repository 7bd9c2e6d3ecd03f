"""Autocasting: while it is on for a kind of device, the floating arguments of an op there are cast to the dtype that a policy names.

The policies, which ops are computed in which precision, are torchlike.amp's (`POLICIES`); here is only what they do to a call. Casts of
leaves that are trained are remembered until the outermost region ends, so that a weight used twice is cast once.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import threading
from collections.abc import Callable

import numpy as np

from .device import from_jax_device
from .dtype import FROM_NUMPY
from .modes import state
from .tensor import Tensor


class Policy(enum.Enum):
    """The precision an op is computed in."""

    LOWER = enum.auto()  # the dtype that autocast was given
    FLOAT32 = enum.auto()
    WIDEST = enum.auto()  # the widest dtype among the arguments
    REFUSED = enum.auto()  # not at all


# Kind of device: name of an op: policy.
POLICIES: dict[str, dict[str, Policy]] = {}
# Kind of device: name of an op: why it is refused.
REFUSALS: dict[str, str] = {}

_DOUBLE = np.dtype(np.float64)
_SINGLE = np.dtype(np.float32)


class _Cache(threading.local):
    def __init__(self):
        self.nesting = 0
        self.enabled = True
        self.casts: dict = {}


cache = _Cache()


def enter() -> int:
    """A region begins; how many there are now."""
    cache.nesting += 1
    return cache.nesting


def leave() -> int:
    """A region ends; how many are left. With the last one, the remembered casts are forgotten."""
    cache.nesting -= 1
    if cache.nesting == 0:
        forget_casts()
    return cache.nesting


def forget_casts() -> None:
    """Drop the remembered casts of this thread."""
    cache.casts = {}


@contextlib.contextmanager
def casts_apart():
    """Casts remembered so far are set aside, and those made within are forgotten: it is a region of its own in that respect."""
    kept, cache.casts = cache.casts, {}
    try:
        yield
    finally:
        cache.casts = kept


def set_casting(kind: str, dtype) -> None:
    """Cast to this dtype on devices of this kind from now on, on this thread; None: do not."""
    others = {k: d for k, d in state.casting.items() if k != kind}
    state.casting = others if dtype is None else {**others, kind: dtype}
    state.sort()


def cast_arguments(name: str, args):
    """The arguments of the op of this name, cast as the policy of their device says."""
    first = next((a for a in args if isinstance(a, Tensor)), None)
    if first is None:
        return args
    kind = _kind(first)
    policy = POLICIES.get(kind, {}).get(name) if kind in state.casting else None
    if policy is None:
        return args
    if policy is Policy.REFUSED:
        raise RuntimeError(REFUSALS[name])
    if policy is Policy.LOWER:
        target = state.casting[kind].np
    else:
        target = _SINGLE if policy is Policy.FLOAT32 else _widest(args)
    return tuple([_cast(a, target) if isinstance(a, Tensor) and _is_castable(a) and _kind(a) == kind else a for a in args])


def as_now() -> Callable[[], contextlib.AbstractContextManager]:
    """A maker of regions in which autocast is as it is at this moment."""
    casting, enabled = state.casting, cache.enabled

    @contextlib.contextmanager
    def region():
        before = state.casting, cache.enabled
        state.casting, cache.enabled = casting, enabled
        state.sort()
        enter()
        try:
            with casts_apart():
                yield
        finally:
            leave()
            state.casting, cache.enabled = before
            state.sort()

    return region


def one_op_to_autocast(fn):
    """A composite that has a policy of its own name: its arguments are cast together, before any op that it is made of."""

    @functools.wraps(fn)
    def call(*args, **kwargs):
        if state.casting:
            values = cast_arguments(fn.__name__, (*args, *kwargs.values()))
            args, kwargs = values[: len(args)], dict(zip(kwargs, values[len(args) :], strict=True))
        return fn(*args, **kwargs)

    return call


def _widest(args) -> np.dtype:
    found = [a._aval.dtype for a in args if isinstance(a, Tensor) and _is_castable(a)]
    return _SINGLE if _SINGLE in found or len(set(found)) > 1 else found[0] if found else _SINGLE


def _kind(t: Tensor) -> str:
    return from_jax_device(t._aval.device).type


def _is_castable(t: Tensor) -> bool:
    """A float, but no double: those are computed as they are."""
    aval = t._aval
    return aval.inexact and not aval.is_complex and aval.dtype != _DOUBLE


def _cast(t: Tensor, target: np.dtype) -> Tensor:
    if t._aval.dtype == target:
        return t
    remembers = cache.enabled and cache.nesting and t._aval.dtype == _SINGLE and t._requires_grad and t._node is None and t._view is None
    if remembers:
        found = cache.casts.get(id(t))
        if found is not None and found[0] is t and found[1] == t._storage.generation and found[2]._aval.dtype == target and _records(found[2]):
            return found[2]
    result = t.to(FROM_NUMPY[target])
    if remembers:
        cache.casts[id(t)] = t, t._storage.generation, result
    return result


def _records(cast: Tensor) -> bool:
    """Whether a remembered cast has the history that one made now would have."""
    return cast._requires_grad or not state.grad_enabled
