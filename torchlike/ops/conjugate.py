"""Complex conjugation. PyTorch makes it a lazy view; here it is computed at once, so `is_conj` is always False."""

from __future__ import annotations

import warnings

from ..core.op import function, op


@op(public=False, node="ConjBackward0")
def _conj(input, /):
    return input.conj()


@function(method=True)
def conj(input):
    """The complex conjugate; a real tensor itself (torch.conj)."""
    return _conj(input) if input._aval.is_complex else input


@function(method=True)
def adjoint(input):
    """The conjugate transpose of the last two dimensions (torch.adjoint)."""
    n = input._aval.ndim
    if n == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    if n == 0:
        warnings.warn("adjoint() is deprecated on 0-D tensors. Consider using x.conj().", UserWarning, stacklevel=2)
        return input.conj()
    return input.mH
