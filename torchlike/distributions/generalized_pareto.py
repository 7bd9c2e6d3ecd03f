"""The generalised Pareto distribution."""

from __future__ import annotations

import math

import torchlike as torch

from . import constraints
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Excesses over the threshold `loc`; `concentration` says how heavy the tail is: 0 exponential, negative bounded."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample = True

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        return self._expanded(GeneralizedPareto, batch_shape, _instance)

    def _exponential(self):
        """Where the concentration is 0, and a concentration that is 1 there, to divide by."""
        zero = torch.isclose(self.concentration, torch.zeros_like(self.concentration))
        return zero, torch.where(zero, 1.0, self.concentration)

    def _z(self, x):
        return (x - self.loc) / self.scale

    def rsample(self, sample_shape=torch.Size()):
        return self.icdf(torch.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        return (1 + self.concentration) * self._log_survival(value) - torch.log(self.scale)

    def _log_survival(self, value):
        z = self._z(value)
        zero, k = self._exponential()
        return torch.where(zero, -z, -torch.log1p(torch.where(zero, 0.0, k * z)) / k)

    def log_survival_function(self, value):
        """The log of the probability of a draw above `value`."""
        if self._validate_args:
            self._validate_sample(value)
        return self._log_survival(value)

    def log_cdf(self, value):
        """The log of `cdf`."""
        if self._validate_args:
            self._validate_sample(value)
        return torch.log1p(-torch.exp(self._log_survival(value)))

    def cdf(self, value):
        return torch.exp(self.log_cdf(value))

    def icdf(self, value):
        zero, k = self._exponential()
        log_survival = torch.log1p(-value)
        return self.loc + self.scale * torch.where(zero, -log_survival, torch.expm1(-k * log_survival) / k)

    @property
    def mean(self):
        k = torch.where(self.concentration < 1, self.concentration, math.nan)
        return self.loc + self.scale / (1 - k)

    @property
    def variance(self):
        k = torch.where(self.concentration < 0.5, self.concentration, math.nan)
        return self.scale**2 / ((1 - k) ** 2 * (1 - 2 * k))

    def entropy(self):
        return torch.log(self.scale) + self.concentration + 1

    @property
    def mode(self):
        return self.loc

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self):
        bounded = self.concentration < 0
        upper = self.loc - self.scale / torch.where(bounded, self.concentration, -1.0)
        return constraints.interval(self.loc, torch.where(bounded, upper, math.inf))
