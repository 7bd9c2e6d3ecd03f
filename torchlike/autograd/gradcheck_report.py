"""What gradcheck says when a gradient is wrong."""

from __future__ import annotations

import jax
import numpy as np

from ..core.device import to_jax_device
from ..core.tensor import from_value


class GradcheckError(RuntimeError):
    """The gradient is wrong, of the wrong kind, or not reproducible."""


FAST_BUT_NOT_SLOW = (
    "Fast gradcheck failed but element-wise differences are small. This means that the test might've passed in slow_mode!\n\n"
    "Call gradcheck/gradgradcheck with `fast_mode=False` to compare every element."
)


def mismatch(output: int, index: int, numerical: np.ndarray, analytical: np.ndarray, part: str | None, forward: bool) -> str:
    """The message of two Jacobians that differ; `part` is the one (real, imaginary) of complex numbers under consideration."""
    element = "inputs" if forward else "outputs"
    prefix = f"While considering the {part} part of complex {element} only, " if part else ""
    mode = "computed with forward mode " if forward else ""
    return (
        f"{prefix}Jacobian {mode}mismatch for output {output} with respect to input {index},\n"
        f"numerical:{_shown(numerical)}\nanalytical:{_shown(analytical)}\n"
    )


def batched_message(forward: bool) -> str:
    """What a failure of the batched check may mean."""
    mode, what = (" forward-mode", "jvp") if forward else ("", "backward")
    return (
        f"gradcheck or gradgradcheck failed while testing batched{mode} gradient computation: running several at once (vmap) does not give what "
        f"running them one by one gives. Either vmap does not support an operation in the {what} formula, or the formula is wrong. Pass "
        f"check_batched_{'forward_' if forward else ''}grad=False to leave this check out."
    )


def _shown(matrix: np.ndarray) -> str:
    return repr(from_value(jax.device_put(matrix, to_jax_device("cpu")))) if matrix.ndim else str(matrix)
