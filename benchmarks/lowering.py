"""How fast the heavy ops are on this machine against PyTorch: forward and each gradient apart, as ratios (above 1: torchlike wins).

    python benchmarks/lowering.py [pattern]

What was chosen against what (patches or native convolution, slices or reduce_window, ...) is in variants.py. The two sides take turns
in one process; absolute times depend on the machine and its other tenants.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator

import jax
import numpy as np
from common import fail_without_torch, header, interleaved

torch = fail_without_torch()
import torchlike  # noqa: E402
from torchlike.core.tensor import value_of  # noqa: E402

Case = tuple[str, Callable, dict[str, np.ndarray]]


def array(*shape: int) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def cases() -> Iterator[Case]:
    """(name, function of the framework and its tensors, arguments); the gradient is taken in every float argument."""
    for n, c, size, out, k, stride, pad in [
        (32, 1, 28, 16, 3, 1, 1), (32, 3, 32, 32, 3, 1, 1), (32, 32, 16, 64, 3, 1, 1), (8, 64, 32, 64, 3, 1, 1), (16, 64, 16, 128, 1, 1, 0),
        (16, 64, 16, 128, 3, 2, 1),
    ]:
        def conv(T, x, w, s=stride, p=pad):
            return T.nn.functional.conv2d(x, w, None, s, p)

        yield f"conv2d {n}x{c}x{size}^2 -> {out}, {k}x{k}/{stride}", conv, {"x": array(n, c, size, size), "w": array(out, c, k, k)}
    for n, c, size, k, stride, pad in [(32, 16, 28, 2, 2, 0), (8, 64, 56, 3, 2, 1), (8, 64, 28, 3, 1, 1)]:
        def pool(T, x, k=k, s=stride, p=pad):
            return T.nn.functional.max_pool2d(x, k, s, p)

        yield f"max_pool2d {n}x{c}x{size}^2, {k}x{k}/{stride}", pool, {"x": array(n, c, size, size)}
    yield "avg_pool2d 16x64x32^2, 2x2", lambda T, x: T.nn.functional.avg_pool2d(x, 2), {"x": array(16, 64, 32, 32)}
    for shape in [(8, 128, 128), (16, 256, 384)]:
        width = shape[-1]
        affine = {"w": array(width), "b": array(width)}
        yield f"layer_norm {shape}", lambda T, x, w, b: T.nn.functional.layer_norm(x, w.shape, w, b), {"x": array(*shape), **affine}
        yield f"linear {shape} -> {4 * width}", lambda T, x, w: T.nn.functional.linear(x, w), {
            "x": array(*shape), "w": array(4 * width, width)}
        yield f"gelu {shape}", lambda T, x: T.nn.functional.gelu(x), {"x": array(*shape)}
        yield f"softmax {shape}", lambda T, x: T.softmax(x, -1), {"x": array(*shape)}
    yield "batch_norm 32x32x16^2", lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, True), {
        "x": array(32, 32, 16, 16), "w": array(32), "b": array(32)}
    yield "group_norm 8x64x16^2, 8 groups", lambda T, x, w: T.nn.functional.group_norm(x, 8, w), {"x": array(8, 64, 16, 16), "w": array(64)}
    for shape in [(4, 4, 128, 32), (2, 8, 512, 64)]:
        def attend(T, q, k, v):
            return T.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

        yield f"attention {shape}, causal", attend, {name: array(*shape) for name in "qkv"}
    tokens = np.random.default_rng(0).integers(0, 1000, (32, 64))
    yield "embedding 1000x128, 2048 tokens", lambda T, w, i: T.nn.functional.embedding(i, w), {"w": array(1000, 128), "i": tokens}
    labels = np.random.default_rng(0).integers(0, 1000, 512)
    yield "cross_entropy 512x1000", lambda T, x, t: T.nn.functional.cross_entropy(x, t), {"x": array(512, 1000), "t": labels}
    for name in ("LSTM", "GRU", "RNN"):
        yield f"{name} 50x32x64 -> 128", Recurrent(name), {"x": array(50, 32, 64)}
    yield "interpolate bilinear x2 8x16x32^2", lambda T, x: T.nn.functional.interpolate(x, scale_factor=2, mode="bilinear"), {
        "x": array(8, 16, 32, 32)}
    yield "dropout 64x1024", lambda T, x: T.nn.functional.dropout(x, 0.5), {"x": array(64, 1024)}


class Recurrent:
    """A recurrent layer as a function, one per framework."""

    def __init__(self, name: str):
        self.name = name
        self.layers: dict = {}

    def __call__(self, T, x):
        layer = self.layers.setdefault(T.__name__, getattr(T.nn, self.name)(x.shape[-1], 128))
        return layer(x)[0]


def wait(result) -> None:
    """Until a result, or a tuple of them, has been computed."""
    for each in result if isinstance(result, tuple) else (result,):
        if isinstance(each, torchlike.Tensor):
            jax.block_until_ready(value_of(each))


def candidates(T, function: Callable, arguments: dict) -> dict[str, Callable]:
    """Calls to time: forward without grad, and the gradient in each float argument."""
    tensors = {k: T.tensor(v) for k, v in arguments.items()}

    def forward():
        with T.no_grad():
            return function(T, **tensors)

    calls: dict[str, Callable] = {"forward": forward}
    for name, tensor in tensors.items():
        if tensor.dtype.is_floating_point:
            leaf = tensor.detach().clone().requires_grad_(True)
            out = function(T, **{**tensors, name: leaf})
            cotangent = T.ones_like(out)
            calls[f"d{name}"] = lambda o=out, t=leaf, g=cotangent: T.autograd.grad(o, t, g, retain_graph=True)
    return calls


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    print(header(), "torch / torchlike, milliseconds of torchlike in brackets", sep="\n")
    for name, function, arguments in cases():
        if not re.search(options.pattern, name):
            continue
        calls = {(T, what): call for T in (torch, torchlike) for what, call in candidates(T, function, arguments).items()}
        for call in calls.values():
            wait(call())
        seconds = interleaved({key: lambda c=call: wait(c()) for key, call in calls.items()}, options.rounds, 1)
        cells = (f"{what} {seconds[torch, what] / t:5.2f} ({t * 1e3:.2f})" for (T, what), t in seconds.items() if T is torchlike)
        print(f"{name:42s}", "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
