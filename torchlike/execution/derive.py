"""The derived backward: one pure function per op and signature, and the proof of what it reads.

The backward of `fn` is a function of its inputs, its outputs and the cotangents. When the declaration gives no rule it is
`jax.vjp` of `fn`, re-running the forward from the inputs; XLA and dead-code elimination drop whatever is not needed. Tracing
it once tells which inputs and outputs it truly reads: only those are saved on the tape.

Cotangents follow PyTorch's convention for complex numbers, the conjugate of JAX's, so the derived rule conjugates on both sides.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.interpreters import partial_eval

from .aval import Aval
from .half_sums import HALF, adding_in_single
from .kernels import zero_like_scalar


class Rule:
    """A hand-written backward: which of grad(s), out(s), inputs and settings its signature asks for."""

    def __init__(self, fn: Callable):
        self.fn = fn
        parameters = inspect.signature(fn).parameters.values()
        self.names = [p.name for p in parameters if p.kind is not p.VAR_POSITIONAL]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)

    def __call__(self, op, settings: dict, inputs: tuple, outputs: tuple, grads: tuple) -> tuple:
        known = {"grad": grads[0], "grads": grads, "out": outputs[0], "outs": outputs, **settings}
        if self.variadic:
            leading = [known.pop(n) for n in self.names[:1]]
            named = {n: known[n] for n in self.names[1:]}
            result = self.fn(*leading, *inputs, **named)
        else:
            known.update(zip(op.array_names, inputs, strict=False))
            result = self.fn(**{n: known[n] for n in self.names})
        return tuple(result) if isinstance(result, tuple | list) else (result,)


def unbroadcast(grad, aval: Aval):
    """Sum `grad` down to the shape it was broadcast from and cast it to that input's dtype."""
    extra = grad.ndim - aval.ndim
    if extra > 0:
        grad = grad.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, (g, n) in enumerate(zip(grad.shape, aval.shape, strict=True)) if g != n)
    if axes:
        grad = grad.sum(axis=axes, keepdims=True)
    return cast_cotangent(grad, aval.dtype)


def cast_cotangent(grad, dtype):
    """Cast a cotangent; a complex one reaching a real input keeps its real part."""
    if grad.dtype == dtype:
        return grad
    if grad.dtype.kind == "c" and dtype.kind != "c":
        grad = grad.real
    return grad.astype(dtype)


def _derived(fn: Callable, settings: dict, wanted: tuple, inputs: tuple, grads: tuple) -> dict:
    def of_wanted(*selected):
        full = list(inputs)
        for i, x in zip(wanted, selected, strict=True):
            full[i] = x
        out = fn(*full, **settings)
        return tuple(out) if isinstance(out, tuple | list) else (jnp.asarray(out),)

    primals, pullback = jax.vjp(of_wanted, *(inputs[i] for i in wanted))
    cotangents = []
    for primal, grad in zip(primals, grads, strict=True):
        if not jnp.issubdtype(primal.dtype, jnp.inexact):
            cotangents.append(jnp.zeros(primal.shape, jax.dtypes.float0))
        else:
            cotangents.append(cast_cotangent(grad, primal.dtype).conj())
    half = any(c.dtype in HALF for c in cotangents)
    gradients = adding_in_single(pullback, tuple(cotangents)) if half else pullback(tuple(cotangents))
    return {i: g.conj() for i, g in zip(wanted, gradients, strict=True)}


def backward_function(op, settings: dict, in_avals: tuple, out_avals: tuple, wanted: tuple, aux_only: bool = False) -> Callable:
    """A pure function (inputs, outputs, grads) -> gradients of the `wanted` inputs.

    `grads` holds None for an undefined cotangent; it counts as zero. A rule written for the public outputs alone
    (`op.aux_outputs` > 0) steps aside for the derived one when an auxiliary output does receive a cotangent.
    """

    def backward(inputs: tuple, outputs: tuple, grads: tuple) -> tuple:
        use_rule = op.rule is not None
        if use_rule and op.aux_outputs:
            use_rule = all(g is None for g in grads[len(out_avals) - op.aux_outputs :])
        full = tuple(
            jnp.zeros(a.shape, a.dtype) if g is None else g for g, a in zip(grads, out_avals, strict=True)
        )
        if use_rule:
            results = dict(enumerate(op.rule(op, settings, inputs, outputs, full)))
        else:
            results = _derived(op.fn, settings, wanted, inputs, full)
        return tuple(
            jnp.zeros(in_avals[i].shape, in_avals[i].dtype)
            if results.get(i) is None
            else unbroadcast(jnp.asarray(results[i]), in_avals[i])
            for i in wanted
        )

    return backward


def dummies(avals: tuple) -> tuple:
    """Stand-ins for values that a backward was proven not to read."""
    return tuple(
        None if a is None else jnp.asarray(zero_like_scalar(a.dtype)) if a.weak else jnp.zeros(a.shape, a.dtype) for a in avals
    )


def inputs_read(fn: Callable, structs: list) -> set[int]:
    """The positions of the arguments, each an array or None, that the results of `fn` depend on."""
    given = [i for i, s in enumerate(structs) if s is not None]
    closed = jax.make_jaxpr(fn)(*structs)
    _, used = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
    return {i for i, is_used in zip(given, used, strict=True) if is_used}


def discover_residuals(backward: Callable, in_avals: tuple, out_avals: tuple, aux_outputs: int = 0) -> tuple:
    """The positions, among inputs followed by outputs, that `backward` reads: what the tape has to save.

    With auxiliary outputs both of its forms count: with cotangents for the public outputs alone, and with all of them.
    """
    found = _residuals(backward, in_avals, out_avals, len(out_avals))
    if aux_outputs:
        found = tuple(sorted({*found, *_residuals(backward, in_avals, out_avals, len(out_avals) - aux_outputs)}))
    return found


def _residuals(backward: Callable, in_avals: tuple, out_avals: tuple, with_cotangent: int) -> tuple:
    saved = [(i, a) for i, a in enumerate((*in_avals, *out_avals)) if a is not None]
    differentiable = [i for i, a in enumerate(out_avals[:with_cotangent]) if a.inexact]

    def flat(residuals, cotangents):
        values = [None] * (len(in_avals) + len(out_avals))
        for (i, _), x in zip(saved, residuals, strict=True):
            values[i] = x
        grads: list = [None] * len(out_avals)
        for i, g in zip(differentiable, cotangents, strict=True):
            grads[i] = g
        return backward(tuple(values[: len(in_avals)]), tuple(values[len(in_avals) :]), tuple(grads))

    closed = jax.make_jaxpr(flat)([a.struct() for _, a in saved], [out_avals[i].struct() for i in differentiable])
    _, used = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
    return tuple(i for (i, _), is_used in zip(saved, used[: len(saved)], strict=True) if is_used)
