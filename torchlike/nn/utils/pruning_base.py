"""How pruning works: a parameter becomes `<name>_orig`, a buffer `<name>_mask` says what is left of it, and a hook multiplies the two.

Here are the base class of all methods, the container for several on one tensor, and the checks of their arguments.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from typing import Any

from ... import norm, ones_like
from ..module import Module


class BasePruningMethod(ABC):
    """Base class of pruning methods (torch.nn.utils.prune.BasePruningMethod); an instance is the forward pre-hook of one tensor.

    Subclasses define `compute_mask` and PRUNING_TYPE: "unstructured" (elements), "structured" (slices along `self.dim`) or "global".
    """

    _tensor_name: str
    PRUNING_TYPE: str

    def __call__(self, module: Module, inputs) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t, default_mask) -> Any:
        """The mask for a tensor of importance scores, on top of the mask there is."""

    def apply_mask(self, module: Module) -> Any:
        """The pruned tensor: original times mask."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(dtype=original.dtype) * original

    @classmethod
    def apply(cls, module: Module, name: str, *args, importance_scores=None, **kwargs) -> BasePruningMethod:
        """Prune a parameter of the module by this method, after the methods that prune it already; returns the hook."""
        method = _joined(_take_hook(module, name), cls(*args, **kwargs), name)
        original = getattr(module, name)
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got {importance_scores.shape} vs "
                f"{original.shape}"
            )
        first = not isinstance(method, PruningContainer)
        if first:
            module.register_parameter(name + "_orig", original)
            del module._parameters[name]
            mask = ones_like(original)
        else:
            mask = getattr(module, name + "_mask").detach().clone()
        try:
            module.register_buffer(name + "_mask", method.compute_mask(importance_scores, default_mask=mask))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if first:
                module.register_parameter(name, getattr(module, name + "_orig"))
                del module._parameters[name + "_orig"]
            raise
        return method

    def prune(self, t, default_mask=None, importance_scores=None) -> Any:
        """A pruned copy of a tensor, without a module."""
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        return t * self.compute_mask(importance_scores, default_mask=ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Module) -> None:
        """Make the tensor an ordinary parameter again, pruned for good."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters[name + "_orig"]
        original.data = pruned.data
        del module._parameters[name + "_orig"]
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several methods on one tensor, the newest last (torch.nn.utils.prune.PruningContainer)."""

    def __init__(self, *args: BasePruningMethod):
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Append a method; TypeError if it is none, ValueError if it is for another tensor."""
        if method is not None:
            if not isinstance(method, BasePruningMethod):
                raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
            if self._tensor_name != method._tensor_name:
                raise ValueError(
                    f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer {self}."
                    f" Found '{method._tensor_name}'"
                )
        self._pruning_methods += (method,)  # type: ignore[operator]

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, idx):
        return self._pruning_methods[idx]

    def compute_mask(self, t, default_mask) -> Any:
        """The mask after the newest method, which sees only what the mask leaves of the tensor."""
        method = self._pruning_methods[-1]
        where = _unpruned(method, t, default_mask)
        mask = default_mask.to(dtype=t.dtype)
        mask[where] = method.compute_mask(t[where], default_mask=default_mask[where]).to(dtype=mask.dtype)
        return mask


def _take_hook(module: Module, name: str) -> BasePruningMethod | None:
    """The hook that prunes this tensor, removed from the module's hooks."""
    found = [k for k, hook in module._forward_pre_hooks.items() if isinstance(hook, BasePruningMethod) and hook._tensor_name == name]
    if len(found) > 1:
        raise AssertionError(
            f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a PruningContainer."
        )
    return module._forward_pre_hooks.pop(found[0]) if found else None


def _joined(old: BasePruningMethod | None, new: BasePruningMethod, name: str) -> BasePruningMethod:
    new._tensor_name = name
    if old is None:
        return new
    container = old if isinstance(old, PruningContainer) else PruningContainer(old)
    container.add_pruning_method(new)
    return container


def _unpruned(method: BasePruningMethod, t, mask):
    """An index of what the mask leaves to the method."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
        dim = method.dim + t.ndim if method.dim < 0 else method.dim
        if dim < 0:
            raise IndexError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
        kept = mask.sum([d for d in range(t.ndim) if d != dim]) != 0
        return (*[slice(None)] * dim, kept, *[slice(None)] * (t.ndim - dim - 1))
    if method.PRUNING_TYPE == "global":
        return (slice(None),) * t.ndim
    raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")


def _validate_pruning_amount_init(amount) -> None:
    """TypeError unless it is a number, ValueError unless it is a count or a fraction."""
    if not isinstance(amount, numbers.Number):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or not isinstance(amount, numbers.Integral) and amount > 1:  # type: ignore[operator]
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _validate_pruning_amount(amount, tensor_size: int) -> None:
    """ValueError if a count is more than there are."""
    if isinstance(amount, numbers.Integral) and amount > tensor_size:  # type: ignore[operator]
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={tensor_size}")


def _compute_nparams_toprune(amount, tensor_size: int) -> int:
    """How many of `tensor_size` to prune, from a count or a fraction."""
    return amount if isinstance(amount, numbers.Integral) else round(amount * tensor_size)  # type: ignore[return-value]


def _number_to_prune(amount, tensor_size: int) -> int:
    count = _compute_nparams_toprune(amount, tensor_size)
    _validate_pruning_amount(count, tensor_size)
    return count


def _validate_structured_pruning(t) -> None:
    """ValueError unless the tensor has slices that are not single elements."""
    if len(t.shape) <= 1:
        raise ValueError(
            f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with {len(t.shape)} dims"
        )


def _validate_pruning_dim(t, dim: int) -> None:
    """IndexError if the tensor has no such dimension."""
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")


def _compute_norm(t, n, dim: int) -> Any:
    """The norm of order `n` of each slice along `dim`."""
    dims = list(range(t.dim()))
    dims.remove(dims[dim])
    return norm(t, p=n, dim=dims)
