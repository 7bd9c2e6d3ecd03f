"""Custom Functions: a user's forward and backward as one node (torch.autograd.Function). The node is the `ctx` both are handed."""

from __future__ import annotations

import functools
from typing import Any

from ..core.dispatch import dispatch
from ..core.modes import no_grad, state
from ..core.node import Node
from ..core.packed import SavedTensor, packed
from ..core.saved import OWNER, SECOND_BACKWARD, Saved
from ..core.structural import CAST, WRITE
from ..core.tape import NO_EDGE, edge_of, save
from ..core.tensor import Tensor, make, make_alias, value_of
from .backward import filled


class FunctionCtx:
    """What forward may tell backward."""

    _to_save: tuple = ()
    _dirty: tuple = ()
    _non_differentiable: tuple = ()
    _materialize = True
    needs_input_grad: tuple = ()

    def save_for_backward(self, *tensors) -> None:
        """Save inputs, outputs or intermediates (Tensors or None) for `saved_tensors`."""
        self._to_save = tensors

    def save_for_forward(self, *tensors) -> None:
        """Save Tensors for `jvp`."""
        for t in tensors:
            if not isinstance(t, Tensor) and t is not None:
                raise TypeError(f"save_for_forward expects all arguments to be tensors, but got {type(t).__name__}")
        self.saved_for_forward = tensors

    def mark_dirty(self, *args) -> None:
        """Say which inputs forward modified in place; each must also be returned."""
        self._dirty = args

    def mark_non_differentiable(self, *args) -> None:
        """Say which outputs carry no gradient."""
        self._non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether undefined output gradients reach backward as zeros (default) or as None."""
        self._materialize = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of one call of a custom Function."""

    _forward_cls: Any = None

    def __init__(self, args: tuple):
        tensors = [(i, a) for i, a in enumerate(args) if isinstance(a, Tensor)]
        super().__init__(tuple(edge_of(a) if a.requires_grad else NO_EDGE for _, a in tensors))
        self.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        self._positions = tuple(i for i, _ in tensors)
        self._input_avals = tuple(a._aval for _, a in tensors)
        self._output_avals: tuple = ()
        self._saved: list | None = []

    def num_outputs(self) -> int:
        return max(len(self._output_avals), 1)

    def output_aval(self, nr: int):
        return self._output_avals[nr]

    @property
    def saved_tensors(self) -> tuple:
        """What `save_for_backward` saved, checked against in-place changes since."""
        if self._saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        if self._to_save:
            return self._to_save
        return tuple(s.tensor(self) if isinstance(s, Saved) else s for s in self._saved)

    def seal(self, inputs: tuple, outputs: tuple) -> None:
        """Turn what was saved into Saved values; outputs among them must not keep this node alive in a cycle."""
        self._saved = [self._sealed(t, inputs, outputs) for t in self._to_save]
        self._to_save = ()

    def _sealed(self, t, inputs: tuple, outputs: tuple):
        if t is None:
            return None
        if not isinstance(t, Tensor):
            raise TypeError(f"save_for_backward can only save variables, but argument is of type {type(t).__name__}")
        for nr, o in enumerate(outputs):
            if t is o and not any(t is i for i in inputs if not any(t is d for d in self._dirty)):
                return packed(Saved(value_of(t), t._aval, t._counter or t._storage, (OWNER, nr), t._counter is None), t)
        return packed(save(t, value_of(t)), t)

    def saved_slots(self) -> list | None:
        return self._saved

    @property
    def _raw_saved_tensors(self) -> tuple:
        """Handles on what was saved, to give each hooks of its own."""
        if self._saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        return tuple(SavedTensor(self, i) for i in range(len(self._saved)))

    def release(self) -> None:
        if self._saved:
            self._saved = None

    def run(self, grads, wanted):
        avals = self._output_avals
        tensors = [None if g is None else make(g, a) for g, a in zip(grads, avals, strict=True)]
        return [None if g is None else value_of(g) for g in self.run_recorded(tensors, wanted)]

    def run_recorded(self, grads, wanted):
        if self._materialize:
            grads = [
                make(filled(a, 0), a) if g is None and a is not None and a.inexact else g
                for g, a in zip(grads, self._output_avals, strict=True)
            ]
        results = _backward_of(self._forward_cls)(self, *grads)
        return self._checked(results if isinstance(results, tuple) else (results,))

    def _checked(self, results: tuple) -> list:
        expected = len(self.needs_input_grad)
        while len(results) > expected and results[-1] is None:
            results = results[:-1]
        if len(results) != expected:
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got {len(results)})")
        for i, g in enumerate(results):
            if g is not None and i not in self._positions:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different from None at position {i + 1}, but the corresponding forward "
                    "input was not a Variable"
                )
        return [
            None if results[i] is None or not self.needs_input_grad[i] else self._fitted(results[i], aval, nr)
            for nr, (i, aval) in enumerate(zip(self._positions, self._input_avals, strict=True))
        ]

    def _fitted(self, grad, aval, nr: int) -> Tensor:
        if not isinstance(grad, Tensor):
            raise TypeError(f"{self.name()}.backward returned {type(grad).__name__} at position {nr}, expected a Tensor or None")
        if grad._aval.shape != aval.shape:
            if not _expandable(aval.shape, grad._aval.shape):
                raise RuntimeError(
                    f"Function {self.name()} returned an invalid gradient at index {nr} - got {list(grad._aval.shape)} but expected shape "
                    f"compatible with {list(aval.shape)}"
                )
            grad = grad.sum_to_size(aval.shape)  # type: ignore[attr-defined]
        return grad if grad._aval.dtype == aval.dtype else dispatch(CAST, (grad,), (aval.dtype,))


def _expandable(shape: tuple, target: tuple) -> bool:
    return len(shape) <= len(target) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False))


def _backward_of(cls):
    has_vjp = cls.vjp is not Function.vjp
    if has_vjp and cls.backward is not Function.backward:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them."
        )
    return cls.vjp if has_vjp else cls.backward


class FunctionMeta(type):
    """Gives each Function class the class of its nodes, named as PyTorch names them."""

    def __init__(cls, name, bases, namespace):
        super().__init__(name, bases, namespace)
        cls._backward_cls = type(f"{name}Backward", (BackwardCFunction,), {"_forward_cls": cls, "__module__": cls.__module__})


class Function(metaclass=FunctionMeta):
    """Base class of custom differentiable functions: define `forward` and `backward` as static methods, call `apply`."""

    generate_vmap_rule = False

    def __init__(self, *args, **kwargs):
        import warnings

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

    @staticmethod
    def backward(ctx, *grad_outputs):
        """Cotangents of the inputs from those of the outputs, one per argument of forward (None where there is none)."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."
        )

    @staticmethod
    def vjp(ctx, *grad_outputs):
        """Another name for `backward`."""
        return Function.backward(ctx, *grad_outputs)

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """Tangents of the outputs from those of the inputs."""
        raise NotImplementedError("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward off the tape and record one node for it."""
        takes_ctx = cls.setup_context is Function.setup_context
        if kwargs and not takes_ctx:
            raise TypeError(f"{cls.__name__}.apply() takes no keyword arguments")
        ctx = cls._backward_cls(args)
        executable = state.grad_enabled and any(ctx.needs_input_grad)
        with no_grad():
            if takes_ctx:
                output = cls.forward(ctx, *args, **kwargs)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        return _wrap_outputs(ctx, args, output, executable)


def _wrap_outputs(ctx, args: tuple, output, executable: bool):
    single = not isinstance(output, tuple)
    outputs = (output,) if single else output
    if not any(isinstance(o, Tensor) for o in outputs) and single and output is not None and executable:
        raise TypeError(f"{ctx._forward_cls.__name__}.forward: expected Tensor or tuple of Tensor (got {type(output).__name__}) for return value 0")
    inputs = tuple(a for a in args if isinstance(a, Tensor))
    for d in ctx._dirty:
        if isinstance(d, Tensor) and any(d is a for a in inputs) and not any(d is o for o in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified inplace "
                "must all be outputs of the Function."
            )
    if executable:
        _check_dirty(ctx, inputs)
    results = tuple(_finished(ctx, o, nr, inputs, executable) for nr, o in enumerate(outputs))
    ctx._output_avals = tuple(o._aval if isinstance(o, Tensor) else None for o in results)
    if executable:
        ctx.seal(inputs, results)
    return results[0] if single else results


def _check_dirty(ctx, inputs: tuple) -> None:
    for d in ctx._dirty:
        if isinstance(d, Tensor) and d._requires_grad and d._node is None:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        (d._counter or d._storage).version += 1


def _finished(ctx, output, nr: int, inputs: tuple, executable: bool):
    if not isinstance(output, Tensor):
        return output
    is_dirty = any(output is d for d in ctx._dirty)
    is_input = any(output is a for a in inputs)
    if any(output is n for n in ctx._non_differentiable) or not output._aval.inexact:
        return make_alias(output) if is_input and not is_dirty else output
    if is_input and not is_dirty:
        alias = make_alias(output)
        alias._counter = output._counter or output._storage
        output = alias
    if executable:
        if is_dirty and output._view is not None and output._view.base is not None:
            _rebase(ctx, output, nr)
        else:
            output._node, output._nr, output._requires_grad = ctx, nr, True
    return output


def _rebase(ctx, view: Tensor, nr: int) -> None:
    written = make(value_of(view), view._aval)
    written._node, written._nr, written._requires_grad = ctx, nr, True
    window, base = view._view, view._view.base
    updated = dispatch(WRITE, (base, written, *window.base_index), (window.base_recipe,))
    base._node, base._nr, base._requires_grad = updated._node, updated._nr, True
    window.history_version = -1


class _TwiceError(Node):
    """Stands behind the results of a once-differentiable backward."""

    __slots__ = ()

    def run(self, grads, wanted):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")

    run_recorded = run


def once_differentiable(fn):
    """Decorate a backward whose own derivative does not exist: it runs off the tape, and differentiating through it raises."""

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        with no_grad():
            outputs = fn(ctx, *args)
        if not state.grad_enabled or not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return outputs
        single = not isinstance(outputs, tuple)
        results = tuple(_guarded(o) for o in ((outputs,) if single else outputs))
        return results[0] if single else results

    return wrapper


def _guarded(output):
    if output is None:
        return None
    result = make_alias(output)
    # As in PyTorch it leads nowhere: `backward` runs into it, `grad` with respect to the arguments does not find them.
    result._node, result._requires_grad = _TwiceError(()), True
    return result
