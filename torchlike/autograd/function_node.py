"""The node of one call of a custom Function, which is also the `ctx` that its forward and backward are handed."""

from __future__ import annotations

import warnings
from typing import Any

from ..core.device import from_jax_device
from ..core.dispatch import dispatch
from ..core.modes import state
from ..core.node import Node
from ..core.packed import SavedTensor, packed
from ..core.saved import OWNER, SECOND_BACKWARD, Saved
from ..core.structural import CAST
from ..core.tape import NO_EDGE, CastingAccumulateGrad, edge_of, save
from ..core.tensor import Tensor, make, value_of
from .backward import filled

_READ_ONCE = (
    "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True is set on the autograd.Function. Either access "
    "saved_tensors only once, or set clear_saved_tensors_on_access=False."
)


def no_backward(ctx, *grad_outputs):
    """Cotangents of the inputs from those of the outputs, one per argument of forward (None where there is none)."""
    raise NotImplementedError(
        "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."
    )


class FunctionCtx:
    """What forward may tell backward."""

    to_save: tuple | None = None
    dirty_tensors: tuple | None = None
    non_differentiable: tuple | None = None
    saved_for_forward: tuple | None = None
    materialize_grads = True
    needs_input_grad: tuple = ()
    _materialize_non_diff_grads = True
    _is_pure_view = False

    def save_for_backward(self, *tensors) -> None:
        """Save inputs, outputs or intermediates (Tensors or None) for `saved_tensors`."""
        self.to_save = tensors

    def save_for_forward(self, *tensors) -> None:
        """Save Tensors for `jvp`."""
        for t in tensors:
            if not isinstance(t, Tensor) and t is not None:
                raise AssertionError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes on ctx."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args) -> None:
        """Say which inputs forward modified in place; each must also be returned."""
        self.dirty_tensors = args

    def mark_shared_storage(self, *pairs) -> None:
        """Deprecated: views are found out without it."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. Note that calls to `set_()` are not "
            "tracked",
            FutureWarning,
            stacklevel=2,
        )

    def mark_non_differentiable(self, *args) -> None:
        """Say which outputs carry no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether undefined output gradients reach backward as zeros (default) or as None."""
        self.materialize_grads = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of one call of a custom Function."""

    _forward_cls: Any = None

    def __init__(self, args: tuple):
        tensors = [(i, a) for i, a in enumerate(args) if isinstance(a, Tensor)]
        super().__init__(tuple(edge_of(a) if state.grad_enabled and a.requires_grad else NO_EDGE for _, a in tensors))
        self.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        self._positions = tuple(i for i, _ in tensors)
        self._input_avals = tuple(a._aval for _, a in tensors)
        self._output_avals: tuple = ()
        # Which outputs carry no gradient, and so may be let stay undefined.
        self._constant: tuple = ()
        self._saved: list | None = []
        self._read = False

    def num_outputs(self) -> int:
        return max(len(self._output_avals), 1)

    def output_aval(self, nr: int):
        return self._output_avals[nr]

    @property
    def saved_tensors(self) -> tuple:
        """What `save_for_backward` saved, checked against in-place changes since."""
        if self._read:
            raise RuntimeError(_READ_ONCE)
        if self._saved is None:
            raise RuntimeError(SECOND_BACKWARD)
        if self.saved_for_forward is not None:
            return self.saved_for_forward
        if self.to_save:
            return self.to_save
        found = tuple(s.tensor(self) if isinstance(s, Saved) else s for s in self._saved)
        if self._forward_cls.clear_saved_tensors_on_access:
            self._saved, self._read = None, True
        return found

    @property
    def saved_variables(self) -> tuple:
        """The old name of `saved_tensors`."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def seal(self, inputs: tuple, outputs: tuple, dirty: tuple) -> None:
        """Turn what was saved into Saved values; outputs among them must not keep this node alive in a cycle, even if a hook raises."""
        to_save, self.to_save, self.saved_for_forward = self.to_save or (), None, None
        self._saved = [self._sealed(t, i, inputs, outputs, dirty) for i, t in enumerate(to_save)]

    def _sealed(self, t, position: int, inputs: tuple, outputs: tuple, dirty: tuple):
        if t is None:
            return None
        if not isinstance(t, Tensor):
            raise TypeError(f"save_for_backward can only save variables, but argument {position} is of type {type(t).__name__}")
        for nr, o in enumerate(outputs):
            if t is o and not any(t is i for i in inputs if not any(t is d for d in dirty)):
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

    def maybe_clear_saved_tensors(self) -> None:
        """Let go of what was saved."""
        if self._saved:
            self._saved = None

    release = maybe_clear_saved_tensors

    def run(self, grads, wanted):
        avals = self._output_avals
        tensors = [None if g is None else make(g, a) for g, a in zip(grads, avals, strict=True)]
        return [None if g is None else value_of(g) for g in self.run_recorded(tensors, wanted)]

    def run_recorded(self, grads, wanted):
        if self.materialize_grads:
            grads = [
                make(filled(a, 0), a) if g is None and a is not None and (self._materialize_non_diff_grads or not constant) else g
                for g, a, constant in zip(grads, self._output_avals, self._constant, strict=True)
            ]
        results = self.apply(*grads)
        return self._checked(results if isinstance(results, tuple) else (results,))

    def apply(self, *grads):
        """The user's backward on these cotangents of the outputs."""
        cls = self._forward_cls
        return self._get_user_fn()(self, list(grads)) if cls.boxed_grads_call else self._get_user_fn()(self, *grads)

    def _get_user_fn(self):
        cls = self._forward_cls
        if cls.vjp is no_backward:
            return cls.backward
        if cls.backward is not no_backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them."
            )
        return cls.vjp

    def _checked(self, results: tuple) -> list:
        expected = len(self.needs_input_grad)
        while len(results) > expected and results[-1] is None:
            results = results[:-1]
        if len(results) != expected:
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got {len(results)})")
        for i, g in enumerate(results):
            if g is None:
                continue
            if i not in self._positions:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {i + 1}, but the corresponding forward "
                    "input was not a Variable"
                )
            if not isinstance(g, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(g).__name__})")
        return [
            None if results[i] is None or not self.needs_input_grad[i] else self._fitted(results[i], aval, nr)
            for nr, (i, aval) in enumerate(zip(self._positions, self._input_avals, strict=True))
        ]

    def _fitted(self, grad, aval, nr: int) -> Tensor:
        if grad._aval.shape != aval.shape:
            if not _expandable(aval.shape, grad._aval.shape):
                raise RuntimeError(
                    f"Function {self.name()} returned an invalid gradient at index {nr} - got {list(grad._aval.shape)} but expected shape "
                    f"compatible with {list(aval.shape)}"
                )
            grad = grad.sum_to_size(aval.shape)  # type: ignore[attr-defined]
        if grad._aval.is_complex and not aval.is_complex:
            raise RuntimeError(
                "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but got false.  (Could this "
                "error message be improved?  If so, please report an enhancement request to PyTorch.)"
            )
        target = self.edges[nr][0]
        kind = target.dtype if isinstance(target, CastingAccumulateGrad) else aval.dtype
        if kind is not None and kind != grad._aval.dtype:
            grad = dispatch(CAST, (grad,), (kind,))
        if None not in (grad._aval.device, aval.device) and grad._aval.device != aval.device:
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {nr} - expected device {from_jax_device(aval.device)} but got "
                f"{grad.device}"
            )
        return grad


def _expandable(shape: tuple, target: tuple) -> bool:
    return len(shape) <= len(target) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(target), strict=False))
