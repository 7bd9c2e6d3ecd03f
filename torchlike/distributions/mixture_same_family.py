"""Mixtures of distributions of one family."""

from __future__ import annotations

import torchlike as torch

from . import constraints
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """Draws of the components, the last batch dimension of `component_distribution`, picked by a Categorical."""

    arg_constraints: dict = {}
    has_rsample = False

    def __init__(self, mixture_distribution, component_distribution, validate_args=None):
        _check_mixture(mixture_distribution, component_distribution)
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._num_component = component_distribution.batch_shape[-1]
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(component_distribution.batch_shape[:-1], component_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new = self._get_checked_instance(MixtureSameFamily, _instance)
        batch_shape = torch.Size(batch_shape)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._component_distribution = self._component_distribution.expand(batch_shape + (self._num_component,))
        new._num_component, new._event_ndims = self._num_component, self._event_ndims
        return new._finish_expand(self, batch_shape)

    @constraints.dependent_property
    def support(self):
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self):
        return self._mixture_distribution

    @property
    def component_distribution(self):
        return self._component_distribution

    @property
    def _component_dim(self):
        return -1 - self._event_ndims

    def _average(self, values):
        """The mean over components of values of the components' shape."""
        probs = self._pad_mixture_dimensions(self.mixture_distribution.probs)
        return torch.sum(probs * values, dim=self._component_dim)

    @property
    def mean(self):
        return self._average(self.component_distribution.mean)

    @property
    def variance(self):
        # The law of total variance.
        between = (self.component_distribution.mean - self._pad(self.mean)).pow(2.0)
        return self._average(self.component_distribution.variance) + self._average(between)

    def cdf(self, x):
        return torch.sum(self.component_distribution.cdf(self._pad(x)) * self.mixture_distribution.probs, dim=-1)

    def log_prob(self, x):
        if self._validate_args:
            self._validate_sample(x)
        log_prob = self.component_distribution.log_prob(self._pad(x))
        return torch.logsumexp(log_prob + torch.log_softmax(self.mixture_distribution.logits, dim=-1), dim=-1)

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            sample_shape = torch.Size(sample_shape)
            picks = self.mixture_distribution.sample(sample_shape)
            draws = self.component_distribution.sample(sample_shape)
            index = self._pad_mixture_dimensions(picks.unsqueeze(-1))
            size = list(draws.shape)
            size[self._component_dim] = 1
            return draws.gather(self._component_dim, index.expand(size)).squeeze(self._component_dim)

    def _pad(self, x):
        """Values with a component dimension of 1."""
        return x.unsqueeze(self._component_dim)

    def _pad_mixture_dimensions(self, x):
        """Values of the mixture's batch and components with event dimensions of 1."""
        missing = len(self.batch_shape) - len(self.mixture_distribution.batch_shape)
        mixture_batch = x.shape[:-1]
        return x.reshape(mixture_batch + (1,) * missing + x.shape[-1:] + (1,) * self._event_ndims)

    def __repr__(self):
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"


def _check_mixture(mixture, component) -> None:
    if not isinstance(mixture, Categorical):
        raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
    if not isinstance(component, Distribution):
        raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
    mixture_batch, component_batch = mixture.batch_shape, component.batch_shape[:-1]
    for i, j in zip(reversed(mixture_batch), reversed(component_batch), strict=False):
        if i != 1 and j != 1 and i != j:
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({mixture_batch}) is not compatible with "
                f"`component_distribution.batch_shape`({component_batch})"
            )
    picks, components = mixture.logits.shape[-1], component.batch_shape[-1]
    if picks != components:
        raise ValueError(
            f"`mixture_distribution component` ({picks}) does not equal `component_distribution.batch_shape[-1]` ({components})"
        )
