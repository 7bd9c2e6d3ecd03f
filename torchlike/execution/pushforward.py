"""The derived forward-mode rule: the tangents of an op's outputs from those of its inputs, again an op.

An op without a hand-written backward uses `jax.jvp`. One with a backward rule gets the transpose of that rule, which is linear in the
cotangents: so both modes follow the same convention at every kink and tie.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.interpreters import partial_eval

from .derive import backward_function, cast_cotangent, dummies


class JvpSpec:
    """The one setting of a forward-mode op: the plan it belongs to, the inputs that have a tangent, and the values it reads."""

    __slots__ = ("plan", "active", "outputs", "used")

    def __init__(self, plan, active: tuple):
        self.plan = plan
        self.active = active
        # The outputs that get a tangent.
        self.outputs = tuple(i for i, a in enumerate(plan.out_avals) if a.inexact)
        self.used = self._discover()

    def _discover(self) -> tuple:
        """The positions, among inputs followed by outputs, that the rule reads."""
        avals = (*self.plan.in_avals, *self.plan.out_avals)
        given = [(i, a) for i, a in enumerate(avals) if a is not None]

        def flat(values, tangents):
            full: list = [None] * len(avals)
            for (i, _), x in zip(given, values, strict=True):
                full[i] = x
            return self.push(full, tangents)

        closed = jax.make_jaxpr(flat)([a.struct() for _, a in given], [avals[i].struct() for i in self.active])
        _, used = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
        return tuple(i for (i, _), is_used in zip(given, used[: len(given)], strict=True) if is_used)

    def push(self, values: list, tangents) -> tuple:
        """Tangents of the differentiable outputs, given inputs followed by outputs."""
        n, op = len(self.plan.in_avals), self.plan.op
        aux = self.plan.out_avals[len(self.plan.out_avals) - op.aux_outputs :]
        if op.rule is None or any(a.inexact for a in aux):
            return self._of_function(values[:n], tangents)
        return self._of_rule(tuple(values[:n]), tuple(values[n:]), tangents)

    def _of_function(self, inputs: list, tangents) -> tuple:
        plan = self.plan
        settings = plan.op.bound(plan.settings)

        def of_active(*selected):
            full = list(inputs)
            for i, x in zip(self.active, selected, strict=True):
                full[i] = x
            out = plan.op.fn(*full, **settings)
            outs = tuple(out) if isinstance(out, tuple | list) else (out,)
            return tuple(jnp.asarray(outs[k]) for k in self.outputs)

        primals = tuple(jnp.asarray(inputs[i]) for i in self.active)
        tangents = tuple(cast_cotangent(jnp.asarray(t), p.dtype) for p, t in zip(primals, tangents, strict=True))
        return tuple(jax.jvp(of_active, primals, tangents)[1])

    def _of_rule(self, inputs: tuple, outputs: tuple, tangents) -> tuple:
        plan = self.plan
        backward = backward_function(plan.op, plan.op.bound(plan.settings), plan.in_avals, plan.out_avals, self.active)

        def of_cotangents(*grads):
            full: list = [None] * len(plan.out_avals)
            for k, g in zip(self.outputs, grads, strict=True):
                full[k] = g
            return backward(inputs, outputs, tuple(full))

        zeros = tuple(jnp.zeros(plan.out_avals[k].shape, plan.out_avals[k].dtype) for k in self.outputs)
        pulled, transpose = jax.vjp(of_cotangents, *zeros)
        cotangents = tuple(cast_cotangent(jnp.asarray(t), p.dtype).conj() for t, p in zip(tangents, pulled, strict=True))
        return tuple(t.conj() for t in transpose(cotangents))


def run_jvp(*arrays, spec: JvpSpec) -> tuple:
    """The function of every forward-mode op: the values it reads, then the tangents in; the tangents of the outputs out."""
    plan = spec.plan
    values = list(dummies((*plan.in_avals, *plan.out_avals)))
    for i, x in zip(spec.used, arrays, strict=False):
        values[i] = x
    return spec.push(values, arrays[len(spec.used) :])
