"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings

import torchlike as torch

from . import constraints
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import _half_log_det, _precision_to_scale_tril
from .utils import NUMBERS, lazy_property

__all__ = ["Wishart"]


def _mvdigamma(x, p: int):
    """The derivative of the multivariate log-gamma function of dimension p."""
    return torch.digamma(x.unsqueeze(-1) - torch.arange(p, dtype=x.dtype, device=x.device).div(2)).sum(-1)


class Wishart(ExponentialFamily):
    """Sums of `df` outer products of normal vectors: positive definite matrices with mean df * covariance_matrix."""

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    @property
    def arg_constraints(self):
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        given = {name: matrix for name, matrix in given.items() if matrix is not None}
        if len(given) != 1:
            raise AssertionError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        n = matrix.shape[-1]
        if isinstance(df, NUMBERS):
            batch_shape = torch.Size(matrix.shape[:-2])
            self.df = torch.tensor(df, dtype=matrix.dtype, device=matrix.device).expand(batch_shape)
        else:
            batch_shape = torch.broadcast_shapes(matrix.shape[:-2], df.shape)
            self.df = df.expand(batch_shape)
        if (self.df <= n - 1).any():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {n - 1}.")
        setattr(self, name, matrix.expand(batch_shape + (-1, -1)))
        self._batch_dims = list(range(-(2 + len(batch_shape)), -2))
        super().__init__(batch_shape, matrix.shape[-2:], validate_args=validate_args)
        if (self.df < n).any():
            warnings.warn("Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.")
        factor = {"scale_tril": lambda m: m, "covariance_matrix": torch.linalg.cholesky, "precision_matrix": _precision_to_scale_tril}
        self._unbroadcasted_scale_tril = factor[name](matrix)
        # The squared diagonal of a Bartlett factor.
        self._dist_chi2 = Chi2(self.df.unsqueeze(-1) - torch.arange(n, dtype=matrix.dtype, device=matrix.device))

    def expand(self, batch_shape, _instance=None):
        new = self._get_checked_instance(Wishart, _instance)
        batch_shape, event = torch.Size(batch_shape), self.event_shape
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril.expand(batch_shape + event)
        new.df = self.df.expand(batch_shape)
        new._batch_dims = list(range(-(2 + len(batch_shape)), -2))
        for name in ("covariance_matrix", "precision_matrix", "scale_tril"):
            if name in self.__dict__:
                setattr(new, name, self.__dict__[name].expand(batch_shape + event))
        new._dist_chi2 = self._dist_chi2.expand(batch_shape + event[-1:])
        return new._finish_expand(self, batch_shape)

    def _over_batch(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        return self._over_batch(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        return self._over_batch(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self):
        return self._over_batch(torch.cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def _df(self):
        """The degrees of freedom, with dimensions to multiply matrices."""
        return self.df.reshape(self._batch_shape + (1, 1))

    @property
    def mean(self):
        return self._df * self.covariance_matrix

    @property
    def mode(self):
        factor = self._df - self.covariance_matrix.shape[-1] - 1
        return torch.where(factor <= 0, torch.nan, factor) * self.covariance_matrix

    @property
    def variance(self):
        V = self.covariance_matrix
        diagonal = V.diagonal(dim1=-2, dim2=-1)
        return self._df * (V.pow(2) + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _bartlett_sampling(self, sample_shape=torch.Size()):
        """L A A^T L^T, A with chi variables on the diagonal and standard normals below."""
        p = self._event_shape[-1]
        tiny = torch.finfo(self.df.dtype).tiny
        diagonal = self._dist_chi2.rsample(sample_shape).clamp(min=tiny).sqrt().diag_embed(dim1=-2, dim2=-1)
        below = torch.randn(diagonal.shape, dtype=diagonal.dtype, device=diagonal.device).tril(-1)
        factor = self._unbroadcasted_scale_tril @ (diagonal + below if p > 1 else diagonal)
        return factor @ factor.mT

    def rsample(self, sample_shape=torch.Size(), max_try_correction=None):
        """Draws; those that came out singular are drawn again, at most `max_try_correction` times (3 with a batch, 10 without)."""
        tries = (3 if self._batch_shape else 10) if max_try_correction is None else max_try_correction
        sample = self._bartlett_sampling(torch.Size(sample_shape))
        singular = ~self.support.check(sample)
        if not singular.any():
            return sample
        warnings.warn("Singular sample detected.")
        for _ in range(tries):
            again = self._bartlett_sampling(torch.Size(sample_shape))
            sample = torch.where(singular[..., None, None], again, sample)
            singular = ~self.support.check(sample)
            if not singular.any():
                break
        return sample

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        nu, p = self.df, self._event_shape[-1]
        factor = self._unbroadcasted_scale_tril
        trace = torch.cholesky_solve(value, factor).diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = nu * p * math.log(2) / 2 + nu * _half_log_det(factor) + torch.mvlgamma(nu / 2, p=p)
        return (nu - p - 1) / 2 * torch.linalg.slogdet(value).logabsdet - trace / 2 - norm

    def entropy(self):
        nu, p = self.df, self._event_shape[-1]
        gammas = torch.mvlgamma(nu / 2, p=p) - (nu - p - 1) / 2 * _mvdigamma(nu / 2, p=p)
        return (p + 1) * (_half_log_det(self._unbroadcasted_scale_tril) + p * math.log(2) / 2) + gammas + nu * p / 2

    @property
    def _natural_params(self):
        nu, p = self.df, self._event_shape[-1]
        return -self.precision_matrix / 2, (nu - p - 1) / 2

    def _log_normalizer(self, x, y):
        p = self._event_shape[-1]
        half = y + (p + 1) / 2
        return half * (-torch.linalg.slogdet(-2 * x).logabsdet + math.log(2) * p) + torch.mvlgamma(half, p=p)
