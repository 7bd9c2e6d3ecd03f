"""How fast the heavy ops are on this machine against PyTorch: forward and each gradient apart, as ratios (above 1: torchlike wins).

    python benchmarks/lowering.py [pattern]

The choices recorded in torchlike/ops (patches or native convolution, slices or reduce_window, products with ones for sums of rows, ...)
were made with this table. Ratios of best-of-n times in one run; absolute times depend on the machine and its other tenants.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator

import jax
import jaxlib
import numpy as np
import torch

import torchlike
from torchlike.core.tensor import value_of

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
        yield f"linear {shape} -> {4 * width}", lambda T, x, w: T.nn.functional.linear(x, w), {"x": array(*shape), "w": array(4 * width, width)}
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


def best(call: Callable, repeats: int) -> float:
    """The shortest of several runs, in milliseconds."""
    wait(call())
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        wait(call())
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def measure(T, function: Callable, arguments: dict, repeats: int) -> dict[str, float]:
    """Milliseconds forward, and of the gradient in each float argument."""
    tensors = {k: T.tensor(v) for k, v in arguments.items()}
    result = {}
    with T.no_grad():
        result["forward"] = best(lambda: function(T, **tensors), repeats)
    for name, tensor in tensors.items():
        if not tensor.dtype.is_floating_point:
            continue
        tensor.requires_grad_(True)
        out = function(T, **tensors)
        cotangent = T.ones_like(out)
        result[f"d{name}"] = best(lambda t=tensor, o=out, g=cotangent: T.autograd.grad(o, t, g, retain_graph=True), repeats)
        tensor.requires_grad_(False)
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    print(f"torch {torch.__version__} ({torch.get_num_threads()} threads), jax {jax.__version__}, jaxlib {jaxlib.__version__}, "
          f"{jax.default_backend()}; torch / torchlike, ms torchlike in brackets")
    for name, function, arguments in cases():
        if re.search(options.pattern, name):
            theirs = measure(torch, function, arguments, options.repeats)
            ours = measure(torchlike, function, arguments, options.repeats)
            cells = (f"{k} {theirs[k] / ours[k]:5.2f} ({ours[k]:.2f})" for k in ours)
            print(f"{name:42s}", "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
