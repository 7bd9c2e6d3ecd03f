"""nn.init draws from the distributions it names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import torchlike
from torchlike.nn import init

SHAPE = (60, 50)


@pytest.fixture(autouse=True)
def seeded():
    torchlike.manual_seed(0)


def drawn(fill, *args, **kwargs):
    tensor = torchlike.empty(SHAPE)
    assert fill(tensor, *args, **kwargs) is tensor
    return tensor.numpy().ravel()


def assert_distributed(values, distribution):
    assert stats.kstest(values, distribution.cdf).pvalue > 1e-3


def uniform(bound):
    return stats.uniform(-bound, 2 * bound)


@pytest.mark.parametrize(
    ("fill", "args", "distribution"),
    [
        (init.uniform_, (-2.0, 3.0), stats.uniform(-2, 5)),
        (init.normal_, (1.0, 2.0), stats.norm(1, 2)),
        (init.xavier_uniform_, (2.0,), uniform(2 * math.sqrt(6 / 110))),
        (init.xavier_normal_, (), stats.norm(0, math.sqrt(2 / 110))),
        (init.kaiming_uniform_, (), uniform(math.sqrt(6 / 50))),
        (init.kaiming_uniform_, (0, "fan_out", "relu"), uniform(math.sqrt(6 / 60))),
        (init.kaiming_normal_, (math.sqrt(5),), stats.norm(0, math.sqrt(1 / 3 / 50))),
        (init.trunc_normal_, (0.5, 1.0, -0.5, 1.0), stats.truncnorm(-1, 0.5, 0.5, 1)),
        (init.trunc_normal_, (0.0, 1.0, 3.0, 4.0), stats.truncnorm(3, 4)),
    ],
)
@pytest.mark.filterwarnings("ignore:mean is more than 2 std")
def test_distribution(fill, args, distribution):
    assert_distributed(drawn(fill, *args), distribution)


@pytest.mark.parametrize("shape", [(5, 8), (8, 5), (4, 2, 3)])
def test_orthogonal(shape):
    matrix = init.orthogonal_(torchlike.empty(shape), gain=2.0).numpy().reshape(shape[0], -1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)


def test_sparse():
    matrix = init.sparse_(torchlike.empty(20, 7), 0.3, std=0.5).numpy()
    assert ((matrix == 0).sum(axis=0) == 6).all()
    assert_distributed(matrix[matrix != 0], stats.norm(0, 0.5))


def test_generator_and_seed_repeat():
    first = drawn(init.kaiming_uniform_, generator=torchlike.Generator().manual_seed(4))
    again = drawn(init.kaiming_uniform_, generator=torchlike.Generator().manual_seed(4))
    other = drawn(init.kaiming_uniform_)
    assert (first == again).all() and (first != other).any()


def test_parameters_are_filled_off_the_tape():
    weight = torchlike.nn.Parameter(torchlike.zeros(3, 3))
    init.xavier_uniform_(weight)
    assert weight.is_leaf and weight.requires_grad and weight.grad_fn is None
    assert weight._version > 0
