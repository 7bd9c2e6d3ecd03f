"""Which of PyTorch's operators a kernel stands for, and how often: what `flop_counter` counts.

One kernel here may be several operators there: the backward of a product is two products. They are found in the kernel's jaxpr, as the
products that it contains, and are told by the shapes they have. Convolutions, which run in forms of their own, are told by their arguments.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
from jax._src.core import jaxprs_in_params
from jax.interpreters.partial_eval import dce_jaxpr

from ..autograd.profiling.names import op_name
from ..core.tensor import Tensor, make
from ..execution import aval_of
from ..execution.batching import BatchSpec
from ..execution.meta import META, Meta
from ..execution.plan import Plan, VjpSpec
from ..execution.pushforward import JvpSpec
from ..ops.overloads import OpOverloadPacket, aten

# Kernels made of products, and what the products of their forward are in PyTorch. Others do products inside one operator, uncounted.
_FORWARD = {
    **dict.fromkeys(("mm", "_mm_rows", "linear_Mm", "linear_UnsafeView", "_tensordot", "inner", "_multi_dot"), "mm"),
    **dict.fromkeys(("linear_Addmm", "linear_View", "_addmm", "rnn_layer", "gru_layer", "rnn_tanh_cell", "rnn_relu_cell", "gru_cell",
                     "lstm_cell_kernel"), "addmm"),
    **dict.fromkeys(("bmm", "_batched_matmul", "_einsum"), "bmm"),
    "_baddbmm": "baddbmm",
    "_addbmm": "addbmm",
}  # fmt: skip
_WITHOUT_SUM = {"addmm": "mm", "baddbmm": "bmm", "addbmm": "bmm"}
_BATCHED = {"mm": "bmm", "addmm": "baddbmm"}
_CONVOLUTION = "convolution_kernel"


class Call(NamedTuple):
    """One operator of PyTorch with its arguments and result, run so many times."""

    op: OpOverloadPacket
    args: tuple
    out: Any
    times: int = 1


def calls_of(plan: Plan, values, result) -> list[Call]:
    """The calls a kernel stands for."""
    root, depth = _root(plan.op, plan.settings)
    if root.name == _CONVOLUTION:
        return list(_convolutions(plan.settings, plan.in_avals, plan.out_avals, 1))
    if root.name in _FORWARD:
        return list(_products(plan, _FORWARD[root.name], depth))
    args = tuple(make(v, a) if a is not None and not a.weak else v for v, a in zip(values, plan.in_avals, strict=True))
    outputs = tuple(make(v, a) for v, a in zip([result] if plan.single else result, plan.out_avals, strict=True))
    visible = outputs[: len(outputs) - plan.op.aux_outputs]
    packet = getattr(aten, op_name(plan.op).removeprefix("aten::"))
    return [Call(packet, args, visible[0] if len(visible) == 1 else visible)]


def _root(op, settings: tuple) -> tuple:
    """The op that an op is derived from, itself if from none, and how many derivatives lie between."""
    depth = 0
    while settings:
        spec = settings[0]
        if isinstance(spec, BatchSpec):
            op, settings = spec.op, spec.settings
        elif isinstance(spec, VjpSpec | JvpSpec):
            op, settings, depth = spec.plan.op, spec.plan.settings, depth + 1
        else:
            break
    return op, depth


def _products(plan: Plan, forward: str, depth: int) -> Iterator[Call]:
    closed = jax.make_jaxpr(plan.op.kernel(plan.settings))(*(None if a is None else a.struct() for a in plan.in_avals))
    # A derived backward is written down with the forward, of which it may need nothing.
    jaxpr, _ = dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
    kind = _WITHOUT_SUM.get(forward, forward) if depth else forward
    for eqn, times in _dots(jaxpr, 1):
        b, m, k, n = _sizes(eqn)
        name = _BATCHED.get(kind, kind) if eqn.params["dimension_numbers"][1][0] else kind
        batch = (b,) if "bmm" in name else ()
        dtype = eqn.outvars[0].aval.dtype
        left, right, out = (_shaped((*batch, *shape), dtype) for shape in ((m, k), (k, n), (m, n)))
        yield Call(getattr(aten, name), (out, left, right) if "add" in name else (left, right), out, times)


def _dots(jaxpr, times: int) -> Iterator[tuple]:
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == "dot_general":
            yield eqn, times
        inner = times * eqn.params["length"] if eqn.primitive.name == "scan" else times
        for each in jaxprs_in_params(eqn.params):
            yield from _dots(each, inner)


def _sizes(eqn) -> tuple[int, int, int, int]:
    """Batch, rows, what is summed over, and columns of a product."""
    left, right = (x.aval.shape for x in eqn.invars)
    (summed, _), (batch, _) = eqn.params["dimension_numbers"]
    b, k = (math.prod(left[d] for d in dims) for dims in (batch, summed))
    return b, math.prod(left) // max(b * k, 1), k, math.prod(right) // max(b * k, 1)


def _shaped(shape: tuple, dtype) -> Tensor:
    """A Tensor of which a formula may ask the shape."""
    return _like(aval_of(shape, dtype, META))


def _like(aval) -> Tensor:
    return make(Meta(aval), aval)


def _convolutions(settings: tuple, in_avals: tuple, out_avals: tuple, times: int) -> Iterator[Call]:
    spec = settings[0]
    if isinstance(spec, BatchSpec):
        yield from _convolutions(spec.settings, *_of_one(spec, in_avals, out_avals), times * out_avals[0].shape[0])
    elif isinstance(spec, VjpSpec):
        yield from _backward(spec.plan, spec.wanted, times)
    elif isinstance(spec, JvpSpec):
        both = len({0, 1} & set(spec.active))
        yield from _repeated(_convolutions(spec.plan.settings, spec.plan.in_avals, spec.plan.out_avals, times), both)
    else:
        out = _like(out_avals[0])
        yield Call(aten.convolution, (*map(_or_none, in_avals), *_how(settings)), out, times)


def _backward(plan: Plan, wanted: tuple, times: int) -> Iterator[Call]:
    """The backward of a plan; that of a backward consists of a convolution for each pair of a result and what it is computed from."""
    settings, in_avals, out_avals = plan.settings, plan.in_avals, plan.out_avals
    while isinstance(settings[0], BatchSpec):
        times *= out_avals[0].shape[0]
        in_avals, out_avals = _of_one(settings[0], in_avals, out_avals)
        settings = settings[0].settings
    spec = settings[0]
    if isinstance(spec, VjpSpec):
        sources = [spec.plan.saved[i] if i < len(spec.plan.saved) else None for i in wanted]
        pairs = sum(source != target for source in sources for target in spec.wanted if target < 2)
        yield from _repeated(_convolutions(spec.plan.settings, spec.plan.in_avals, spec.plan.out_avals, times), pairs)
    else:
        grads = tuple(_or_none(in_avals[i]) if i in wanted else None for i in range(3))
        mask = [grad is not None for grad in grads]
        yield Call(aten.convolution_backward, (_like(out_avals[0]), *map(_or_none, in_avals), *_how(settings), mask), grads, times)


def _of_one(spec: BatchSpec, in_avals: tuple, out_avals: tuple) -> tuple[tuple, tuple]:
    """The avals of one example of a batch."""
    ins = tuple(a if axis is None else _inner(a) for a, axis in zip(in_avals, spec.axes, strict=True))
    return ins, tuple(map(_inner, out_avals))


def _inner(aval):
    return aval_of(aval.shape[1:], aval.dtype, META)


def _or_none(aval) -> Tensor | None:
    return None if aval is None else _like(aval)


def _how(settings: tuple) -> tuple:
    """Stride, padding, dilation, transposed, output padding and groups, in PyTorch's order."""
    stride, padding, dilation, groups, transposed, output_padding = settings
    return list(stride), [low for low, _ in padding], list(dilation), transposed, list(output_padding), groups


def _repeated(calls: Iterator[Call], times: int) -> Iterator[Call]:
    return (call._replace(times=call.times * times) for call in calls if times)
