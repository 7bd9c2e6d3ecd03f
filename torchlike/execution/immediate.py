"""The immediate executor: one jitted kernel per op, now.

Handed tracers (inside `jax.jit`, `jax.grad`, `jax.vmap`) the same kernels inline themselves into the outer program, so this is also
the traced executor.
"""

from __future__ import annotations

import jax

from .lifted import Lifted, newest_level
from .pending import Pending


class Immediate:
    """Runs a plan at once. Values are `jax.Array`s, tracers, Python numbers, None; inside a transform Lifted; what was deferred, Pending."""

    # Whether values other than arrays may be about; until then nobody asks.
    mixed = False

    def run(self, plan, values):
        """One array when `plan.single`, else a tuple."""
        if Lifted.in_use:
            level = newest_level(values)
            if level is not None:
                return level.run(plan, values)
        if self.mixed:
            values = [v.array() if v.__class__ is Pending else v for v in values]
        if plan.moves:
            values = [jax.device_put(v, plan.device) if i in plan.moves else v for i, v in enumerate(values)]
        return plan.kernel(*values)
