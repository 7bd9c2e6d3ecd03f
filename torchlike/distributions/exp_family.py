"""Exponential families: the entropy from the log-normaliser by automatic differentiation (torch.distributions.exp_family)."""

from __future__ import annotations

import torchlike as torch

from .distribution import Distribution
from .utils import _sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A density h(x) exp(<t(x), theta> - F(theta)) with natural parameters theta and log-normaliser F."""

    @property
    def _natural_params(self):
        """The natural parameters, a tuple of tensors."""
        raise NotImplementedError

    def _log_normalizer(self, *natural_params):
        """F, a differentiable function of the natural parameters."""
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self):
        """The mean of log h(x)."""
        raise NotImplementedError

    def entropy(self):
        """F(theta) - <theta, grad F(theta)> - E[log h], the Bregman form."""
        parameters = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*parameters)
        means = torch.autograd.grad(normalizer.sum(), parameters, create_graph=True)
        result = normalizer - self._mean_carrier_measure
        for parameter, mean in zip(parameters, means, strict=True):
            result = result - _sum_rightmost(parameter * mean, len(self.event_shape))
        return result
