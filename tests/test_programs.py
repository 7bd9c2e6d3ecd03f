"""Every program of tests/programs/ loses as it did under torch. Runs without torch."""

import math

import numpy as np
import pytest

from .programs import NAMES, curve, recorded


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # what PyTorch says of these programs as well
@pytest.mark.parametrize("name", NAMES)
def test_losses_as_recorded(name):
    expected = recorded()[name]
    losses, tolerance = curve(name, "torchlike")
    assert len(losses) == len(expected) > 8 and all(map(math.isfinite, losses))
    np.testing.assert_allclose(losses, expected, rtol=tolerance, atol=1e-5)
