"""Custom Functions: a user's forward and backward as one node (torch.autograd.Function). The node is the `ctx` both are handed."""

from __future__ import annotations

import functools
import inspect
import warnings

from ..core.failing import failing
from ..core.levels import JvpLevel, lifted_arguments, running_level
from ..core.modes import no_grad, state
from ..core.tape import NO_EDGE, edge_of
from ..core.tensor import Tensor, make_alias
from .function_node import BackwardCFunction, FunctionCtx, no_backward
from .function_results import finish

__all__ = ["BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "InplaceFunction", "NestedIOFunction", "once_differentiable"]


class FunctionMeta(type):
    """Gives each Function class the class of its nodes, named as PyTorch names them."""

    def __init__(cls, name, bases, namespace):
        super().__init__(name, bases, namespace)
        cls._backward_cls = type(f"{name}Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": cls.__module__})
        # Inside function transforms they have another name.
        cls._generated_cls = type(f"{name}GeneratedBackward", (cls._backward_cls,), {"__module__": cls.__module__})


class Function(metaclass=FunctionMeta):
    """Base class of custom differentiable functions: define `forward` and `backward` as static methods, call `apply`."""

    generate_vmap_rule = False
    # Whether `ctx.saved_tensors` lets go of what it gives, so that it can be asked for only once.
    clear_saved_tensors_on_access = False
    # Whether backward takes one list of cotangents, which it may empty as it goes.
    boxed_grads_call = False

    def __init__(self, *args, **kwargs):
        warnings.warn(f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke them on "
                      "the class itself. Instantiating an autograd function will raise an error in a future version of PyTorch.",
                      DeprecationWarning, stacklevel=2)

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function with static "
            "forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the outputs: `forward(ctx, *args)`, or `forward(*args)` together with `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Prepare ctx when `forward` does not take it."""
        raise NotImplementedError("setup_context is not implemented.")

    backward = staticmethod(no_backward)
    vjp = backward

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """Tangents of the outputs from those of the inputs."""
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")

    @staticmethod
    def vmap(info, in_dims, *args):
        """(output, out_dims) for arguments mapped along `in_dims`; `info` tells batch_size and randomness."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward off the tape and record one node for it."""
        takes_ctx = cls.setup_context is Function.setup_context
        if kwargs or not takes_ctx:
            args, kwargs = _sorted(cls.forward, args, kwargs, takes_ctx)
        if state.levels or state.transforms:
            return apply_transformed(cls, args, kwargs)
        ctx = cls._backward_cls(args)
        executable = state.grad_enabled and any(ctx.needs_input_grad)
        return finish(ctx, args, compute(cls, ctx, args, kwargs), executable)


def compute(cls, ctx, args: tuple, kwargs: dict):
    """The user's forward, off the tape, with the ctx prepared."""
    with off_tape():
        if cls.setup_context is Function.setup_context:
            return cls.forward(ctx, *args, **kwargs)
        output = cls.forward(*args, **kwargs)
        set_up(cls, ctx, args, output)
        return output


def set_up(cls, ctx, args: tuple, output) -> None:
    """The user's setup_context, off the tape; RuntimeError when it saves an input that forward has returned as it was."""
    cls.setup_context(ctx, args, output)
    for t in (*(ctx.to_save or ()), *(ctx.saved_for_forward or ())):
        if isinstance(t, Tensor) and all(any(t is x for x in group) for group in (args, _outputs(output))) and all(
            t is not x for x in ctx.dirty_tensors or ()
        ):
            raise RuntimeError(
                "An input that has been returned as-is as output is being saved for backward. This is not supported if you override "
                "setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x) or setup ctx inside the "
                "forward function itself."
            )


def _outputs(output) -> tuple:
    return output if isinstance(output, tuple) else (output,)


class off_tape:
    """Within the block neither mode of differentiation records."""

    def __enter__(self):
        self.previous = state.grad_enabled, state.forward_grad_enabled
        state.grad_enabled = state.forward_grad_enabled = False

    def __exit__(self, *error):
        state.grad_enabled, state.forward_grad_enabled = self.previous


def apply_transformed(cls, args: tuple, kwargs: dict):
    """`apply` inside forward mode, vmap or another function transform."""
    from .function_levels import apply_at, check_transformable, run_dual

    check_transformable(cls, kwargs)
    node = cls._generated_cls if state.transforms else cls._backward_cls
    level = running_level(args)
    if level is None:
        ctx = node(args)
        output = compute(cls, ctx, args, kwargs)
    elif isinstance(level, JvpLevel) and level.shares_tape:
        args = lifted_arguments(args)
        ctx = node(args)
        output = run_dual(level, cls, ctx, args, lambda: compute(cls, ctx, args, kwargs))
    else:
        args, output = apply_at(level, cls, args)
        ctx = node(args)
        if not (state.grad_enabled and any(ctx.needs_input_grad)):
            return output
        with no_grad():
            set_up(cls, ctx, args, output)
    return finish(ctx, args, output, state.grad_enabled and any(ctx.needs_input_grad))


def _sorted(forward, args: tuple, kwargs: dict, takes_ctx: bool) -> tuple[tuple, dict]:
    """The arguments in the order of forward's parameters, so that gradients have a place to go; defaults are filled in where forward and
    setup_context are apart, for both are to see them."""
    if takes_ctx:
        bound = inspect.signature(forward).bind(None, *args, **kwargs)
        for name in bound.kwargs:
            raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
        return bound.args[1:], {}
    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs and not state.transforms:
        raise TypeError(f"forward() got an unexpected keyword argument '{next(iter(bound.kwargs))}'")
    return bound.args, bound.kwargs


class InplaceFunction(Function):
    """A Function that remembers a flag; kept for programs older than static forwards."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """The base of Functions on nested arguments, of which PyTorch too keeps only the name."""

    def forward_extended(self, *input) -> None:
        """The forward of such a Function."""
        raise NotImplementedError

    def backward_extended(self, *grad_output) -> None:
        """The backward of such a Function."""
        raise NotImplementedError


def once_differentiable(fn):
    """Decorate a backward whose own derivative does not exist: it runs off the tape, and differentiating through it raises."""

    @functools.wraps(fn)
    def wrapper(ctx, *args, **kwargs):
        with no_grad():
            outputs = fn(ctx, *args, **kwargs)
        if not state.grad_enabled or not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        single = not isinstance(outputs, tuple)
        results = [outputs] if single else list(outputs)
        edges = tuple(edge_of(r.detach().requires_grad_()) if isinstance(r, Tensor) else NO_EDGE for r in results)
        avals = [r._aval if isinstance(r, Tensor) else None for r in results]
        node = failing(edges, avals, "trying to differentiate twice a function that was marked with @once_differentiable")
        for nr, result in enumerate(results):
            if isinstance(result, Tensor) and result._aval.inexact:
                results[nr] = alias = make_alias(result)
                alias._node, alias._nr, alias._requires_grad = node, nr, True
        return results[0] if single else tuple(results)

    return wrapper
