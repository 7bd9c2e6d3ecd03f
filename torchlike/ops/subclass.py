"""Tensors as instances of a user's subclass of Tensor: constructors and conversions."""

from __future__ import annotations

from ..core.tensor import Tensor, _new, fields_of
from ..core.view import view_op


def _same_geometry(shape, strides, offset):
    return shape, strides, offset


def _put_whole(source, new):
    return new


@view_op(_same_geometry, _put_whole)
def _alias(input, /):
    return input


def alias(tensor: Tensor) -> Tensor:
    """A view of all of a Tensor."""
    return _alias(tensor)


def instance_of(cls: type, tensor: Tensor) -> Tensor:
    """`tensor`, just made, as an instance of `cls`."""
    if getattr(cls, "__torch_dispatch__", None) is not None:
        raise NotImplementedError(
            f"{cls.__name__} defines __torch_dispatch__, which torchlike does not call: its kernels are compiled whole and have no layer of "
            "aten operators to intercept. Use __torch_function__, which sees the public functions."
        )
    result = _new(cls)
    fields_of(result).update(fields_of(tensor))
    return result


def _check_class(cls) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if not issubclass(cls, Tensor):
        raise TypeError("Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class "
                        "inherits from Tensor.")


def as_subclass(self, cls):
    """A view of this Tensor that is an instance of `cls`, differentiable (torch.Tensor.as_subclass)."""
    _check_class(cls)
    return instance_of(cls, alias(self))


def _make_subclass(cls, data, require_grad=False):
    """A leaf of class `cls` over the memory of `data`, outside its graph (torch.Tensor._make_subclass)."""
    _check_class(cls)
    if not isinstance(data, Tensor):
        raise TypeError(f"_make_subclass(): argument 'data' (position 2) must be Tensor, not {type(data).__name__}")
    if require_grad and not data._aval.inexact:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    result = instance_of(cls, data.detach())
    result._requires_grad = require_grad
    return result


def _make_wrapper_subclass(cls, *size, **options):
    """Tensors without memory whose operators are all handled by `__torch_dispatch__`, which torchlike does not call."""
    _check_class(cls)
    if getattr(cls, "__torch_dispatch__", None) is None:
        raise TypeError(f"{cls.__name__} must define __torch_dispatch__")
    raise NotImplementedError("torchlike does not call __torch_dispatch__, without which a wrapper subclass has no operators")


def install(cls: type) -> None:
    """Attach the conversions to Tensor."""
    cls.as_subclass = as_subclass  # type: ignore[attr-defined]
    for method in (_make_subclass, _make_wrapper_subclass):
        setattr(cls, method.__name__, staticmethod(method))
