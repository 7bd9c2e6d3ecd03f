"""The immediate executor: one jitted kernel per op, now.

Handed tracers (inside `jax.jit`, `jax.grad`, `jax.vmap`) the same kernels inline themselves into the outer program, so this is also
the traced executor.
"""

from __future__ import annotations

import jax


class Immediate:
    """Runs a plan at once. Values are `jax.Array`s, tracers, Python numbers or None."""

    def run(self, plan, values):
        """One array when `plan.single`, else a tuple."""
        if plan.moves:
            values = [jax.device_put(v, plan.device) if i in plan.moves else v for i, v in enumerate(values)]
        return plan.kernel(*values)

    def force(self, value):
        """The concrete `jax.Array` (or tracer) behind a value."""
        return value
