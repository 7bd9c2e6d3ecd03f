"""Parameter and Buffer: Tensors a Module registers by itself when they are assigned to it."""

from __future__ import annotations

from ..core.faces import activate
from ..core.overrides import disabled_torch_function_impl
from ..core.pickling import deepcopy_parameter, reduce_parameter
from ..core.tensor import Tensor
from ..ops.create import empty


class _FlagMeta(type(Tensor)):  # type: ignore[misc]
    """Lets `isinstance(t, Parameter)` be true of an instance of another Tensor class that carries the flag."""

    def __instancecheck__(cls, instance):
        if type.__instancecheck__(cls, instance):
            return True
        flag = cls.__dict__.get("_flag")
        return flag is not None and isinstance(instance, Tensor) and getattr(instance, flag, False) is True


class Parameter(Tensor, metaclass=_FlagMeta):
    """A Tensor that becomes a module's parameter by assignment (torch.nn.Parameter).

    It shares memory with `data`, is a leaf, and requires grad unless told otherwise, inside `no_grad` too. An instance of a Tensor
    subclass keeps its class and is flagged instead.
    """

    _is_param = True
    _flag = "_is_param"
    __torch_function__ = disabled_torch_function_impl

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = empty(0)
        if type(data) in (Tensor, Parameter):
            return Tensor._make_subclass(cls, data, requires_grad)
        flagged = data.detach().requires_grad_(requires_grad)
        if type(flagged) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an instance of the "
                f"same type, but return type {type(flagged).__name__} was found instead. To use the type as a Parameter, please correct "
                "the detach() semantics defined by its __torch_dispatch__() implementation."
            )
        flagged._is_param = True
        return flagged

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo):
        return deepcopy_parameter(self, memo)

    def __reduce_ex__(self, protocol):
        return reduce_parameter(self)


class Buffer(Tensor, metaclass=_FlagMeta):
    """A Tensor that becomes a module's buffer by assignment (torch.nn.Buffer); `persistent=False` keeps it out of the state dict."""

    _flag = "_is_buffer"
    __torch_function__ = disabled_torch_function_impl

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = empty(0)
        flagged = data.detach().requires_grad_(data.requires_grad)
        flagged.persistent = persistent
        flagged._is_buffer = True
        return flagged


# What can be done before the shape is known; `size` explains itself.
_ALLOWED = frozenset((
    "to", "cpu", "cuda", "half", "float", "double", "char", "short", "int", "long", "get_device", "is_complex", "is_floating_point", "size",
    "copy_", "__hash__",
))  # fmt: skip


class UninitializedTensorMixin:
    """A Tensor whose shape is not known before the first forward: it can be moved, cast and materialised, nothing else."""

    cls_to_become: type = Tensor

    def materialize(self, shape, device=None, dtype=None) -> None:
        """Give it a shape: from here on it is an ordinary Parameter or Tensor with uninitialised contents."""
        data: Tensor = self.data
        self.data: Tensor = empty(shape, device=device or data.device, dtype=dtype or data.dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying "
            "to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing "
            "their attributes."
        )

    def share_memory_(self):
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling "
            "`module.share_memory()`."
        )

    def __repr__(self):
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.data.device, self.data.dtype)
        return memo[id(self)]

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in _ALLOWED or name in ("__get__", "__set__", "__delete__"):
            return super().__torch_function__(func, types, args, kwargs or {})
        raise ValueError(
            f"Attempted to use an uninitialized parameter in {func}. This error happens when you are using a `LazyModule` or explicitly "
            f"manipulating `torch.nn.parameter.{cls.__name__}` objects. When using LazyModules Call `forward` with a dummy batch to "
            "initialize the parameters before calling torch functions"
        )

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad,)


class UninitializedParameter(UninitializedTensorMixin, Parameter, asks_when_made=True):  # type: ignore[misc]
    """A Parameter without a shape (torch.nn.UninitializedParameter)."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        # The first one: from now on functions ask it, which refuses them.
        activate()
        return Tensor._make_subclass(cls, empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A buffer without a shape (torch.nn.UninitializedBuffer)."""

    cls_to_become = Tensor
    __torch_function__ = disabled_torch_function_impl

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        buffer = Tensor._make_subclass(cls, empty(0, device=device, dtype=dtype), requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


def is_lazy(param) -> bool:
    """Whether `param` still waits for its shape."""
    return isinstance(param, UninitializedTensorMixin)
