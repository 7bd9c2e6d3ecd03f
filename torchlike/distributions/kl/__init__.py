"""Kullback-Leibler divergences between distributions, and how to register more (torch.distributions.kl)."""

from . import across, multivariate, same
from .registry import _KL_MEMOIZE, _KL_REGISTRY, _dispatch_kl, kl_divergence, register_kl
from .same import _kl_expfamily_expfamily

__all__ = ["register_kl", "kl_divergence"]
