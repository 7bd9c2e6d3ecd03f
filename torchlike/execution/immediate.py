"""The immediate executor: one jitted kernel per op, now.

Handed tracers (inside `jax.jit`, `jax.grad`, `jax.vmap`) the same kernels inline themselves into the outer program, so this is also
the traced executor.
"""

from __future__ import annotations


class Immediate:
    """Runs a plan at once. Values are `jax.Array`s, tracers, Python numbers or None."""

    def run(self, plan, values):
        """One array when `plan.single`, else a tuple."""
        return plan.kernel(*values)

    def force(self, value):
        """The concrete `jax.Array` (or tracer) behind a value."""
        return value
