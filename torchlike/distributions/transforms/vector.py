"""Transforms of whole vectors and matrices: to the simplex, to Cholesky factors, to positive definite matrices."""

from __future__ import annotations

import math

import torchlike as torch
from torchlike.nn.functional import logsigmoid, pad, softplus

from .. import constraints
from ..utils import tril_matrix_to_vec, vec_to_tril_matrix
from .base import SingletonTransform, Transform, _InverseTransform, demand_dims
from .elementwise import _clipped_sigmoid


class SoftmaxTransform(SingletonTransform):
    """Softmax over the last dimension, with the logarithm as right inverse."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x):
        return torch.softmax(x, -1)

    def _inverse(self, y):
        return y.log()

    def forward_shape(self, shape):
        demand_dims(shape, 1)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(SingletonTransform):
    """From n real numbers to n + 1 probabilities: each number breaks its share off what is left, zeros break it evenly."""

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _log_pieces(self, x):
        """log n, ..., log 1: how many pieces are still to come after each."""
        return torch.arange(x.shape[-1], 0, -1, dtype=x.dtype, device=x.device).log()

    def _call(self, x):
        share = _clipped_sigmoid(x - self._log_pieces(x))
        left = (1 - share).cumprod(-1)
        return pad(share, [0, 1], value=1) * pad(left, [1, 0], value=1)

    def _inverse(self, y):
        y = y[..., :-1]
        left = (1 - y.cumsum(-1)).clamp(min=torch.finfo(y.dtype).tiny)
        return y.log() - left.log() + self._log_pieces(y)

    def log_abs_det_jacobian(self, x, y):
        logits = x - self._log_pieces(x)
        return (-logits + logsigmoid(logits) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape):
        demand_dims(shape, 1)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape):
        demand_dims(shape, 1)
        return shape[:-1] + (shape[-1] - 1,)


class CorrCholeskyTransform(Transform):
    """From n (n - 1) / 2 real numbers to the Cholesky factor of an n x n correlation matrix.

    Their tanh are partial correlations: element j of a row is its partial correlation times the length that the elements before left over.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x):
        x = torch.tanh(x)
        eps = torch.finfo(x.dtype).eps
        partial = vec_to_tril_matrix(x.clamp(min=-1 + eps, max=1 - eps), diag=-1)
        left = (1 - partial**2).sqrt().cumprod(-1)
        partial = partial + torch.eye(partial.shape[-1], dtype=partial.dtype, device=partial.device)
        return partial * pad(left[..., :-1], [1, 0], value=1)

    def _inverse(self, y):
        left = pad((1 - torch.cumsum(y * y, dim=-1))[..., :-1], [1, 0], value=1)
        partial = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(left, diag=-1).sqrt()
        return (partial.log1p() - (-partial).log1p()) / 2

    def log_abs_det_jacobian(self, x, y, intermediates=None):
        # The length left over before the last of each row's elements is not scaled by it: hence two diagonals down.
        left = tril_matrix_to_vec(1 - (y * y).cumsum(dim=-1), diag=-2)
        lengths = 0.5 * left.log().sum(-1)
        return lengths - 2 * (x + softplus(-2 * x) - math.log(2.0)).sum(dim=-1)

    def forward_shape(self, shape):
        demand_dims(shape, 1)
        n = round((0.25 + 2 * shape[-1]) ** 0.5 + 0.5)
        if n * (n - 1) // 2 != shape[-1]:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (n, n)

    def inverse_shape(self, shape):
        demand_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return shape[:-2] + (shape[-1] * (shape[-1] - 1) // 2,)


class LowerCholeskyTransform(SingletonTransform):
    """The lower triangle, its diagonal exponentiated."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x):
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y):
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(SingletonTransform):
    """L L^T, with L as by `LowerCholeskyTransform`."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x):
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y):
        return _InverseTransform(LowerCholeskyTransform())(torch.linalg.cholesky(y))
