"""Attributes of Tensor that show what autograd keeps for it: its hooks as dictionaries, and the dtype its gradient is to have."""

from __future__ import annotations

from ..core.dtype import SAME_DTYPE, dtype, scalar_type_name, type_id_name
from ..core.node import Hooks
from ..core.tape import CastingAccumulateGrad, accumulator


def _backward_hooks(self):
    of_node = None if self._node is None or self._node.hooks is None else self._node.hooks.tensor.get(self._nr)
    return of_node if of_node is not None or self._hooks is None else self._hooks.tensor.get(self._nr)


def _set_backward_hooks(self, value) -> None:
    # A non-leaf keeps the dictionary, but its node does not know of it until `_register_hook_dict` tells it.
    hooks = self._hooks = self._hooks or Hooks()
    hooks.tensor.pop(self._nr, None)
    if value is not None:
        hooks.tensor[self._nr] = value
    if self._node is None and self._requires_grad:
        accumulator(self).hooks = hooks


def _delete_backward_hooks(self) -> None:
    raise RuntimeError("Deletion of _backwards_hooks not allowed!")


def _post_accumulate_grad_hooks(self):
    return self._hooks.accumulated or None if self._hooks is not None else None


def _grad_fn(self):
    return self.grad_fn


def _delete_grad_fn(self) -> None:
    raise RuntimeError("Deletion of _grad_fn not allowed. Detach tensor instead!")


def _grad_dtype(self) -> dtype | None:
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
    return self.dtype if self._grad_dtype is SAME_DTYPE else self._grad_dtype


def _set_grad_dtype(self, value: dtype | None) -> None:
    if not self.is_leaf:
        raise RuntimeError("grad_dtype can only be set on leaf tensors.")
    if value is not None and not isinstance(value, dtype):
        raise RuntimeError(f"grad_dtype must be a torch.dtype or None, but got {type(value).__name__}")
    grad = self._grad
    if value is not None and grad is not None and grad.dtype != value:
        raise RuntimeError(
            f"Cannot set grad_dtype to '{scalar_type_name(value.np)}' because there is already a gradient with dtype "
            f"'{type_id_name(grad._aval.dtype)}'. Please clear the gradient (.grad = None) before changing grad_dtype, or ensure the new grad_dtype "
            "matches the existing gradient's dtype."
        )
    self._grad_dtype = value
    live = self._accumulator() if self._accumulator is not None else None
    if live is not None:
        live.__class__ = CastingAccumulateGrad


def install_attributes(cls: type) -> None:
    """Attach these attributes to Tensor."""
    documented = {
        "_backward_hooks": property(_backward_hooks, _set_backward_hooks, _delete_backward_hooks, "The dictionary of this Tensor's hooks, or None."),
        "_post_accumulate_grad_hooks": property(_post_accumulate_grad_hooks, doc="The dictionary of this leaf's post-accumulate hooks, or None."),
        "_grad_fn": property(_grad_fn, fdel=_delete_grad_fn, doc="`grad_fn`."),
        "grad_dtype": property(_grad_dtype, _set_grad_dtype, doc="The dtype that this leaf's gradient is to have; None for any."),
    }
    for name, attribute in documented.items():
        setattr(cls, name, attribute)
