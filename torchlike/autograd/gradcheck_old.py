"""Jacobians by finite differences and by backward, as programs asked gradcheck for them before torch.autograd.functional."""

from __future__ import annotations

import warnings

import numpy as np

from ..core.tensor import Tensor
from .gradcheck import _as_tuple, _Checker


def _warn(name: str, grad_out: float) -> None:
    warnings.warn(
        f"`{name}` was part of PyTorch's private API and not meant to be exposed. We are deprecating it and it will be removed in a future version "
        "of PyTorch. If you have a specific use for this or feature request for this to be a stable API, please file us an issue at "
        "https://github.com/pytorch/pytorch/issues/new",
        FutureWarning,
        stacklevel=3,
    )
    if grad_out != 1.0:
        raise ValueError(f"Expected grad_out to be 1.0. {name} no longer supports values of grad_out != 1.0.")


def get_numerical_jacobian(fn, inputs, target=None, eps: float = 1e-3, grad_out: float = 1.0) -> list[Tensor]:
    """The Jacobians of the first result of fn(inputs) by central differences, one of shape (input.numel, output.numel) per Tensor of `target`
    (default: of `inputs`) that needs a gradient."""
    _warn("get_numerical_jacobian", grad_out)
    given = _as_tuple(inputs)
    checker = _Checker(lambda *args: fn(args), given, eps, 0.0, 0.0, 0.0, False)
    wanted = [x for x in _as_tuple(given if target is None else target) if isinstance(x, Tensor) and x.requires_grad]
    return [_Checker.tensor(checker.numerical(x)[0][0].astype(x._aval.dtype), x) for x in wanted]


def get_analytical_jacobian(inputs, output: Tensor, nondet_tol: float = 0.0, grad_out: float = 1.0) -> tuple[tuple, bool, bool, bool]:
    """(Jacobians of `output` by backward, one per input that needs a gradient; whether backward repeats itself, and gives gradients of the
    inputs' sizes and dtypes)."""
    _warn("get_analytical_jacobian", grad_out)
    checker = _Checker(None, _as_tuple(inputs), 0.0, 0.0, 0.0, nondet_tol, False)
    first, second = checker.analytical(output, 1), checker.analytical(output, 1)
    same = all(a.size == 0 or np.abs(a - b).max() <= nondet_tol for a, b in zip(first, second, strict=True))
    return tuple(_Checker.tensor(a, x) for a, x in zip(first, checker.wanted, strict=True)), same, True, True
