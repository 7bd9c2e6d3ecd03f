"""The Tensor: a mutable handle on an immutable value. Its operations are attached by `core.install` from the declarations in ops/."""

from __future__ import annotations

import weakref

import jax

from ..execution import Aval, Lifted, Pending, aval_of, executor
from .attributes import UserAttributes, declare
from .device import device as Device
from .device import from_jax_device
from .dtype import FROM_NUMPY, SAME_DTYPE, dtype, scalar_type_name, type_id_name
from .modes import state
from .size import Size, size_of
from .storage import Storage, VersionCounter

_NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated during "
    "autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf "
    "Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
    "github.com/pytorch/pytorch/pull/30531 for more information."
)

_IN_TRANSFORM = (
    "You are attempting to call Tensor.{0}() {1}inside of a function being transformed by a functorch transform. This is unsupported, please "
    "attempt to use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call {0}() outside of a function being transformed "
    "instead."
)


class TensorBase:
    """Has the dictionary that a Tensor is kept in; `Tensor.__dict__` shows only the user's part of it."""


fields_of = vars(TensorBase)["__dict__"].__get__


class Tensor(TensorBase):
    """An n-dimensional array that remembers how it was computed (torch.Tensor)."""

    # Most Tensors are fresh results that set three of these; class defaults keep making one cheap. The types are in tensor.pyi: names in
    # annotations would be looked up where the class shows, in `torchlike`.
    _storage: object
    _aval: object
    _view = None
    _counter = None
    _node = None
    _nr = 0
    _requires_grad = False
    _grad = None
    _hooks = None
    _accumulator = None
    _inference = False
    _grad_dtype = SAME_DTYPE

    __array_priority__ = 1000

    @property
    def __dict__(self) -> dict:  # type: ignore[override]
        return UserAttributes(fields_of(self))

    @__dict__.setter
    def __dict__(self, attributes):
        shown = self.__dict__
        shown.clear()
        shown.update(attributes)

    def __init_subclass__(cls, asks_when_made: bool = False, **kwargs):
        # A class that overrides functions has them ask from now on; with `asks_when_made` it sees to that itself, for its first instance.
        super().__init_subclass__(**kwargs)
        from .faces import notice_class

        if not asks_when_made:
            notice_class(cls)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """What an instance of a subclass answers for a function it is passed to: its result, as an instance of the subclass."""
        from .overrides import default_torch_function

        return default_torch_function(cls, func, types, args, kwargs)

    @property
    def shape(self) -> Size:
        """The extents of the dimensions."""
        return size_of(self._aval.shape)

    @property
    def dtype(self) -> dtype:
        """The element type."""
        return FROM_NUMPY[self._aval.dtype]

    @property
    def device(self) -> Device:
        """Where the value lives."""
        return from_jax_device(self._aval.device)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._aval.ndim

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this Tensor; settable on leaves."""
        view = self._view
        return self._requires_grad or (view is not None and view.base is not None and self._aval.inexact and view.base.requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool):
        if not isinstance(value, bool):
            raise RuntimeError("requires_grad must be a bool")
        if not self.is_leaf:
            if value:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph "
                "that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and not self._aval.inexact:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        if value and self._inference and not state.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = value
        if value and self._view is not None:
            self._view.hidden = False

    @requires_grad.deleter
    def requires_grad(self):
        raise RuntimeError("requires_grad must be a bool")

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set requires_grad in place; returns self."""
        if requires_grad and not self._aval.inexact:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if state.transforms:
            raise RuntimeError(_IN_TRANSFORM.format("requires_grad_", "(or perhaps using torch.autograd.functional.* APIs) "))
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self):
        """The node that made this Tensor; None for a leaf."""
        if self._view is not None:
            from .view import refresh_history

            refresh_history(self)
        node = self._node
        return None if node is None or node.is_stand_in else node

    @property
    def is_leaf(self) -> bool:
        """Whether this Tensor was made by the user rather than by a recorded operation."""
        return self.grad_fn is None

    @property
    def output_nr(self) -> int:
        """Which output of grad_fn this is."""
        return self._nr

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by backward; None before."""
        if self._grad is None and self._requires_grad and self.grad_fn is not None and not self.retains_grad:
            import warnings

            warnings.warn(_NON_LEAF_GRAD, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            self._check_grad(value)
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    def _check_grad(self, value) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        kind = self.dtype if self._grad_dtype is SAME_DTYPE else self._grad_dtype
        if kind is not None and value.dtype != kind:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{type_id_name(value._aval.dtype)}' to a tensor with grad_dtype "
                f"'{scalar_type_name(kind.np)}'. "
                "The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
                "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a "
                "tensor and its gradient may break downstream systems that assume they match."
            )
        if value.device != self.device:
            raise RuntimeError(f"assigned grad has data located on a different device: {value.device} vs {self.device}")
        if value._aval.shape != self._aval.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value._aval.shape)}' to a tensor of size '{list(self._aval.shape)}'. "
                "Please ensure that the gradient and the tensor are the same size"
            )

    @property
    def retains_grad(self) -> bool:
        """Whether backward stores this non-leaf's gradient in `.grad`."""
        node = self._node
        return node is not None and node.hooks is not None and self._nr in node.hooks.retain

    def retain_grad(self) -> None:
        """Have backward store the gradient of this non-leaf in `.grad`."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if state.transforms:
            raise RuntimeError(_IN_TRANSFORM.format("retain_grad", ""))
        if self.grad_fn is not None:
            self._node.ensure_hooks().retain[self._nr] = weakref.ref(self)

    def register_hook(self, hook):
        """Call hook(grad) when this Tensor's gradient is computed; a returned Tensor replaces it. Returns a removable handle."""
        from collections import OrderedDict

        from .node import Hooks, add_hook

        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self._node
        if node is None or node.hooks is None or self._nr not in node.hooks.tensor:
            # A view whose base was written to since keeps adding to the hooks it had before, until its grad_fn is asked for.
            node = self.grad_fn or node
        if node is not None:
            hooks = node.ensure_hooks()
        else:
            hooks = self._hooks = self._hooks or Hooks()
            live = self._accumulator() if self._accumulator is not None else None
            if live is not None:
                live.hooks = hooks
        return add_hook(hooks.tensor.setdefault(self._nr, OrderedDict()), hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call hook(self) after backward has accumulated into this leaf's `.grad`. Returns a removable handle."""
        from .node import add_hook

        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        from .tape import accumulator

        return add_hook(accumulator(self).ensure_hooks().accumulated, hook)

    def detach(self) -> Tensor:
        """A Tensor sharing this one's storage and version, outside the graph."""
        if state.levels and type(self._storage.value) is Lifted:
            return detached_lifted(self)
        result = make_alias(self)
        result._counter = self._counter or self._storage
        return result

    def detach_(self) -> Tensor:
        """Take this Tensor out of the graph in place: it becomes a leaf that needs no gradient."""
        if self._view is not None and self._view.base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, "
                "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
                "these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as "
                "the solution."
            )
        self._node, self._nr, self._requires_grad = None, 0, False
        return self

    @property
    def data(self) -> Tensor:
        """The value alone: shares storage, is not recorded, and its in-place changes go unseen by autograd."""
        if state.levels and type(self._storage.value) is Lifted:
            if self._storage.value.batched:
                raise RuntimeError("accessing `data` under vmap transform is not allowed")
            return detached_lifted(self)
        result = make_alias(self)
        result._counter = VersionCounter()
        return result

    @data.deleter
    def data(self):
        raise RuntimeError("Deleting tensor data is not allowed. Delete tensor instead!")

    @data.setter
    def data(self, value):
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if value._aval.inexact != self._aval.inexact and self._requires_grad:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._counter = self._counter or self._storage
        self._storage, self._aval = value._storage, value._aval
        self._view = value._view.detached() if value._view is not None else None

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return (self._counter or self._storage).version

    @property
    def _base(self) -> Tensor | None:
        return self._view.base if self._view is not None else None

    def _is_view(self) -> bool:
        return self._base is not None

    def is_inference(self) -> bool:
        """Whether this Tensor was made in inference mode."""
        return self._inference

    def jax(self) -> jax.Array:
        """The value as a `jax.Array`, without a copy."""
        return executor.export(value_of(self))

    __hash__ = object.__hash__


declare(Tensor)

# Tensor.__new__ becomes the public constructor `torch.Tensor(2, 3)`; inside, Tensors are made bare.
_new = object.__new__


def make(value, aval: Aval, cls: type = Tensor) -> Tensor:
    """A fresh Tensor over its own storage."""
    t = _new(cls)
    t._storage = Storage(value, aval)
    t._aval = aval
    if state.marks:
        _mark(t)
    return t


def _mark(t: Tensor) -> None:
    if state.inference:
        t._inference = True
    if state.transforms:
        t._storage.born = state.transforms[-1].serial


def make_alias(source: Tensor) -> Tensor:
    """A Tensor over the same storage and view recipe, outside the graph."""
    t = _new(Tensor)
    t._storage, t._aval = source._storage, source._aval
    if source._view is not None:
        t._view = source._view.detached()
    t._inference = source._inference
    return t


def detached_lifted(tensor: Tensor) -> Tensor:
    """`detach` inside a function transform: without the history and the tangents that the levels below keep."""
    value = value_of(tensor)
    return make(Lifted(value.level, value.inner.detach(), None, value.batched), tensor._aval)


def from_value(value) -> Tensor:
    """Wrap a `jax.Array` or tracer, without a copy."""
    if isinstance(value, Pending):
        return make(value, value.aval)
    if isinstance(value, jax.core.Tracer):
        place = None
    else:
        devices = value.devices()
        if len(devices) > 1:
            raise NotImplementedError("a jax.Array sharded over several devices cannot be a Tensor yet; gather it on one device first")
        place = next(iter(devices))
    return make(value, aval_of(value.shape, value.dtype, place))


def value_of(tensor: Tensor):
    """The raw value of a Tensor: what the executor hands around."""
    if tensor._view is None:
        return tensor._storage.value
    from .view import view_value

    return view_value(tensor)
