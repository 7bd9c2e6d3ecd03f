"""The LKJ distribution over Cholesky factors of correlation matrices."""

from __future__ import annotations

import math

import torchlike as torch

from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Factors L of correlation matrices with density proportional to det(L L^T) ** (concentration - 1).

    Lewandowski, Kurowicka and Joe, Generating random correlation matrices based on vines and extended onion method (2009).
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        # The squared length of the k elements of a row before the diagonal is Beta(k / 2, ...): the onion method needs k / 2, where PyTorch
        # has k - 1 / 2, which makes its correlations too large from the third row on. The first row has no such element; its draw is unused.
        offset = torch.arange(dim - 1, dtype=self.concentration.dtype, device=self.concentration.device)
        offset = torch.cat([offset.new_zeros((1,)), offset])
        marginal = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(0.5 * offset + 0.5, marginal.unsqueeze(-1) - 0.5 * offset)
        super().__init__(self.concentration.size(), torch.Size((dim, dim)), validate_args)

    def expand(self, batch_shape, _instance=None):
        new = self._expanded(LKJCholesky, batch_shape, _instance)
        new.dim = self.dim
        new._beta = self._beta.expand(torch.Size(batch_shape) + (self.dim,))
        return new

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return self._draw(sample_shape)

    def _draw(self, sample_shape):
        """The onion method: rows are uniform directions of beta distributed length, completed to length 1."""
        squared = self._beta.sample(sample_shape).unsqueeze(-1)
        normals = torch.randn(self._extended_shape(sample_shape), dtype=squared.dtype, device=squared.device).tril(-1)
        directions = normals / normals.norm(dim=-1, keepdim=True)
        below = squared.sqrt() * torch.cat([torch.zeros_like(directions[..., :1, :]), directions[..., 1:, :]], -2)
        tiny = torch.finfo(below.dtype).tiny
        return below + (1 - (below**2).sum(dim=-1)).clamp(min=tiny).sqrt().diag_embed()

    def log_prob(self, value):
        if self._validate_args:
            self._validate_sample(value)
        n = self.dim - 1
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        row = torch.arange(2, self.dim + 1, device=self.concentration.device)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - row
        alpha = self.concentration + 0.5 * n
        norm = 0.5 * n * math.log(math.pi) + torch.mvlgamma(alpha - 0.5, n) - torch.lgamma(alpha) * n
        return (order * diagonal.log()).sum(-1) - norm
