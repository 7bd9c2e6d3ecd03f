"""The base class of all distributions: shapes, validation, and what follows from sampling and densities (torch.distributions.distribution)."""

from __future__ import annotations

import warnings

import torchlike as torch
from torchlike import Tensor

from . import constraints
from .utils import lazy_property

__all__ = ["Distribution"]


class Distribution:
    """A probability distribution over events of `event_shape`, `batch_shape` of them side by side."""

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether parameters and values are checked where the constructor does not say (they are, except under `python -O`)."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape=torch.Size(), event_shape=torch.Size(), validate_args=None):
        self._batch_shape = batch_shape
        self._event_shape = event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()
        super().__init__()

    def _validate_parameters(self) -> None:
        try:
            known = self.arg_constraints
        except NotImplementedError:
            known = {}
            warnings.warn(
                f"{self.__class__} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize the distribution "
                "with `validate_args=False` to turn off validation."
            )
        verdicts = []
        for name, constraint in known.items():
            derived = name not in self.__dict__ and isinstance(getattr(type(self), name), lazy_property)
            if not derived and not constraints.is_dependent(constraint):
                value = getattr(self, name)
                verdicts.append((name, constraint, value, constraint.check(value).all()))
        # All are asked before the first is read, so that one run of pending work answers them all.
        for name, constraint, value, valid in verdicts:
            if not valid:
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution {self!r} to satisfy "
                    f"the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def expand(self, batch_shape, _instance=None):
        """The distribution with its batch dimensions expanded to `batch_shape`; no parameter is copied."""
        raise NotImplementedError

    def _expanded(self, cls, batch_shape, instance):
        """`expand` for a class whose parameters are the attributes that its `arg_constraints` names."""
        new = self._get_checked_instance(cls, instance)
        batch_shape = torch.Size(batch_shape)
        for name, constraint in cls.arg_constraints.items():
            if name in self.__dict__:
                value = self.__dict__[name]
                own = value.shape[value.dim() - constraint.event_dim :]
                new.__dict__[name] = value.expand(batch_shape + own)
        return new._finish_expand(self, batch_shape)

    def _finish_expand(self, old, batch_shape, event_shape=None):
        """Set what every distribution has, after the parameters of an expanded one."""
        Distribution.__init__(self, torch.Size(batch_shape), old._event_shape if event_shape is None else event_shape, validate_args=False)
        self._validate_args = old._validate_args
        return self

    @property
    def batch_shape(self) -> torch.Size:
        """The shape over which parameters are batched."""
        return self._batch_shape

    @property
    def event_shape(self) -> torch.Size:
        """The shape of one draw."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict:
        """The constraint that each parameter must satisfy, by name."""
        raise NotImplementedError

    @property
    def support(self):
        """The constraint that draws satisfy."""
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{self.__class__} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape=torch.Size()) -> Tensor:
        """Draws of shape sample_shape + batch_shape + event_shape, without gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=torch.Size()) -> Tensor:
        """Draws that are differentiable functions of the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """`sample((n,))`, as it used to be called."""
        warnings.warn("`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", FutureWarning, stacklevel=2)
        return self.sample(torch.Size((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The log of the density, or of the probability, at `value`."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw up to `value`."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of `cdf`."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution along dimension 0, expanded over the batch if asked."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The entropy, over the batch."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return torch.exp(self.entropy())

    def _extended_shape(self, sample_shape=torch.Size()) -> torch.Size:
        return torch.Size(sample_shape) + torch.Size(self._batch_shape) + torch.Size(self._event_shape)

    def _validate_sample(self, value: Tensor) -> None:
        """Raise ValueError for a value that is no tensor, has a wrong shape or lies outside the support."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        batch = value.dim() - len(self._event_shape)
        if value.shape[max(batch, 0) :] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {value.size()} vs {self._event_shape}.")
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(value.shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.size()} vs {expected}.")
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{self.__class__} does not define `support` to enable sample validation. Please initialize the distribution with "
                "`validate_args=False` to turn off validation."
            )
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support ({support!r}) of "
                f"the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _get_checked_instance(self, cls, _instance=None):
        """The object that `expand` of `cls` fills in: a new one, unless a subclass that has its own constructor passed its own."""
        if _instance is None and type(self).__init__ != cls.__init__:
            raise NotImplementedError(
                f"Subclass {self.__class__.__name__} of {cls.__name__} that defines a custom __init__ method must also define a custom "
                ".expand() method."
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def __repr__(self):
        shown = [name for name in self.arg_constraints if name in self.__dict__]
        values = ((name, self.__dict__[name]) for name in shown)
        return f"{self.__class__.__name__}({', '.join(f'{n}: {v if v.numel() == 1 else v.size()}' for n, v in values)})"
