"""Functions of one's own as ops (torch.library). A custom op is a Python function that the tape records as one node."""

from __future__ import annotations

import contextlib
import inspect
import types
from collections.abc import Callable, Iterator

from . import ops as _ops
from .autograd.function import Function
from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing

_defined: dict[str, CustomOpDef] = {}
_observers: list[Callable] = []


class CustomOpDef:
    """A custom op: call it as the function it was made from (torch.library.CustomOpDef)."""

    def __init__(self, name: str, fn: Callable):
        namespace, _, self._name = name.partition("::")
        if not namespace or not self._name or "::" in self._name:
            raise ValueError(f"Expected `name` to be of the form `namespace::op_name`, but got {name!r}")
        self._namespace, self._qualname = namespace, name
        self._kernels: dict[str | None, Callable] = {None: fn}
        self._signature = _checked_signature(fn)
        self._backward: Callable | None = None
        self._setup_context: Callable | None = None
        self._vmap: Callable | None = None
        self._function = self._made_function()

    def __repr__(self):
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args, **kwargs):
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        result = self._function.apply(*bound.args, **bound.kwargs)
        for observer in _observers:
            observer(self, args, kwargs, result)
        return result

    def _run(self, *args, **kwargs):
        kind = next((a.device.type for a in args if hasattr(a, "_storage")), None)
        return self._kernels.get(kind, self._kernels[None])(*args, **kwargs)

    def _made_function(self) -> type[Function]:
        """The autograd.Function behind the op, as registered so far."""
        op = self

        def setup_context(ctx, inputs, output):
            if op._setup_context is not None:
                op._setup_context(ctx, inputs, output)

        def backward(ctx, *grads):
            if op._backward is None:
                raise RuntimeError(
                    f"Trying to backward through {op._namespace}.{op._name}.default but no autograd formula was registered. "
                    "Please use register_autograd to add one.")
            return op._backward(ctx, *grads)

        members = {"forward": staticmethod(op._run), "setup_context": staticmethod(setup_context), "backward": staticmethod(backward)}
        if self._vmap is not None:
            members["vmap"] = staticmethod(self._vmap)
        return type(f"GeneratedBackwardFor_{self._namespace}_{self._name}_default", (Function,), members)

    def register_autograd(self, backward: Callable, /, *, setup_context: Callable | None = None) -> None:
        """The gradient: backward(ctx, *grads), for which setup_context(ctx, inputs, output) keeps what it needs."""
        self._backward, self._setup_context = backward, setup_context

    def register_fake(self, fn: Callable, /) -> Callable:
        """Accepted: shapes are found by running the function itself."""
        return fn

    def register_kernel(self, device_types, fn: Callable | None = None, /):
        """What to run for Tensors of these kinds of device (None: any); a decorator without `fn`."""
        if fn is None:
            return lambda fn: self.register_kernel(device_types, fn)
        for kind in [device_types] if isinstance(device_types, str) or device_types is None else device_types:
            self._kernels[kind] = fn
        return fn

    def register_vmap(self, func: Callable | None = None):
        """The rule for vmap: func(info, in_dims, *args) returns (output, out_dims)."""
        if func is None:
            return self.register_vmap
        self._vmap = func
        self._function = self._made_function()
        return func

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """The block in which the kernel of a kind of device is used or not."""
        kernel = self._kernels.get(device_type)
        if not enabled:
            self._kernels.pop(device_type, None)
        try:
            yield
        finally:
            if kernel is not None:
                self._kernels[device_type] = kernel


def observe(observer: Callable) -> None:
    """Call `observer(op, args, kwargs, result)` after each call of a custom op."""
    _observers.append(observer)


def unobserve(observer: Callable) -> None:
    """End what `observe` began."""
    _observers.remove(observer)


def _checked_signature(fn: Callable) -> inspect.Signature:
    signature = inspect.signature(fn)
    for parameter in signature.parameters.values():
        if parameter.annotation is parameter.empty:
            raise ValueError(
                f"infer_schema(func): Parameter {parameter.name} must have a type annotation. Got func with signature {signature})")
    return signature


def custom_op(name: str, fn: Callable | None = None, /, *, mutates_args, device_types=None, schema: str | None = None, tags=None):
    """`fn` as an op "namespace::name", also at torch.ops.namespace.name; a decorator without `fn` (torch.library.custom_op). Its parameters
    need annotations. Gradients come from `register_autograd`; without it backward raises RuntimeError."""
    if fn is None:
        return lambda fn: custom_op(name, fn, mutates_args=mutates_args, device_types=device_types, schema=schema, tags=tags)
    made = CustomOpDef(name, fn)
    _defined[name] = made
    space = getattr(_ops, made._namespace, None)
    if space is None:
        space = types.SimpleNamespace()
        setattr(_ops, made._namespace, space)
    setattr(space, made._name, made)
    made.default = made  # type: ignore[attr-defined]
    return made


def _found(op) -> CustomOpDef:
    if isinstance(op, CustomOpDef):
        return op
    if op not in _defined:
        raise RuntimeError(f"there is no custom op {op!r}; define it with torch.library.custom_op")
    return _defined[op]


def register_autograd(op, backward: Callable, /, *, setup_context: Callable | None = None, lib=None) -> None:
    """`CustomOpDef.register_autograd`, by name."""
    _found(op).register_autograd(backward, setup_context=setup_context)


def register_fake(op, func: Callable | None = None, /, **kwargs):
    """`CustomOpDef.register_fake`, by name. As in PyTorch the op may be unknown yet, or never come."""
    if isinstance(op, str) and op not in _defined:
        return (lambda func: func) if func is None else func
    found = _found(op)
    return found.register_fake if func is None else found.register_fake(func)


def register_kernel(op, device_types, func: Callable | None = None, /, **kwargs):
    """`CustomOpDef.register_kernel`, by name."""
    return _found(op).register_kernel(device_types, func)


def register_vmap(op, func: Callable | None = None, /, **kwargs):
    """`CustomOpDef.register_vmap`, by name."""
    return _found(op).register_vmap(func)


impl_abstract = register_fake
globals().update(_refusing(
    ("Library", "define", "fallthrough_kernel", "get_ctx", "get_kernel", "impl", "infer_schema", "opcheck", "register_autocast",
     "register_torch_dispatch", "triton_op", "wrap_triton"),
    "torchlike has no dispatcher with keys to register at; make an op of a Python function with torch.library.custom_op, or of a JAX function "
    "with torchlike.jax_op"))
__getattr__ = _missing(__name__)
