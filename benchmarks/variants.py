"""The lowering that was chosen against the one that was not, on this machine, in pure JAX: ratios (above 1: the choice pays).

    python benchmarks/variants.py

Hand-written backward rules are timed against the backward that would be derived without them; formulas against the direct one. Both sides take turns.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from common import header, interleaved, table

import torchlike
from torchlike.core.threefry import THREEFRY
from torchlike.execution.derive import backward_function
from torchlike.ops import attention, convolve, normalization, rnn
from torchlike.ops.lowering import last_sum

Pair = tuple[str, Callable, Callable, list]


def array(*shape: int):
    """Standard normal float32."""
    return jnp.asarray(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def rule_or_derived(name: str, declared: Callable, settings: dict, inputs: list) -> Pair:
    """The backward of an op with its rule, and as it would be derived without one."""
    op = declared.op  # type: ignore[attr-defined]
    bound = dict(zip(op.setting_names, op.default_settings, strict=True)) | settings
    outputs = op.fn(*inputs, **bound)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    wanted = tuple(i for i, x in enumerate(inputs) if x is not None and x.dtype == jnp.float32)
    visible = len(outputs) - op.aux_outputs
    avals = [None if x is None else types.SimpleNamespace(shape=x.shape, dtype=x.dtype, ndim=x.ndim) for x in (*inputs, *outputs)]
    without = types.SimpleNamespace(fn=op.fn, rule=None, aux_outputs=op.aux_outputs, array_names=op.array_names)

    def backward(which):
        run = backward_function(which, bound, tuple(avals[: len(inputs)]), tuple(avals[len(inputs) :]), wanted)

        def call(values, results):
            grads = tuple(jnp.ones_like(o) if i < visible and jnp.issubdtype(o.dtype, jnp.inexact) else None for i, o in enumerate(results))
            return run(tuple(values), tuple(results), grads)

        return jax.jit(call)

    return f"{name}: rule, not derived", backward(op), backward(without), [list(inputs), list(outputs)]


def convolutions() -> Iterator[Pair]:
    """Each of the three maps of a convolution as chosen for its shape class, against the direct form."""
    for kind, n, c, size, out, k, stride, groups, maps in [
        ("grey", 32, 1, 28, 16, 3, 1, 1, "oi"), ("rgb", 32, 3, 32, 32, 3, 1, 1, "o"), ("rgb", 4, 3, 64, 32, 7, 2, 1, "o"),
        ("1x1", 16, 64, 16, 128, 1, 1, 1, "w"), ("depthwise", 16, 64, 16, 64, 3, 1, 64, "oiw"), ("depthwise", 16, 64, 16, 64, 3, 2, 64, "oiw"),
        ("2 per channel", 8, 32, 28, 64, 3, 1, 32, "oiw"), ("4 groups", 8, 64, 28, 64, 3, 1, 4, "oiw"), ("32 groups", 8, 128, 14, 128, 3, 1, 32, "w"),
    ]:  # fmt: skip
        how = convolve.How((stride,) * 2, ((k // 2, k // 2),) * 2, (1, 1), groups)
        x, w = array(n, c, size, size), array(out, c // groups, k, k)
        g = convolve._output(x, w, how)
        forms = {
            "o": ("output", convolve.output, convolve._output, [x, w], ()),
            "i": ("input gradient", convolve.input_gradient, convolve._input_gradient, [g, w], ((size, size),)),
            "w": ("weight gradient", convolve.weight_gradient, convolve._weight_gradient, [g, x], ((k, k),)),
        }
        for label, chosen, direct, arguments, rest in (forms[m] for m in maps):
            calls = (jax.jit(lambda a, b, f=f, how=how, rest=rest: f(a, b, how, *rest)) for f in (chosen, direct))
            yield f"conv {kind} {n}x{c}x{size}^2 -> {out}, {k}x{k}/{stride}: {label}, not direct", *calls, arguments


def pairs() -> Iterator[Pair]:
    """(name, chosen, alternative, arguments)."""
    yield from convolutions()
    for size in (10_000, 1_000_000):
        key = jnp.arange(2, dtype=jnp.uint32)
        ours, theirs = (
            jax.jit(lambda words, size=size, impl=impl: jax.random.uniform(jax.random.wrap_key_data(words, impl=impl), (size,)))
            for impl in (THREEFRY, None)
        )  # fmt: skip
        yield f"uniform ({size},): the cipher written out, not JAX's loop", ours, theirs, [key]
    x = array(32, 16, 28, 28)

    def slices(x):
        t = torchlike.from_jax(x).requires_grad_()
        torchlike.nn.functional.max_pool2d(t, 2).sum().backward()
        return t.grad.jax()

    def reduced(x):
        return jax.grad(lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID").sum())(x)

    yield "max_pool 2x2 and its gradient: slices, not reduce_window", jax.jit(slices), jax.jit(reduced), [x]
    for shape in [(8, 128, 128), (16, 256, 384)]:
        x = array(*shape)
        yield f"row sums {shape}: product with ones, not reduce", jax.jit(last_sum), jax.jit(lambda a: a.sum(-1, keepdims=True)), [x]
        norm = {"normalized_shape": shape[-1:], "eps": 1e-5}
        yield rule_or_derived(f"layer_norm {shape} backward", normalization._layer_norm, norm, [x, array(shape[-1]), array(shape[-1])])
    q, k, v = (array(4, 4, 128, 32) for _ in range(3))
    yield rule_or_derived("attention (4, 4, 128, 32) backward", attention._sdpa, {"is_causal": True, "scale": 32**-0.5}, [q, k, v, None, None])
    time, batch, width = 32, 16, 64
    x, h = array(time, batch, width), array(batch, width)
    for name, layer, gates, states in (("lstm", rnn.lstm_layer, 4, 2), ("gru", rnn.gru_layer, 3, 1), ("rnn", rnn.rnn_layer, 1, 1)):
        weights = [array(gates * width, width) * 0.1, array(gates * width, width) * 0.1, array(gates * width), array(gates * width)]
        inputs = [x, *([h] * states), *weights, *([None] if name == "lstm" else []), None]
        yield rule_or_derived(f"{name} {time} steps backward", layer, {}, inputs)


def main():
    """Print the table."""
    print(header() + "\n")
    rows = []
    for name, chosen, other, arguments in pairs():
        candidates = {
            label: lambda f=f, a=arguments: jax.block_until_ready(f(*a)) for label, f in (("chosen", chosen), ("other", other))
        }
        for c in candidates.values():
            c()
        found = interleaved(candidates, 9, 5)
        rows.append([name, f"{found['chosen'] * 1e3:.3f}", f"{found['other'] * 1e3:.3f}", f"{found['other'] / found['chosen']:.2f}"])
    print(table(["choice", "chosen ms", "other ms", "other/chosen"], rows))


if __name__ == "__main__":
    main()
