"""Student's t-distribution."""

from __future__ import annotations

import math

import torchlike as torch

from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import _standard_normal, broadcast_all

__all__ = ["StudentT"]


class StudentT(Distribution):
    """loc + scale * t, t a standard normal over the root of a mean of `df` squared ones."""

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = self._expanded(StudentT, batch_shape, _instance)
        new._chi2 = self._chi2.expand(batch_shape)
        return new

    @property
    def mean(self):
        return torch.where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self):
        return self.loc

    @property
    def variance(self):
        finite = self.scale.pow(2) * self.df / (self.df - 2)
        return torch.where(self.df > 2, finite, torch.where(self.df > 1, math.inf, math.nan).to(finite))

    def rsample(self, sample_shape=torch.Size()):
        normal = _standard_normal(self._extended_shape(sample_shape), self.df.dtype, self.df.device)
        return self.loc + self.scale * normal * torch.rsqrt(self._chi2.rsample(sample_shape) / self.df)

    def _log_norm(self):
        """The log of the normaliser at scale 1, but for the root of df: log B(df / 2, 1 / 2)."""
        half = 0.5 * self.df
        return torch.lgamma(half) + 0.5 * math.log(math.pi) - torch.lgamma(half + 0.5)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        scale = self.scale.log() + 0.5 * self.df.log() + self._log_norm()
        return -0.5 * (self.df + 1.0) * torch.log1p(y**2.0 / self.df) - scale

    def entropy(self):
        half = 0.5 * (self.df + 1)
        return self.scale.log() + half * (torch.digamma(half) - torch.digamma(half - 0.5)) + 0.5 * self.df.log() + self._log_norm()
