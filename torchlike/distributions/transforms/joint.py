"""Several transforms side by side on parts of one dimension."""

from __future__ import annotations

import torchlike as torch

from .. import constraints
from ..utils import _sum_rightmost, lazy_property
from .base import Transform


def _demand_transforms(tseq) -> None:
    if not all(isinstance(t, Transform) for t in tseq):
        raise AssertionError("All elements of tseq must be Transform instances")


class _Joint(Transform):
    """What CatTransform and StackTransform share. `_parts` cuts a tensor, `_join` puts it together."""

    def __init__(self, tseq, dim=0, cache_size=0):
        _demand_transforms(tseq)
        if cache_size:
            tseq = [t.with_cache(cache_size) for t in tseq]
        super().__init__(cache_size=cache_size)
        self.transforms = list(tseq)
        self.dim = dim

    @property
    def bijective(self):  # type: ignore[override]
        return all(t.bijective for t in self.transforms)

    def _parts(self, z):
        raise NotImplementedError

    def _join(self, parts):
        raise NotImplementedError

    def _check(self, name, z, expected, words) -> None:
        if not -z.dim() <= self.dim < z.dim():
            raise AssertionError(f"dim {self.dim} out of range for tensor with {z.dim()} dimensions")
        if z.shape[self.dim] != expected:
            raise AssertionError(f"{name}.size({self.dim}) = {z.shape[self.dim]} must equal {words} {expected}")

    def _call(self, x):
        return self._join([t(part) for t, part in zip(self.transforms, self._parts(x), strict=True)])

    def _inverse(self, y):
        return self._join([t.inv(part) for t, part in zip(self.transforms, self._parts(y, "y"), strict=True)])


class CatTransform(_Joint):
    """Each transform on its stretch, of the given lengths, of dimension `dim`."""

    def __init__(self, tseq, dim=0, lengths=None, cache_size=0):
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    @lazy_property
    def event_dim(self):  # type: ignore[override]
        return max(t.event_dim for t in self.transforms)

    @lazy_property
    def length(self):
        """The length of the dimension."""
        return sum(self.lengths)

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _parts(self, z, name="x"):
        self._check(name, z, self.length, "length")
        return z.split(self.lengths, self.dim)

    def _join(self, parts):
        return torch.cat(parts, dim=self.dim)

    def log_abs_det_jacobian(self, x, y):
        parts = []
        for t, before, after in zip(self.transforms, self._parts(x), self._parts(y, "y"), strict=True):
            parts.append(_sum_rightmost(t.log_abs_det_jacobian(before, after), self.event_dim - t.event_dim))
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        # Inside the event the parts' terms add up; left of it they stand side by side.
        return torch.cat(parts, dim=dim) if dim < 0 else sum(parts)

    @constraints.dependent_property
    def domain(self):
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self):
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(_Joint):
    """Each transform on its slice of dimension `dim`."""

    def with_cache(self, cache_size=1):
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _parts(self, z, name="x"):
        self._check(name, z, len(self.transforms), "len(transforms)")
        return z.unbind(self.dim)

    def _join(self, parts):
        return torch.stack(parts, dim=self.dim)

    def log_abs_det_jacobian(self, x, y):
        triples = zip(self.transforms, self._parts(x), self._parts(y, "y"), strict=True)
        return self._join([t.log_abs_det_jacobian(before, after) for t, before, after in triples])

    @constraints.dependent_property
    def domain(self):
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self):
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
