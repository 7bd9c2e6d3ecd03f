"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math

import torchlike as torch
from torchlike.nn.functional import binary_cross_entropy_with_logits

from . import constraints
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs, one_of, probs_to_logits

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ExponentialFamily):
    """The density on [0, 1] proportional to probs ** x * (1 - probs) ** (1 - x).

    Between `lims`, where the formulas cancel, Taylor's series around 1/2 take their place.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    _mean_carrier_measure = 0
    has_rsample = True

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        if one_of(probs, logits):
            (self.probs,) = broadcast_all(probs)
            if validate_args is not None and not self.arg_constraints["probs"].check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        else:
            (self.logits,) = broadcast_all(logits)
        self._param = self.logits if probs is None else self.probs
        self._lims = lims
        super().__init__(self._param.size(), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = self._expanded(ContinuousBernoulli, batch_shape, _instance)
        new._lims = self._lims
        new._param = self._param.expand(batch_shape)
        return new

    def _new(self, *args, **kwargs):
        return self._param.new(*args, **kwargs)

    def _outside_unstable_region(self):
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut_probs(self):
        """The probabilities, those in the unstable region moved to its edge."""
        return torch.where(self._outside_unstable_region(), self.probs, self._lims[0])

    def _choose(self, stable, unstable):
        return torch.where(self._outside_unstable_region(), stable, unstable)

    def _cont_bern_log_norm(self):
        """The log of the normaliser, 2 atanh(1 - 2 p) / (1 - 2 p)."""
        p = self._cut_probs()
        stable = torch.log((torch.log1p(-p) - p.log()).abs()) - torch.log((1 - 2 * p).abs())
        x = (self.probs - 0.5).pow(2)
        return self._choose(stable, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self):
        p = self._cut_probs()
        x = self.probs - 0.5
        return self._choose(p / (2 * p - 1) + 1 / (torch.log1p(-p) - p.log()), 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def stddev(self):
        return self.variance.sqrt()

    @property
    def variance(self):
        p = self._cut_probs()
        stable = p * (p - 1) / (1 - 2 * p).pow(2) + 1 / (torch.log1p(-p) - p.log()).pow(2)
        x = (self.probs - 0.5).pow(2)
        return self._choose(stable, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @lazy_property
    def logits(self):
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self):
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    @property
    def param_shape(self):
        return self._param.size()

    def _uniform(self, sample_shape):
        return torch.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype, device=self.probs.device)

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return self.icdf(self._uniform(sample_shape))

    def rsample(self, sample_shape=torch.Size()):
        return self.icdf(self._uniform(sample_shape))

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._cont_bern_log_norm() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value):
        if self._validate_args:
            self._validate_sample(value)
        p = self._cut_probs()
        stable = (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1)
        inside = self._choose(stable, value)
        return torch.where(value <= 0, 0.0, torch.where(value >= 1, 1.0, inside))

    def icdf(self, value):
        p = self._cut_probs()
        stable = (torch.log1p(value * (2 * p - 1) - p) - torch.log1p(-p)) / (p.log() - torch.log1p(-p))
        return self._choose(stable, value)

    def entropy(self):
        log_miss = torch.log1p(-self.probs)
        return self.mean * (log_miss - self.probs.log()) - self._cont_bern_log_norm() - log_miss

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        """log((exp(x) - 1) / x)."""
        low, high = self._lims[0] - 0.5, self._lims[1] - 0.5
        outside = (x <= low) | (x > high)
        cut = torch.where(outside, x, low)
        stable = torch.log(torch.special.expm1(cut).abs()) - torch.log(cut.abs())
        return torch.where(outside, stable, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
