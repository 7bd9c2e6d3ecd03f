"""The recorded losses are the installed torch's."""

import numpy as np
import pytest

from ..programs import NAMES, curve, recorded

torch = pytest.importorskip("torch", reason="parity tests need the installed torch (the `parity` extra)")


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("name", NAMES)
def test_recorded_losses_are_torchs(name):
    losses, tolerance = curve(name, "torch")
    np.testing.assert_allclose(losses, recorded()[name], rtol=tolerance, atol=1e-5)
