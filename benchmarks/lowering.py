"""How fast the heavy ops are on this machine against PyTorch: forward, each gradient, and forward and all gradients as one program.

    python benchmarks/lowering.py [pattern]
    taskset -c 1 python benchmarks/lowering.py      # one core each: what to do while the machine has other tenants

Every row gives the milliseconds of PyTorch (eager) and of torchlike and their ratio (above 1: torchlike is faster). `both` is how ops run
in the deferred mode and in `compile`: one XLA program. What was chosen against what is in variants.py. The sides take turns
in one process, and the best round of each counts: PyTorch's threads wait for one another, which another tenant turns into tens of milliseconds.
"""

from __future__ import annotations

import argparse
import functools
import math
import re
import time
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from common import fail_without_torch, header

torch = fail_without_torch()
import torchlike  # noqa: E402
from torchlike.core.tensor import value_of  # noqa: E402

# Each op and gradient is timed by itself: left pending it would cost nothing.
torchlike.set_execution("immediate")

Case = tuple[str, Callable, dict[str, np.ndarray]]


def array(*shape: int) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def cases() -> Iterator[Case]:
    """(name, function of the framework and its tensors, arguments); the gradient is taken in every float argument."""
    yield from convolutions()
    yield from pooling_and_norms()
    yield from products()
    yield from orders_and_tables()
    for name in ("LSTM", "GRU", "RNN"):
        yield f"{name} 50x32x64 -> 128", Recurrent(name), {"x": array(50, 32, 64)}
    parameter = {name: array(1024, 1024) for name in ("p", "g", "m", "v")}
    yield "Adam update 1024x1024", adam, {name: np.abs(x) if name == "v" else x for name, x in parameter.items()}


def convolutions() -> Iterator[Case]:
    """The shape classes of convolve.py."""
    for n, c, size, out, k, stride, groups in [
        (32, 1, 28, 16, 3, 1, 1), (32, 3, 32, 32, 3, 1, 1), (4, 3, 64, 32, 7, 2, 1), (16, 16, 32, 16, 3, 1, 1), (32, 32, 16, 64, 3, 1, 1),
        (8, 64, 32, 64, 3, 1, 1), (16, 64, 16, 128, 1, 1, 1), (16, 64, 16, 128, 3, 2, 1), (16, 64, 16, 64, 3, 1, 64), (8, 64, 28, 64, 3, 1, 4),
    ]:  # fmt: skip
        def conv(T, x, w, s=stride, p=k // 2, g=groups):
            return T.nn.functional.conv2d(x, w, None, s, p, 1, g)

        kind = "" if groups == 1 else f", {groups} groups"
        yield f"conv2d {n}x{c}x{size}^2 -> {out}, {k}x{k}/{stride}{kind}", conv, {"x": array(n, c, size, size), "w": array(out, c // groups, k, k)}
    yield "conv_transpose2d 16x32x8^2 -> 16, 4x4/2", lambda T, x, w: T.nn.functional.conv_transpose2d(x, w, None, 2, 1), {
        "x": array(16, 32, 8, 8), "w": array(32, 16, 4, 4)}
    yield "conv1d 16x64x128 -> 64, 3", lambda T, x, w: T.nn.functional.conv1d(x, w, None, 1, 1), {
        "x": array(16, 64, 128), "w": array(64, 64, 3)}


def pooling_and_norms() -> Iterator[Case]:
    """Windows and moments."""
    for n, c, size, k, stride, pad in [(32, 32, 16, 2, 2, 0), (32, 16, 28, 2, 2, 0), (8, 64, 56, 3, 2, 1), (8, 64, 28, 3, 1, 1)]:
        def pool(T, x, k=k, s=stride, p=pad):
            return T.nn.functional.max_pool2d(x, k, s, p)

        yield f"max_pool2d {n}x{c}x{size}^2, {k}x{k}/{stride}", pool, {"x": array(n, c, size, size)}
    yield "avg_pool2d 16x64x32^2, 2x2", lambda T, x: T.nn.functional.avg_pool2d(x, 2), {"x": array(16, 64, 32, 32)}
    for shape in [(32, 32, 16, 16), (16, 16, 32, 32)]:
        affine = {"w": array(shape[1]), "b": array(shape[1])}
        yield f"batch_norm {shape}", lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, True), {"x": array(*shape), **affine}
    yield "group_norm 8x64x16^2, 8 groups", lambda T, x, w: T.nn.functional.group_norm(x, 8, w), {"x": array(8, 64, 16, 16), "w": array(64)}
    for shape in [(8, 128, 128), (16, 256, 384)]:
        affine = {"w": array(shape[-1]), "b": array(shape[-1])}
        yield f"layer_norm {shape}", lambda T, x, w, b: T.nn.functional.layer_norm(x, w.shape, w, b), {"x": array(*shape), **affine}
        yield f"softmax {shape}", lambda T, x: T.softmax(x, -1), {"x": array(*shape)}
        yield f"gelu {shape}", lambda T, x: T.nn.functional.gelu(x), {"x": array(*shape)}
        yield f"tanh {shape}", lambda T, x: T.tanh(x), {"x": array(*shape)}
    for rows, classes in [(512, 64), (512, 1000)]:
        labels = np.random.default_rng(0).integers(0, classes, rows)
        yield f"cross_entropy {rows}x{classes}", lambda T, x, t: T.nn.functional.cross_entropy(x, t), {"x": array(rows, classes), "t": labels}


def products() -> Iterator[Case]:
    """Matrix products: linear layers on three dimensions, batches, transposed operands, attention."""
    for shape in [(8, 64, 64), (8, 128, 128), (16, 256, 384)]:
        width = shape[-1]
        yield f"linear {shape} -> {4 * width}", lambda T, x, w, b: T.nn.functional.linear(x, w, b), {
            "x": array(*shape), "w": array(4 * width, width), "b": array(4 * width)}
    yield "matmul 32x128x64 @ 32x64x128", lambda T, x, y: T.matmul(x, y), {"x": array(32, 128, 64), "y": array(32, 64, 128)}
    yield "matmul 32x128x64 @ (32x128x64)^T", lambda T, x, y: T.matmul(x, y.transpose(-1, -2)), {"x": array(32, 128, 64), "y": array(32, 128, 64)}
    yield "matmul 32x128x64 @ 64x128", lambda T, x, y: T.matmul(x, y), {"x": array(32, 128, 64), "y": array(64, 128)}
    for shape in [(8, 4, 64, 16), (4, 4, 128, 32), (2, 8, 512, 64)]:
        def attend(T, q, k, v):
            return T.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

        yield f"attention {shape}, causal", attend, {name: array(*shape) for name in "qkv"}


def orders_and_tables() -> Iterator[Case]:
    """Look-ups, running sums, sorting, reductions."""
    for rows, width, count in [(64, 64, 512), (1000, 128, 2048), (30000, 64, 1024)]:
        tokens = np.random.default_rng(0).integers(0, rows, count)
        yield f"embedding {rows}x{width}, {count} tokens", lambda T, w, i: T.nn.functional.embedding(i, w), {"w": array(rows, width), "i": tokens}
    for shape, dim in [((64, 1024), 1), ((1024, 64), 0), ((8, 128, 128), 1), ((100000,), 0)]:
        yield f"cumsum {shape} along {dim}", lambda T, x, dim=dim: T.cumsum(x, dim), {"x": array(*shape)}
    for shape in [(64, 1024), (512, 64), (100000,)]:
        yield f"sort {shape}", lambda T, x: T.sort(x, -1)[0], {"x": array(*shape)}
        yield f"topk {shape}, 10", lambda T, x: T.topk(x, 10, -1)[0], {"x": array(*shape)}
    for dim in (0, 1):
        yield f"sum of squares (256, 1024) along {dim}", lambda T, x, dim=dim: (x * x).sum(dim), {"x": array(256, 1024)}
    yield "interpolate bilinear x2 8x16x32^2", lambda T, x: T.nn.functional.interpolate(x, scale_factor=2, mode="bilinear"), {
        "x": array(8, 16, 32, 32)}
    yield "dropout 64x1024", lambda T, x: T.nn.functional.dropout(x, 0.5), {"x": array(64, 1024)}


def adam(T, p, g, m, v):
    """An update like Adam's, as one value; only its forward is timed."""
    return p - 1e-3 * (0.9 * m + 0.1 * g) / ((0.999 * v + 0.001 * g * g).sqrt() + 1e-8)


class Recurrent:
    """A recurrent layer as a function, one per framework."""

    def __init__(self, name: str):
        self.name = name
        self.layers: dict = {}

    def __call__(self, T, x):
        layer = self.layers.setdefault(T.__name__, getattr(T.nn, self.name)(x.shape[-1], 128))
        return layer(x)[0]


def wait(result) -> None:
    """Until a result has been computed."""
    if not isinstance(result, torch.Tensor | tuple):
        jax.block_until_ready(result)


def differentiable(function: Callable, arguments: dict) -> list[str]:
    """The arguments whose gradients are timed."""
    return [] if function is adam else [k for k, v in arguments.items() if v.dtype.kind == "f"]


def torch_calls(function: Callable, arguments: dict, cotangent: np.ndarray) -> dict[str, Callable]:
    """Calls to time: forward without grad, the gradient in each float argument, and all of it."""
    tensors = {k: torch.tensor(v) for k, v in arguments.items()}
    leaves = {k: tensors[k].requires_grad_() for k in differentiable(function, arguments)}
    given, out = torch.tensor(cotangent), function(torch, **tensors)

    def forward():
        with torch.no_grad():
            return function(torch, **tensors)

    if not leaves:
        return {"forward": forward}
    gradients = {f"d{k}": lambda t=t: torch.autograd.grad(out, t, given, retain_graph=True) for k, t in leaves.items()}
    return {"forward": forward, **gradients, "both": lambda: torch.autograd.grad(function(torch, **tensors), list(leaves.values()), given)}


def torchlike_calls(function: Callable, arguments: dict, cotangent: np.ndarray) -> dict[str, Callable]:
    """The same; a gradient alone is a kernel of its own, everything else one program."""
    values = {k: jnp.asarray(v) for k, v in arguments.items()}
    given = jnp.asarray(cotangent)

    def traced(differentiate: bool, values, given):
        tensors = {k: torchlike.from_jax(v) for k, v in values.items()}
        leaves = [t.requires_grad_() for t in tensors.values() if t.dtype.is_floating_point] if differentiate else []
        out = function(torchlike, **tensors)
        return [value_of(t) for t in (out, *(torchlike.autograd.grad(out, leaves, torchlike.from_jax(given)) if leaves else ()))]

    forward, both = (jax.jit(functools.partial(traced, flag)) for flag in (False, True))
    calls = {"forward": lambda: forward(values, given)}
    for name in differentiable(function, arguments):
        tensors = {k: torchlike.tensor(v) for k, v in arguments.items()}
        out, like = function(torchlike, **{**tensors, name: tensors[name].requires_grad_()}), torchlike.tensor(cotangent)
        calls[f"d{name}"] = lambda o=out, t=tensors[name], g=like: value_of(torchlike.autograd.grad(o, t, g, retain_graph=True)[0])
    return {**calls, "both": lambda: both(values, given)} if len(calls) > 1 else calls


def best(calls: dict, rounds: int) -> dict:
    """The seconds of the fastest round of each call, taking turns; a round is some milliseconds of calls."""
    counts, found = {}, dict.fromkeys(calls, math.inf)
    for key, call in calls.items():
        wait(call())
        start = time.perf_counter()
        wait(call())
        counts[key] = max(1, min(100, int(0.005 / (time.perf_counter() - start))))
    for _ in range(rounds):
        for key, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[key]):
                wait(call())
            found[key] = min(found[key], (time.perf_counter() - start) / counts[key])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    print(header() + "\n")
    print(f"{'milliseconds, best round':46s}{'torch':>9s}{'torchlike':>11s}{'ratio':>7s}")
    for name, function, arguments in cases():
        if not re.search(options.pattern, name):
            continue
        with torch.no_grad():
            cotangent = array(*function(torch, **{k: torch.tensor(v) for k, v in arguments.items()}).shape)
        sides = {"torch": torch_calls(function, arguments, cotangent), "torchlike": torchlike_calls(function, arguments, cotangent)}
        seconds = best({(side, what): call for side, calls in sides.items() for what, call in calls.items()}, options.rounds)
        for i, what in enumerate(sides["torch"]):
            ours, theirs = seconds["torchlike", what], seconds["torch", what]
            print(f"{name if i == 0 else '':38s}{what:8s}{theirs * 1e3:9.3f}{ours * 1e3:11.3f}{theirs / ours:7.2f}", flush=True)


if __name__ == "__main__":
    main()
