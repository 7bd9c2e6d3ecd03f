"""Writing in place: the checks, the functional update of storage and base, the version bump and the rebased history."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from numbers import Number

from ..execution import aval_of
from .dispatch import dispatch, run_raw
from .dtype import FROM_NUMPY, c_type_name, scalar_type_name, to_numpy_dtype
from .levels import is_dual, is_shared
from .modes import state
from .node import move_retained
from .operand import type_name
from .out_dtype import refuse_other_dtype, refuse_uncastable, title
from .overlap import EXPANDED_TOO, refuse_repeated, refuse_shared, refuse_shared_out, repeated_dims
from .refusals import check_captured
from .relayout import base_recipe
from .return_types import of_out
from .structural import CAST, COPY, LAST_CHANGED, REPEATED, WRITE
from .tape import OpNode
from .tensor import Tensor, make, value_of
from .view import refresh_history
from .view_rules import NORMAL, refusal
from .write import set_value, write_storage


def check_writable(t: Tensor, others: tuple = (), name: str = "copy_") -> None:
    """PyTorch's refusals: leaves that require grad, outputs of multi-view ops, inference tensors, and memory that overlaps with itself or with
    that of the `others`, which the op `name` reads."""
    check_changeable(t, others, name)
    if t._view is not None:
        refuse_repeated(t, name)
    for other in others:
        if isinstance(other, Tensor) and other._storage is t._storage:
            refuse_shared(t, other, name)


def check_changeable(t: Tensor, others: tuple = (), name: str = "copy_") -> None:
    """Those of the refusals that do not ask how the Tensor lies in memory."""
    if state.transforms:
        check_captured(t._storage, name)
    if t._inference and not state.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing "
            "inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if state.grad_enabled and (t.requires_grad or any(isinstance(a, Tensor) and a._requires_grad for a in others)):
        check_history(t)


def check_history(t: Tensor) -> None:
    """RuntimeError when a write to `t` cannot be recorded."""
    view = t._view
    if view is not None and view.base is not None:
        if view.creation is not NORMAL:
            raise RuntimeError(refusal(t, base_moved=False))
        if t.requires_grad and view.base.is_leaf:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if t.requires_grad and t.is_leaf:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def assign(t: Tensor, result: Tensor) -> Tensor:
    """Make `t` hold `result`: value, version and, when recording, history. The checks have been done."""
    if result._aval.shape != t._aval.shape:
        raise RuntimeError(
            f"output with shape {list(t._aval.shape)} doesn't match the broadcast shape {list(result._aval.shape)}"
        )
    if result._aval.dtype != t._aval.dtype:
        check_castable(result._aval.dtype, t._aval.dtype)
        result = dispatch(CAST, (result,), (t._aval.dtype,))
    counter = t._counter or t._storage
    view = t._view
    base = view.base if view is not None else None
    recording = state.grad_enabled and (result._requires_grad or t._requires_grad or (base is not None and base.requires_grad))
    if recording and base is not None:
        _bypass_hooks(t, result)
        recipe, index = base_recipe(t, base)
        updated = dispatch(WRITE, (base, result, *index), (recipe,))
        write_storage(base, value_of(updated))
        _move_history(base, updated)
    else:
        write_storage(t, value_of(result))
        if recording:
            _move_history(t, result)
    counter.version += 1
    if recording and base is not None and t._node is not None and t._node.hooks is not None:
        refresh_history(t)
    node = result._node
    if recording and isinstance(node, OpNode):
        node.became_inplace(counter, result._storage, view is None and counter is t._storage)
        t._storage.writer = node.name() if base is None else base._node.name()
    return t


def assign_as(name: str, t: Tensor, result: Tensor) -> Tensor:
    """`assign` for the op `name`, which a refusal is to mention. Of elements that lie in one place, the last that changes is the one that stays."""
    if name in EXPANDED_TOO and t._view is not None:
        dims = repeated_dims(t)
        if dims:
            result = dispatch(REPEATED, (result, dispatch(LAST_CHANGED, (t, result), (dims,))), (dims,))
    try:
        return assign(t, result)
    except RuntimeError as error:
        write = getattr(error, "write", None)
        raise error if write is None else write.error_of(name, t._aval.shape) from None


def _bypass_hooks(view: Tensor, result: Tensor) -> None:
    """A write through a view leaves the view's old node out of the graph, and the hooks on it with it: the writing op reads the base instead."""
    old, node = view._node, result._node
    if old is None or old.hooks is None or node is None or all(source is not old for source, _ in node.edges):
        return
    twin = copy.copy(old)
    twin.hooks = None
    node.edges = tuple((twin if source is old else source, nr) for source, nr in node.edges)


def _move_history(t: Tensor, result: Tensor) -> None:
    old, nr = t._node, t._nr
    t._node, t._nr, t._requires_grad = result._node, result._nr, result._requires_grad
    move_retained(old, nr, t._node, t._nr)


_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "V": 2, "c": 3}


def castable(source, target) -> bool:
    """Whether a cast keeps the category: bool < integer < float < complex."""
    return _RANK[source.kind] <= _RANK[target.kind]


def check_castable(source, target) -> None:
    """RuntimeError when an in-place or out= result would lose its category (float into an integer tensor, ...)."""
    if not castable(source, target):
        raise RuntimeError(
            f"result type {scalar_type_name(source)} can't be cast to the desired output type {scalar_type_name(target)}"
        )


_DTYPES = {scalar_type_name(each): each for each in FROM_NUMPY}


def refuse_lossy(error: NotImplementedError, t: Tensor) -> None:
    """Where a kernel is missing for the dtype of a result that would not have gone into `t` either, PyTorch says the latter."""
    missing = re.search(r"not implemented for '(\w+)'$", str(error))
    dtype = _DTYPES.get(missing[1]) if missing else None
    if dtype is not None and not castable(dtype, t._aval.dtype):
        check_castable(dtype, t._aval.dtype)


# What an in-place variant does not do though its function does: name_ -> a check of the arguments.
REFUSALS: dict[str, Callable] = {}


def inplace_variant(call: Callable, name: str) -> Callable:
    """`name_` from `name`: compute, then write the result into the first argument."""

    from .faces import failed

    refuse = REFUSALS.get(name)

    def variant(input, *args, **kwargs):
        try:
            if not isinstance(input, Tensor):
                raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
            check_writable(input, (*args, *kwargs.values()) if kwargs else args, name)
            if refuse is not None:
                refuse(input, *args, **kwargs)
            if kwargs and kwargs.get("dtype") not in (None, input.dtype):
                mine, wanted = (c_type_name(d) for d in (input._aval.dtype, to_numpy_dtype(kwargs["dtype"])))
                raise RuntimeError(f"Bad in-place call: input tensor dtype {mine} and output tensor dtype {wanted} should match")
            return assign_as(name, input, call(input, *args, **kwargs))
        except NotImplementedError as error:
            refuse_lossy(error, input)
            return failed(variant, (input, *args), kwargs)
        except Exception:
            return failed(variant, (input, *args), kwargs)

    variant.__name__ = variant.__qualname__ = name
    variant.__doc__ = f"In-place version of :func:`{name[:-1]}`."
    return variant


def copy_(self: Tensor, src, non_blocking: bool = False) -> Tensor:
    """Copy `src` into self, broadcasting and casting (torch.Tensor.copy_)."""
    if not isinstance(src, Tensor | Number):
        raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type_name(src)}")
    check_writable(self, (src,))
    return assign_as("copy_", self, overwrite(self, src))


def overwrite(self: Tensor, src) -> Tensor:
    """The functional half of `copy_`: `src` broadcast to self's shape, in self's dtype and on its device."""
    if isinstance(src, Tensor):
        shape = src._aval.shape
        tail = self._aval.shape[len(self._aval.shape) - len(shape) :] if len(shape) <= self._aval.ndim else None
        if tail is None or any(n not in (1, m) for n, m in zip(shape, tail, strict=True)):
            axis = _first_mismatch(shape, self._aval.shape)
            raise RuntimeError(axis)
        src = on_device(src, self)
    return dispatch(COPY, (self, src), ())


def _first_mismatch(shape: tuple, target: tuple) -> str:
    if len(shape) > len(target):
        extra = shape[: len(shape) - len(target)]
        if all(n == 1 for n in extra):
            return f"output with shape {list(target)} doesn't match the broadcast shape {list(shape)}"
    for i in range(1, min(len(shape), len(target)) + 1):
        if shape[-i] not in (1, target[-i]):
            return (
                f"The size of tensor a ({target[-i]}) must match the size of tensor b ({shape[-i]}) at non-singleton dimension "
                f"{max(len(shape), len(target)) - i}"
            )
    return f"output with shape {list(target)} doesn't match the broadcast shape {list(shape)}"


def on_device(src: Tensor, like: Tensor) -> Tensor:
    """`src` moved to the device of `like`, when they differ."""
    if src._aval.device == like._aval.device or src._aval.device is None or like._aval.device is None:
        return src
    return src.to(like.device)  # type: ignore[attr-defined]


def write_out(name: str, out, result, arguments: tuple):
    """Honour `out=`: write the results into the given Tensor or tuple of Tensors, resizing when empty; returns `out`."""
    if isinstance(out, tuple | list):
        if not isinstance(result, tuple) or len(out) != len(result):
            raise TypeError(f"{name}(): expected {len(result) if isinstance(result, tuple) else 1} output tensors, got {len(out)}")
        each = f"{name}.dim" if name in ("max", "min") else name
        names = [title(each, i) for i in range(len(out))]
        for n, o, r in zip(names, out, result, strict=True):
            if isinstance(o, Tensor):
                refuse_other_dtype(n, r._aval.dtype, o._aval.dtype)
        for n, o, r in zip(names, out, result, strict=True):
            write_out(n, o, r, arguments)
        return of_out(type(result))(out) if hasattr(result, "_fields") else out
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    tensors = [a for a in arguments if isinstance(a, Tensor)] + [out]
    if state.levels and not all(map(is_shared, tensors)):
        raise RuntimeError(f"Batching rule not implemented for aten::{name}.out; the fallback path doesn't work on out= or view ops.")
    if state.levels and any(map(is_dual, tensors)):
        raise NotImplementedError(f"Trying to use forward AD with {name}_out that does not support it because it is an out= function")
    if state.grad_enabled and any(a.requires_grad for a in tensors):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."
        )
    if name == "abs" and tensors[0]._aval.dtype.kind == "c":
        # A magnitude may also be written as a complex number.
        if out._aval.dtype.kind == "c":
            refuse_other_dtype(name, tensors[0]._aval.dtype, out._aval.dtype)
        check_castable(result._aval.dtype, out._aval.dtype)
    elif result._aval.dtype != out._aval.dtype:
        refuse_other_dtype(name, result._aval.dtype, out._aval.dtype)
        if not castable(result._aval.dtype, out._aval.dtype):
            refuse_uncastable(name, result._aval.dtype, out._aval.dtype)
        check_castable(result._aval.dtype, out._aval.dtype)
    check_writable(out)
    refuse_shared_out(out, result._aval.shape, arguments, name)
    if result._aval.shape != out._aval.shape:
        resize_for_output(out, result)
    return assign(out, result)


def resize_for_output(out: Tensor, result: Tensor) -> None:
    """Give `out` the result's shape; PyTorch warns when it was not empty."""
    import warnings

    if out._aval.size:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out._aval.shape)}, which does not match the "
            f"required output shape {list(result._aval.shape)}. This behavior is deprecated, and in a future PyTorch release outputs "
            "will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to "
            "zero elements with t.resize_(0).",
            UserWarning,
            stacklevel=3,
        )
    fitted = aval_of(result._aval.shape, out._aval.dtype, out._aval.device)
    value = run_raw(CAST, (value_of(result),), (out._aval.dtype,), (result._aval,))
    out._storage = make(value, fitted)._storage
    out._aval, out._view = fitted, None


__all__ = ["assign", "check_writable", "copy_", "inplace_variant", "set_value", "write_out"]
