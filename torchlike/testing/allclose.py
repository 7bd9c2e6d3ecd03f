"""The older comparison."""

from __future__ import annotations

import warnings
from typing import Any

from ..core.tensor import Tensor
from ..ops.convert import as_tensor
from .comparison import assert_close
from .tolerances import LEGACY_DEFAULTS, widest


def assert_allclose(actual: Any, expected: Any, rtol: float | None = None, atol: float | None = None, equal_nan: bool = True, msg: str = ""):
    """`assert_close` with wider tolerances, no check of dtypes, and NaN equal to NaN (torch.testing.assert_allclose, deprecated)."""
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please use "
        "`torch.testing.assert_close()` instead. You can find detailed upgrade instructions in "
        "https://github.com/pytorch/pytorch/issues/61844.", FutureWarning, stacklevel=2)
    actual = actual if isinstance(actual, Tensor) else as_tensor(actual)
    expected = expected if isinstance(expected, Tensor) else as_tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        rtol, atol = widest((actual.dtype, expected.dtype), LEGACY_DEFAULTS)
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, check_stride=False, msg=msg or None)
