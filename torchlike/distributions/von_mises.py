"""The von Mises distribution."""

from __future__ import annotations

import math

import torchlike as torch

from ..ops.draw import draw_von_mises
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property

__all__ = ["VonMises"]


def _log_modified_bessel_fn(x, order=0):
    """The log of the modified Bessel function of the first kind, order 0 or 1, of positive x."""
    scaled = torch.special.i1e(x) if order else torch.special.i0e(x)
    return scaled.log() + x


class VonMises(Distribution):
    """The normal distribution's kin on the circle: angles around `loc`, in [-pi, pi), with log-density ~ concentration * cos."""

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.size(), torch.Size(), validate_args)

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        norm = math.log(2 * math.pi) + _log_modified_bessel_fn(self.concentration, order=0)
        return self.concentration * torch.cos(value - self.loc) - norm

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return draw_von_mises(self.loc, self.concentration, self._extended_shape(sample_shape))

    def expand(self, batch_shape, _instance=None):
        return self._expanded(VonMises, batch_shape, _instance)

    @property
    def mean(self):
        """The circular mean."""
        return self.loc

    @property
    def mode(self):
        return self.loc

    @lazy_property
    def variance(self):  # type: ignore[override]
        """The circular variance."""
        ratio = _log_modified_bessel_fn(self.concentration, order=1) - _log_modified_bessel_fn(self.concentration, order=0)
        return 1 - ratio.exp()
