"""Derivatives against finite differences, first and second order, in float64: a representative op of every family. Needs no torch."""

import numpy as np
import pytest

import torchlike as torch
from torchlike.autograd import gradcheck, gradgradcheck
from torchlike.nn import functional as F


def real(*shape, low=-1.0, high=1.0, seed=0):
    values = np.random.default_rng(seed).uniform(low, high, shape)
    return torch.tensor(values, requires_grad=True)


def away(*shape, seed=0):
    """Distinct values, none near a kink at zero."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    values = (rng.permutation(size) + 1.0) / size * rng.choice([-1.0, 1.0], size)
    return torch.tensor(values.reshape(shape), requires_grad=True)


def complexes(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.uniform(0.3, 1, shape) + 1j * rng.uniform(0.3, 1, shape), requires_grad=True)


def positive(*shape):
    return real(*shape, low=0.4, high=1.6)


def spd():
    a = real(2, 2)
    return (a @ a.t() + 2 * torch.eye(2, dtype=torch.float64)).detach().requires_grad_()


INDEX = torch.tensor([[1, 0], [0, 1]])
CASES = {
    # name: (function, inputs)
    "add": (lambda a, b: torch.add(a, b, alpha=2), (real(2, 1), real(3, seed=1))),
    "sub": (lambda a, b: a - b, (real(2, 2), real(2, seed=1))),
    "mul": (lambda a, b: a * b, (real(2, 1), real(3, seed=1))),
    "div": (lambda a, b: a / b, (real(2, 2), positive(2))),
    "pow": (lambda a, b: a**b, (positive(3), real(3))),
    "pow scalar": (lambda a: a**3, (real(3),)),
    "exp": (torch.exp, (real(3),)),
    "expm1": (torch.expm1, (real(3),)),
    "log": (torch.log, (positive(3),)),
    "log1p": (torch.log1p, (positive(3),)),
    "sqrt": (torch.sqrt, (positive(3),)),
    "rsqrt": (torch.rsqrt, (positive(3),)),
    "sin": (torch.sin, (real(3),)),
    "tan": (torch.tan, (real(3),)),
    "tanh": (torch.tanh, (real(3),)),
    "sigmoid": (torch.sigmoid, (real(3),)),
    "erf": (torch.erf, (real(3),)),
    "atan2": (torch.atan2, (positive(3), real(3))),
    "abs": (torch.abs, (away(4),)),
    "reciprocal": (torch.reciprocal, (positive(3),)),
    "clamp": (lambda a: a.clamp(-0.6, 0.6), (away(4),)),
    "maximum": (torch.maximum, (away(4), away(4, seed=1) * 1.01)),
    "where": (lambda a, b: torch.where(a > 0, a * b, b), (away(4), real(4))),
    "lerp": (torch.lerp, (real(3), real(3, seed=1), real(3, seed=2))),
    "addcmul": (lambda a, b, c: torch.addcmul(a, b, c, value=0.5), (real(2), real(2, seed=1), real(2, seed=2))),
    "sum": (lambda a: a.sum(1), (real(2, 3),)),
    "mean": (lambda a: a.mean(0, keepdim=True), (real(2, 3),)),
    "prod": (lambda a: a.prod(1), (positive(2, 3),)),
    "var": (lambda a: a.var(1), (real(2, 3),)),
    "std": (lambda a: a.std(), (real(3),)),
    "norm": (lambda a: a.norm(dim=1), (real(2, 2),)),
    "max": (lambda a: a.max(1)[0], (away(2, 3),)),
    "amin": (lambda a: a.amin(0), (away(2, 3),)),
    "logsumexp": (lambda a: a.logsumexp(1), (real(2, 3),)),
    "cumsum": (lambda a: a.cumsum(1), (real(2, 3),)),
    "cumprod": (lambda a: a.cumprod(0), (positive(3),)),
    "sort": (lambda a: a.sort()[0], (away(4),)),
    "topk": (lambda a: a.topk(2)[0], (away(4),)),
    "mm": (torch.mm, (real(2, 3), real(3, 2, seed=1))),
    "bmm": (torch.bmm, (real(2, 1, 2), real(2, 2, 1, seed=1))),
    "matmul": (torch.matmul, (real(2, 1, 2), real(2, 2, seed=1))),
    "addmm": (torch.addmm, (real(2), real(2, 2), real(2, 2, seed=1))),
    "einsum": (lambda a, b: torch.einsum("ij,kj->ik", a, b), (real(2, 2), real(1, 2, seed=1))),
    "inverse": (torch.linalg.inv, (spd(),)),
    "det": (torch.linalg.det, (spd(),)),
    "solve": (torch.linalg.solve, (spd(), real(2, 1))),
    "cholesky": (lambda a: torch.linalg.cholesky((a + a.mT) / 2), (spd(),)),
    "views": (lambda a: a.t().reshape(-1)[1:].view(1, -1).expand(2, -1), (real(2, 2),)),
    "cat": (lambda a, b: torch.cat([a, b, a]), (real(2), real(1, seed=1))),
    "stack, split": (lambda a, b: torch.stack([a, b]).split(1), (real(2), real(2, seed=1))),
    "gather": (lambda a: a.gather(0, INDEX), (real(2, 2),)),
    "scatter_add": (lambda a, b: a.scatter_add(0, INDEX, b), (real(2, 2), real(2, 2, seed=1))),
    "index": (lambda a: a[[0, 0, 1], [1, 1, 0]], (real(2, 2),)),
    "index_add": (lambda a, b: a.index_add(0, torch.tensor([0, 0]), b), (real(2, 1), real(2, 1, seed=1))),
    "masked_fill": (lambda a: a.masked_fill(a > 0, 1.5), (away(4),)),
    "in place": (lambda a: (a * 1).mul_(2).sin_(), (real(3),)),
    "write through a view": (lambda a, b: _written(a, b), (real(2, 2), real(2, seed=1))),
    "relu": (F.relu, (away(4),)),
    "gelu": (F.gelu, (real(3),)),
    "silu": (F.silu, (real(3),)),
    "softplus": (F.softplus, (real(3),)),
    "elu": (F.elu, (away(4),)),
    "softmax": (lambda a: a.softmax(1), (real(2, 2),)),
    "log_softmax": (lambda a: a.log_softmax(0), (real(2, 2),)),
    "linear": (F.linear, (real(2, 2), real(1, 2, seed=1), real(1, seed=2))),
    "conv1d": (lambda a, w: F.conv1d(a, w, padding=1), (real(1, 1, 3), real(1, 1, 2, seed=1))),
    "conv2d": (lambda a, w: F.conv2d(a, w, stride=2), (real(1, 1, 3, 3), real(1, 1, 2, 2, seed=1))),
    "max_pool1d": (lambda a: F.max_pool1d(a, 2), (away(1, 1, 4),)),
    "avg_pool1d": (lambda a: F.avg_pool1d(a, 2), (real(1, 1, 4),)),
    "layer_norm": (lambda a, w: F.layer_norm(a, (3,), w), (real(2, 3), real(3, seed=1))),
    "batch_norm": (lambda a: F.batch_norm(a, None, None, training=True), (real(3, 1),)),
    "cross_entropy": (lambda a: F.cross_entropy(a, torch.tensor([1, 0])), (real(2, 2),)),
    "mse_loss": (F.mse_loss, (real(3), real(3, seed=1))),
    "bce with logits": (lambda a: F.binary_cross_entropy_with_logits(a, torch.tensor([0.0, 1.0], dtype=torch.float64)), (real(2),)),
    "attention": (F.scaled_dot_product_attention, (real(1, 2, 2), real(1, 2, 2, seed=1), real(1, 2, 2, seed=2))),
    "embedding": (lambda w: F.embedding(torch.tensor([0, 1, 0]), w), (real(2, 2),)),
    "complex mul": (lambda a, b: a * b.conj(), (complexes(2), complexes(2, seed=1))),
    "complex functions": (lambda a: (a.exp() * a.sin()).sqrt(), (complexes(2),)),
    "complex to real": (lambda a: (a.abs(), a.real * a.imag, a.angle()), (complexes(2),)),
    "real to complex": (lambda a, b: torch.complex(a, b) ** 2, (real(2), real(2, seed=1))),
}  # fmt: skip


def _written(a, b):
    a = a * 1
    a[0] = b * 2
    a.t()[1].mul_(3)
    return a


def leaves(inputs):
    return tuple(x.detach().requires_grad_() for x in inputs)


@pytest.mark.parametrize("name", CASES)
def test_first_derivative(name):
    fn, inputs = CASES[name]
    assert gradcheck(fn, leaves(inputs))


@pytest.mark.parametrize("name", CASES)
def test_second_derivative(name):
    fn, inputs = CASES[name]
    assert gradgradcheck(fn, leaves(inputs))


def test_a_backward_checked_again_and_again_is_reentrant():
    def attention(q, k, v):
        scores = q @ k.mT
        return (scores - scores.logsumexp(-1, keepdim=True)).exp() @ v

    torch.manual_seed(0)
    inputs = tuple(torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True) for _ in range(3))
    for _ in range(3):
        assert torch.autograd.gradcheck(attention, inputs) and torch.autograd.gradgradcheck(attention, inputs)
