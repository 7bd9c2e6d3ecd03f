"""Forward mode and vmap over PyTorch's table of ops, held against what the same op gives in reverse mode and in a loop."""

from __future__ import annotations

import numpy as np
import torch

import torchlike
from torchlike.autograd import forward_ad

from .op_db import _differentiable, _inputs, compare, in_torchlike, leaves, to_ours, to_theirs

_WINDOWS = ["bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann", "kaiser", "nuttall"]
_REASONS = {
    "it has no Tensor argument": ["arange", "linspace", "logspace", "ones", "zeros", "full", "eye", "scalar_tensor", "broadcast_shapes",
                                  *(f"signal.windows.{name}" for name in _WINDOWS)],
    "the shape or the Python value of its result depends on the numbers, as in PyTorch": [
        "allclose", "equal", "item", "masked_select", "unique", "unique_consecutive", "nonzero", "argwhere", "histogram", "histogramdd",
    ],
    "it reads numbers as settings, as in PyTorch": ["linspace:tensor_overload", "logspace:tensor_overload", "tensor_split"],
    "it asks of its numbers whether they are valid, as in PyTorch": ["nn.functional.gaussian_nll_loss"],
    "it updates running statistics that the examples share": ["nn.functional.batch_norm", "nn.functional.instance_norm", "native_batch_norm"],
}
NO_VMAP = {name for names in _REASONS.values() for name in names}


def _called(entry, function, sample) -> tuple:
    """(function of a list of Tensors, the list): the sample's call with its Tensors taken out."""
    arguments = to_ours([sample.input, sample.args, sample.kwargs])
    process = in_torchlike(sample.output_process_fn_grad or (lambda x: x))
    wrapped = in_torchlike(entry.gradcheck_wrapper)
    tensors = leaves(arguments)

    def call(*given):
        replaced = _with_leaves(arguments, iter(given))
        return process(wrapped(function, replaced[0], *replaced[1], **replaced[2]))

    return call, tensors


def _with_leaves(x, new):
    if isinstance(x, torchlike.Tensor):
        return next(new)
    if isinstance(x, dict):
        return {k: _with_leaves(v, new) for k, v in x.items()}
    if isinstance(x, list | tuple):
        parts = [_with_leaves(v, new) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return x


def _random_like(t, seed: int):
    generator = torch.Generator().manual_seed(seed)
    return to_ours(torch.randn(tuple(t.shape), dtype=getattr(torch, str(t.dtype).removeprefix("torch.")), generator=generator))


def _inner(a, b) -> float:
    """The real inner product of two lists of Tensors; None counts as zero."""
    pairs = [(to_theirs(x.detach()).numpy(), to_theirs(y.detach()).numpy()) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    return float(sum(np.real(np.vdot(x, y)) for x, y in pairs))


def check_jvp(entry, function, sample) -> None:
    """<u, J t> = <J' u, t>: forward mode is the transpose of reverse mode."""
    call, tensors = _called(entry, function, sample)
    chosen = [i for i, t in enumerate(tensors) if t.requires_grad]
    directions = [_random_like(tensors[i], i) for i in chosen]
    with forward_ad.dual_level():
        given = list(tensors)
        for i, t in zip(chosen, directions, strict=True):
            given[i] = forward_ad.make_dual(tensors[i], t)
        outputs = _differentiable(call(*given))
        pushed = [forward_ad.unpack_dual(o).tangent for o in outputs]
    assert all(p is None or p.shape == o.shape and p.dtype is o.dtype for p, o in zip(pushed, outputs, strict=True))
    cotangents = [_random_like(o, 7 + k) for k, o in enumerate(outputs)]
    if not outputs:
        return
    again = _differentiable(call(*tensors))
    pulled = torchlike.autograd.grad(again, [tensors[i] for i in chosen], cotangents, allow_unused=True)
    forward, reverse = _inner(pushed, cotangents), _inner(directions, pulled)
    scale = max(abs(forward), abs(reverse), 1.0)
    assert np.isnan(forward) and np.isnan(reverse) or abs(forward - reverse) <= 1e-7 * scale, f"forward {forward}, reverse {reverse}"


def check_vmap(entry, function, sample) -> None:
    """vmap over two examples gives what two calls give; all Tensors mapped, and the first one alone."""
    call, tensors = _called(entry, function, sample)
    tensors = [t.detach() for t in tensors]
    for mapped in {len(tensors), 1}:
        examples = [[_varied(t, k) if i < mapped else t for i, t in enumerate(tensors)] for k in range(2)]
        try:
            expected = [leaves(call(*e)) for e in examples]
        except (RuntimeError, ValueError):
            continue
        if any(a.shape != b.shape for a, b in zip(*expected, strict=True)):
            continue
        stacked = [torchlike.stack([e[i] for e in examples]) if i < mapped else t for i, t in enumerate(tensors)]
        dims = tuple(0 if i < mapped else None for i in range(len(tensors)))
        found = torchlike.vmap(lambda *ts: tuple(leaves(call(*ts))), in_dims=dims, randomness="same")(*stacked)
        for j, result in enumerate(found):
            for k in range(2):
                compare(result[k], to_theirs(expected[k][j]), f"example {k} of result {j}")


def _varied(t, k: int):
    return t * (1 - 0.1 * k) if t.is_floating_point() or t.is_complex() else t


def check_batched_gradient(entry, function, sample) -> None:
    """A backward of two cotangents at once gives what two backwards give."""
    call, tensors = _called(entry, function, sample)
    outputs, inputs = _differentiable(call(*tensors)), _inputs(tensors)
    if not outputs:
        return
    rows = [[_random_like(o, 7 * k + j) for j, o in enumerate(outputs)] for k in range(2)]
    one_by_one = [torchlike.autograd.grad(outputs, inputs, row, retain_graph=True, allow_unused=True) for row in rows]
    batch = [torchlike.stack(column) for column in zip(*rows, strict=True)]
    found = torchlike.autograd.grad(outputs, inputs, batch, is_grads_batched=True, allow_unused=True)
    for i, g in enumerate(found):
        for k in range(2):
            if g is None or one_by_one[k][i] is None:
                assert g is None and one_by_one[k][i] is None
            else:
                compare(g[k], to_theirs(one_by_one[k][i]), f"row {k} of input {i}")
