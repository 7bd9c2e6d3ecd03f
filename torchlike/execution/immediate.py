"""The immediate executor: one jitted kernel per op, now.

Handed tracers (inside `jax.jit`, `jax.grad`, `jax.vmap`) the same kernels inline themselves into the outer program, so this is also
the traced executor.
"""

from __future__ import annotations

import jax

from .lifted import Lifted, newest_level


class Immediate:
    """Runs a plan at once. Values are `jax.Array`s, tracers, Python numbers, None, or, inside a transform, Lifted."""

    def run(self, plan, values):
        """One array when `plan.single`, else a tuple."""
        if Lifted.in_use:
            level = newest_level(values)
            if level is not None:
                return level.run(plan, values)
        if plan.moves:
            values = [jax.device_put(v, plan.device) if i in plan.moves else v for i, v in enumerate(values)]
        return plan.kernel(*values)

    def force(self, value):
        """The concrete `jax.Array` (or tracer) behind a value."""
        return value.level.concrete(value) if type(value) is Lifted else value
