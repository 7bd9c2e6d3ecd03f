"""Draws have the distribution they are named after: the greatest distance between empirical and exact distribution function, and dtypes."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

import torchlike as torch
from torchlike.core.threefry import THREEFRY
from torchlike.ops.sample import _high_product

COUNT = 20_000
# The distance that a right sampler exceeds once in a million draws of this many (Kolmogorov's distribution).
BOUND = math.sqrt(-0.5 * math.log(0.5e-6) / COUNT)

_normal = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)))
CONTINUOUS = {
    "rand": (lambda: torch.rand(COUNT), lambda x: np.clip(x, 0, 1)),
    "randn": (lambda: torch.randn(COUNT), _normal),
    "normal": (lambda: torch.normal(torch.full((COUNT,), 2.0), 3.0), lambda x: _normal((x - 2) / 3)),
    "uniform_": (lambda: torch.empty(COUNT).uniform_(-1, 3), lambda x: np.clip((x + 1) / 4, 0, 1)),
    "normal_": (lambda: torch.empty(COUNT).normal_(1, 0.5), lambda x: _normal((x - 1) / 0.5)),
    "exponential_": (lambda: torch.empty(COUNT).exponential_(2.0), lambda x: 1 - np.exp(-2 * x)),
    "cauchy_": (lambda: torch.empty(COUNT).cauchy_(1.0, 2.0), lambda x: np.arctan((x - 1) / 2) / math.pi + 0.5),
    "log_normal_": (lambda: torch.empty(COUNT).log_normal_(0.5, 0.7), lambda x: _normal((np.log(x) - 0.5) / 0.7)),
    "rand_like": (lambda: torch.rand_like(torch.empty(COUNT, dtype=torch.float64)), lambda x: np.clip(x, 0, 1)),
    "rrelu": (lambda: torch.nn.functional.rrelu(torch.full((COUNT,), -1.0), 0.25, 0.75, training=True), lambda x: np.clip((x + 0.75) / 0.5, 0, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_draws(name):
    draw, cdf = CONTINUOUS[name]
    torch.manual_seed(1)
    first = draw()
    x = np.sort(first.double().numpy())
    exact, steps = cdf(x), np.arange(COUNT + 1) / COUNT
    assert max(np.abs(exact - steps[1:]).max(), np.abs(exact - steps[:-1]).max()) < BOUND
    assert not torch.equal(first, draw())
    torch.manual_seed(1)
    assert torch.allclose(first, draw(), rtol=1e-6)  # fused with others, an op may round differently


DISCRETE = {
    "bernoulli": (lambda: torch.bernoulli(torch.full((COUNT,), 0.3)), {0: 0.7, 1: 0.3}),
    "bernoulli_": (lambda: torch.empty(COUNT, dtype=torch.int64).bernoulli_(0.3), {0: 0.7, 1: 0.3}),
    "randint": (lambda: torch.randint(2, 6, (COUNT,)), dict.fromkeys(range(2, 6), 0.25)),
    "random_": (lambda: torch.empty(COUNT, dtype=torch.int32).random_(0, 5), dict.fromkeys(range(5), 0.2)),
    "geometric_": (lambda: torch.empty(COUNT).geometric_(0.4), {k: 0.4 * 0.6 ** (k - 1) for k in range(1, 40)}),
    "poisson": (lambda: torch.poisson(torch.full((COUNT,), 2.5)), {k: math.exp(-2.5) * 2.5**k / math.factorial(k) for k in range(25)}),
    "binomial": (lambda: torch.binomial(torch.full((COUNT,), 4.0), torch.full((COUNT,), 0.3)),
                 {k: math.comb(4, k) * 0.3**k * 0.7 ** (4 - k) for k in range(5)}),
    "multinomial": (lambda: torch.multinomial(torch.tensor([1.0, 0.0, 3.0]), COUNT, True), {0: 0.25, 2: 0.75}),
    "dropout": (lambda: torch.nn.functional.dropout(torch.ones(COUNT), 0.25), {0: 0.25, 4 / 3: 0.75}),
}  # fmt: skip


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_draws(name):
    draw, masses = DISCRETE[name]
    torch.manual_seed(2)
    x = draw().double().numpy()
    values = np.array(list(masses))
    assert np.isclose(x[:, None], values[None]).any(1).all()
    shares = np.isclose(x[:, None], values[None], atol=1e-6).mean(0)
    deviation = np.abs(shares - list(masses.values())) / np.sqrt(np.maximum(list(masses.values()), 1 / COUNT) / COUNT)
    assert deviation.max() < 5.5


def test_permutations_are_uniform():
    torch.manual_seed(3)
    rows = torch.stack([torch.randperm(3) for _ in range(1200)]).tolist()
    counts = np.unique(rows, axis=0, return_counts=True)[1]
    assert len(counts) == 6 and counts.min() > 130 and counts.max() < 270


def test_multinomial_without_replacement_falls_back_on_impossible_categories():
    assert torch.multinomial(torch.tensor([1.0, 0.0]), 2).tolist() == [0, 1]
    assert sorted(torch.multinomial(torch.tensor([[0.0, 1.0, 0.0]]), 3)[0].tolist()) == [0, 1, 2]


def _keys_of_both():
    words = jax.numpy.array([123456789, 987654321], np.uint32)
    return jax.random.wrap_key_data(words), jax.random.wrap_key_data(words, impl=THREEFRY)


@pytest.mark.parametrize("draw", [
    *(lambda k, w=w: jax.random.bits(k, (3, 5), w) for w in (np.uint8, np.uint16, np.uint32, np.uint64)),
    lambda k: jax.random.bits(k, ()), lambda k: jax.random.key_data(jax.random.split(k, (2, 3))), lambda k: jax.random.normal(k, (5,)),
    lambda k: jax.random.key_data(jax.random.fold_in(k, 77)), lambda k: jax.random.permutation(k, 9),
    lambda k: jax.vmap(lambda each: jax.random.bits(each, (4,)))(jax.random.split(k, 3)),
])  # fmt: skip
def test_the_cipher_is_jaxs(draw):
    theirs, ours = map(draw, _keys_of_both())
    assert theirs.dtype == ours.dtype and np.array_equal(theirs, ours)


@pytest.mark.parametrize("number", [0, 5, 2**40 + 5, -3])
def test_seeds_of_the_cipher_are_jaxs(number):
    theirs, ours = (jax.random.key_data(jax.random.key(number, impl=impl)) for impl in (None, THREEFRY))
    assert np.array_equal(theirs, ours)


def test_upper_half_of_a_product():
    a, b = np.random.default_rng(0).integers(0, 2**64, (2, 500), np.uint64)
    assert [int(x) * int(y) >> 64 for x, y in zip(a, b, strict=True)] == np.asarray(_high_product(a, b)).tolist()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 4), (0, 2**62), (-(2**63), 2**63 - 1)])
def test_integers_stay_in_their_range(low, high):
    found = torch.randint(low, high, (2000,))
    assert low <= found.min().item() and found.max().item() < high
    if high - low < 10:
        assert set(found.tolist()) == set(range(low, high))


def test_scrambled_sobol_points_fill_every_interval_once():
    engine = torch.quasirandom.SobolEngine(6, scramble=True, seed=1)
    points = engine.draw(256)
    assert all(sorted((points[:, k] * 256).long().tolist()) == list(range(256)) for k in range(6))
    assert points.equal(torch.quasirandom.SobolEngine(6, scramble=True, seed=1).draw_base2(8))
    assert not points.equal(torch.quasirandom.SobolEngine(6, scramble=True, seed=2).draw(256))
    assert engine.reset().fast_forward(100).draw(5).equal(points[100:105])
    torch.manual_seed(0)
    first = torch.quasirandom.SobolEngine(2, scramble=True).draw()
    assert not first.equal(torch.quasirandom.SobolEngine(2, scramble=True).draw())
