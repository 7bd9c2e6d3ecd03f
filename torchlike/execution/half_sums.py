"""Sums of half precision, added up in single.

The transpose of a broadcast is a sum, and JAX adds it up in the dtype of the operand. On a CPU a bfloat16 sum of ones stops at 256; PyTorch adds up
in float32 and rounds once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

HALF = frozenset([jnp.dtype(jnp.bfloat16), jnp.dtype(jnp.float16)])


def adding_in_single(fn: Callable, *args: Any) -> Any:
    """`fn(*args)`, sums over axes of half precision added up in float32, save those inside loops and branches. The arguments
    are pytrees of arrays."""
    closed, shape = jax.make_jaxpr(fn, return_shape=True)(*args)
    return jax.tree.unflatten(jax.tree.structure(shape), _evaluate(closed, jax.tree.leaves(args)))


def _evaluate(closed, args: list) -> list:
    jaxpr = closed.jaxpr
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*closed.consts, *args], strict=True))

    def read(atom):
        return atom.val if isinstance(atom, Literal) else values[atom]

    for eqn in jaxpr.eqns:
        results = _apply(eqn, [read(atom) for atom in eqn.invars])
        values.update(zip(eqn.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _apply(eqn, operands: list) -> list:
    name = eqn.primitive.name
    if name == "jit":
        return _evaluate(eqn.params["jaxpr"], operands)
    if name == "reduce_sum" and operands[0].dtype in HALF:
        single = eqn.primitive.bind(operands[0].astype(jnp.float32), **eqn.params)
        return [single.astype(operands[0].dtype)]
    results = eqn.primitive.bind(*operands, **eqn.primitive.get_bind_params(eqn.params))
    return list(results) if eqn.primitive.multiple_results else [results]
