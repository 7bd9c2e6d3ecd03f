"""Copying and pickling Tensors. Values are immutable, so a deep copy needs a new storage but no new array.

A pickle holds one tensor's elements, never its graph, its gradient or what it shares memory with (`torchlike.save` keeps sharing).
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from ..execution import placed
from .device import to_jax_device
from .overrides import overrides
from .storage import Storage
from .tensor import Tensor, _new, from_value, make, make_alias, value_of

_NEW_EMPTY = (
    "The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types that implement new_empty() and for "
    "which that function returns another instance of the same subclass. You should either properly implement new_empty() for your subclass or "
    "override __deepcopy__() if it is intended behavior for new_empty() to return an instance of a different type."
)


def user_attributes(tensor: Tensor) -> dict[str, Any]:
    """What the user stored on the Tensor."""
    return dict(vars(tensor))


def deepcopy_tensor(tensor: Tensor, memo: dict) -> Tensor:
    """`copy.deepcopy(tensor)`: leaves only, with their gradient and attributes; tensors that share memory still do among the copies."""
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were attempting "
            "to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    if id(tensor) in memo:
        return memo[id(tensor)]
    if overrides(type(tensor)) and type(tensor) is not Tensor and type(tensor.new_empty([])) is not type(tensor):  # type: ignore[attr-defined]
        raise RuntimeError(_NEW_EMPTY)
    storages = memo.setdefault("torchlike storages", {})
    storage = tensor._storage
    if id(storage) not in storages:
        storages[id(storage)] = Storage(storage.value, storage.aval)
    twin = _new(type(tensor))
    twin._storage, twin._aval, twin._inference = storages[id(storage)], tensor._aval, tensor._inference
    if tensor._view is not None:
        twin._view = tensor._view.detached()
        twin._view.seen = -1
    twin._requires_grad = tensor._requires_grad
    memo[id(tensor)] = twin
    if tensor._grad is not None:
        twin._grad = deepcopy_tensor(tensor._grad, memo)
    vars(twin).update(copy.deepcopy(user_attributes(tensor), memo))
    return twin


def copy_tensor(tensor: Tensor) -> Tensor:
    """`copy.copy(tensor)`: another Tensor on the same memory, with the attributes and the need of a gradient, but no history."""
    twin = make_alias(tensor)
    twin.__class__ = type(tensor)
    twin._requires_grad = tensor.requires_grad
    vars(twin).update(user_attributes(tensor))
    return twin


def deepcopy_parameter(parameter: Tensor, memo: dict) -> Tensor:
    """`copy.deepcopy(parameter)`: a parameter of its own, without gradient."""
    if id(parameter) not in memo:
        memo[id(parameter)] = _remade(type(parameter), make(value_of(parameter), parameter._aval), parameter.requires_grad)
    return memo[id(parameter)]


def _remade(cls, data: Tensor, requires_grad: bool) -> Tensor:
    return cls(data, requires_grad)


def reduce_tensor(tensor: Tensor, protocol) -> tuple:
    """`Tensor.__reduce_ex__`: elements, class, device and requires_grad, and the user's attributes."""
    warn_if_has_hooks(tensor)
    array, place = np.asarray(tensor.detach().jax()), str(tensor.device)
    return rebuild_tensor, (type(tensor), array, place, tensor.requires_grad), user_attributes(tensor) or None


def rebuild_tensor(cls: type, array: np.ndarray, place: str, requires_grad: bool) -> Tensor:
    """The inverse of `reduce_tensor`; a device this machine lacks raises RuntimeError."""
    tensor = from_value(placed(array, to_jax_device(place))).requires_grad_(requires_grad)
    tensor.__class__ = cls
    return tensor


def reduce_parameter(parameter: Tensor) -> tuple:
    """`Parameter.__reduce_ex__`."""
    warn_if_has_hooks(parameter)
    return _remade, (type(parameter), parameter.data, parameter.requires_grad), user_attributes(parameter) or None


def warn_if_has_hooks(tensor: Tensor) -> None:
    """Warn of each hook on a Tensor that a pickle leaves behind."""
    if tensor._hooks is None:
        return
    for group in tensor._hooks.tensor.values():
        for hook in group.values():
            if not hasattr(hook, "__torch_unserializable__"):
                warnings.warn(
                    f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function with "
                    "@torch.utils.hooks.unserializable_hook to suppress this warning",
                    stacklevel=5,
                )
