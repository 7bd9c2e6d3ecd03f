"""Pruning (torch.nn.utils.prune): setting parts of parameters to zero, by chance, by size, by a given mask, in one tensor or across many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import cat, kthvalue, ones_like, rand, rand_like, topk, zeros_like
from ..module import Module
from .convert_parameters import parameters_to_vector
from .pruning_base import (
    BasePruningMethod,
    PruningContainer,
    _compute_norm,
    _compute_nparams_toprune,
    _number_to_prune,
    _validate_pruning_amount,
    _validate_pruning_amount_init,
    _validate_pruning_dim,
    _validate_structured_pruning,
)

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer", "RandomStructured",
    "RandomUnstructured", "_compute_nparams_toprune", "_validate_pruning_amount", "custom_from_mask", "global_unstructured", "identity",
    "is_pruned", "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class Identity(BasePruningMethod):
    """Prunes nothing, but sets everything up (torch.nn.utils.prune.Identity)."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask) -> Any:
        return default_mask


class RandomUnstructured(BasePruningMethod):
    """Prunes elements at random (torch.nn.utils.prune.RandomUnstructured)."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount):
        _validate_pruning_amount_init(amount)
        self.amount = amount

    def compute_mask(self, t, default_mask) -> Any:
        return _without_smallest(rand_like(t), _number_to_prune(self.amount, t.nelement()), default_mask)


class L1Unstructured(BasePruningMethod):
    """Prunes the elements nearest to zero (torch.nn.utils.prune.L1Unstructured)."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount):
        _validate_pruning_amount_init(amount)
        self.amount = amount

    def compute_mask(self, t, default_mask) -> Any:
        return _without_smallest(t.abs(), _number_to_prune(self.amount, t.nelement()), default_mask)


def _without_smallest(scores, count: int, mask):
    """The mask with the elements of the `count` smallest scores set to zero."""
    mask = mask.clone()
    if count:
        mask.view(-1)[topk(scores.reshape(-1), k=count, largest=False).indices] = 0
    return mask


def _keeping(t, dim: int, channels, mask):
    """The mask without the slices along `dim` that `channels`, an index, does not name."""
    kept = zeros_like(t)
    where: list[Any] = [slice(None)] * t.dim()
    where[dim] = channels
    kept[tuple(where)] = 1
    return kept * mask.to(dtype=kept.dtype)


class RandomStructured(BasePruningMethod):
    """Prunes slices along a dimension at random (torch.nn.utils.prune.RandomStructured)."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim: int = -1):
        _validate_pruning_amount_init(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t, default_mask) -> Any:
        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        size = t.shape[self.dim]
        count = _number_to_prune(self.amount, size)
        if count == 0:
            return default_mask
        chances = rand(size)
        return _keeping(t, self.dim, chances > kthvalue(chances, k=count).values, default_mask)


class LnStructured(BasePruningMethod):
    """Prunes the slices along a dimension with the smallest norm of order `n` (torch.nn.utils.prune.LnStructured)."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount, n, dim: int = -1):
        _validate_pruning_amount_init(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t, default_mask) -> Any:
        _validate_structured_pruning(t)
        _validate_pruning_dim(t, self.dim)
        size = t.shape[self.dim]
        count = _number_to_prune(self.amount, size)
        largest = topk(_compute_norm(t, self.n, self.dim), k=size - count, largest=True)
        return default_mask if count == 0 else _keeping(t, self.dim, largest.indices, default_mask)


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask does not keep (torch.nn.utils.prune.CustomFromMask)."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}")
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def identity(module: Module, name: str) -> Module:
    """Set up pruning of a parameter without pruning anything; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount) -> Module:
    """Prune a count or fraction of a parameter's elements at random; returns the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount, importance_scores=None) -> Module:
    """Prune a count or fraction of a parameter's elements, the least important first; returns the module."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount, dim: int) -> Module:
    """Prune a count or fraction of a parameter's slices along `dim` at random; returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Module, name: str, amount, n, dim: int, importance_scores=None) -> Module:
    """Prune a count or fraction of a parameter's slices along `dim`, those of the smallest `n`-norm first; returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask) -> Module:
    """Prune a parameter by a mask; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs) -> None:
    """Prune several parameters, `(module, name)` pairs, as if they were one tensor (torch.nn.utils.prune.global_unstructured).

    `importance_scores` may give scores for some of the pairs; `kwargs` go to the method, which must be an unstructured one.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    importance_scores = {} if importance_scores is None else importance_scores
    if not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    scores = parameters_to_vector([importance_scores.get(pair, t) for pair, t in zip(pairs, tensors, strict=True)])
    old = [getattr(module, name + "_mask", None) for module, name in pairs]
    mask = cat([(ones_like(t) if m is None else m).reshape(-1) for t, m in zip(tensors, old, strict=True)])
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. '
            f"Found method {pruning_method} of type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    final = container.compute_mask(scores, mask)
    for (module, name), t, part in zip(pairs, tensors, final.split([t.numel() for t in tensors]), strict=True):
        custom_from_mask(module, name, mask=part.view_as(t))


def remove(module: Module, name: str) -> Module:
    """Make a pruned tensor an ordinary parameter, pruned for good; ValueError if it is not pruned. Returns the module."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Module) -> bool:
    """Whether anything in the module is pruned."""
    return any(isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values())
