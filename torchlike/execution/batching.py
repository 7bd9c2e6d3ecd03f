"""The derived batching rule: an op mapped over the leading dimension of some of its arguments is again an op.

Its function is `jax.vmap` of the op's, its hand-written backward, if any, is `jax.vmap` of that one, so PyTorch's conventions hold
under vmap too.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from .derive import unbroadcast


class BatchSpec:
    """The one setting of a batched op: what is mapped, and which arguments have the mapped dimension (0) or not (None)."""

    __slots__ = ("op", "settings", "axes")

    def __init__(self, op, settings: tuple, axes: tuple):
        self.op = op
        self.settings = settings
        self.axes = axes


def run_batched(*arrays, spec: BatchSpec):
    """The function of every batched op: mapped results have the mapped dimension first."""
    fn = functools.partial(spec.op.fn, **spec.op.bound(spec.settings))

    def arrays_of(*xs):
        out = fn(*xs)
        return tuple(map(jnp.asarray, out)) if isinstance(out, tuple | list) else jnp.asarray(out)

    return jax.vmap(arrays_of, in_axes=spec.axes)(*arrays)


class BatchedRule:
    """The backward of a batched op whose op has a hand-written one."""

    def __call__(self, op, settings: dict, inputs: tuple, outputs: tuple, grads: tuple) -> tuple:
        spec = settings["spec"]
        rule, bound = spec.op.rule, spec.op.bound(spec.settings)

        def of_one(inputs, outputs, grads):
            results = rule(spec.op, bound, inputs, outputs, grads)
            return tuple(
                None if g is None or x is None else unbroadcast(jnp.asarray(g), jnp.asarray(x)) for g, x in zip(results, inputs, strict=False)
            )

        results = jax.vmap(of_one, in_axes=(spec.axes, 0, 0))(inputs, outputs, grads)
        return tuple(g if g is None or axis == 0 else g.sum(axis=0) for g, axis in zip(results, spec.axes, strict=False))
