"""What becomes of the results of a custom Function: history, views, dirty inputs, and outputs without gradient."""

from __future__ import annotations

import warnings

from ..core.dispatch import dispatch
from ..core.inplace import check_history
from ..core.modes import no_grad
from ..core.relayout import base_recipe
from ..core.structural import WRITE
from ..core.tensor import Tensor, make, value_of
from ..core.view_rules import CUSTOM, MULTI, NORMAL

_NOT_RETURNED = (
    "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified inplace must all be "
    "outputs of the Function."
)
_NO_INPUT = (
    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that have been mutated should be passed to ctx.mark_dirty()."
)
_DIRTY_VIEW = (
    "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than one Tensor. This is not "
    "supported by the current autograd engine. You should either make sure the input is not a view (using .clone() for example) or make your "
    "Function only return one Tensor (potentially splitting it into two Functions: one doing the inplace that returns a single Tensor and a second "
    "one that does the other operations). You can ask on the forum https://discuss.pytorch.org/ if you need help to do this change."
)
_PURE_VIEW = (
    "Pure view custom Function can only have one input Tensor and one output Tensor. Open an issue if you need to support more."
)


def finish(ctx, args: tuple, output, executable: bool):
    """The results of `ctx`'s forward as its caller gets them; `executable` says whether they are recorded."""
    single = not isinstance(output, tuple)
    outputs = (output,) if single else output
    inputs = tuple(a for a in args if isinstance(a, Tensor))
    tensors = [o for o in outputs if isinstance(o, Tensor)]
    if ctx._is_pure_view and (len(inputs), len(tensors)) != (1, 1):
        raise RuntimeError(_PURE_VIEW)
    constants = _marked(ctx.non_differentiable, "mark_non_differentiable only accepts variable arguments, but got ")
    dirty = _mark_dirty(ctx, tensors)
    differentiable = [executable and o._aval.inexact and not _among(o, constants) for o in tensors]
    flags = iter(differentiable)
    results = tuple(
        _finished(ctx, o, nr, (_among(o, inputs), _among(o, dirty), len(outputs)), next(flags)) if isinstance(o, Tensor) else o
        for nr, o in enumerate(outputs)
    )
    if sum(differentiable) > 1:
        for result in results:
            if isinstance(result, Tensor) and result._base is not None:
                result._view.creation = MULTI
    ctx._output_avals = tuple(o._aval if isinstance(o, Tensor) else None for o in results)
    ctx._constant = tuple(isinstance(o, Tensor) and _among(o, constants) for o in outputs)
    ctx.dirty_tensors = ctx.non_differentiable = None
    if executable:
        ctx.seal(inputs, results, dirty)
    return results[0] if single else results


def _among(tensor, others) -> bool:
    return any(tensor is other for other in others)


def _marked(tensors: tuple | None, complaint: str) -> tuple:
    for t in tensors or ():
        if not isinstance(t, Tensor):
            raise RuntimeError(complaint)
    return tensors or ()


def _mark_dirty(ctx, outputs: list) -> tuple:
    dirty = _marked(ctx.dirty_tensors, "mark_dirty can only accept variables, but argument ")
    for d in dirty:
        (d._counter or d._storage).version += 1
        d._storage.writer = ctx.name()
    if any(not _among(d, outputs) for d in dirty):
        raise RuntimeError(_NOT_RETURNED)
    return dirty


def _finished(ctx, output: Tensor, nr: int, circumstances: tuple, differentiable: bool) -> Tensor:
    is_input, is_dirty, count = circumstances
    if not differentiable:
        output = _without_gradient(output, is_input, is_dirty)
    elif is_dirty:
        _take_over(ctx, output, nr, is_input, count)
    else:
        output = _view_of_itself(output) if is_input else output
        _connect(ctx, output, nr)
    if output._base is not None and not (is_input and is_dirty):
        output._view.creation = NORMAL if ctx._is_pure_view else CUSTOM
    return output


def _view_of_itself(tensor: Tensor) -> Tensor:
    with no_grad():
        return tensor.view_as(tensor)  # type: ignore[attr-defined]


def _without_gradient(output: Tensor, is_input: bool, is_dirty: bool) -> Tensor:
    if not output.requires_grad:
        return _view_of_itself(output) if is_input and not is_dirty else output
    if is_input:
        return output.detach()
    # A view of an input needs a gradient as it would had it been made in no_grad mode.
    return output if output._base is not None else output.detach_()


def _connect(ctx, output: Tensor, nr: int) -> None:
    output._node, output._nr, output._requires_grad = ctx, nr, True
    if output._view is not None:
        output._view.hidden = False
        if output._counter is not None:
            output._view.history_version = output._counter.version


def _take_over(ctx, output: Tensor, nr: int, is_input: bool, count: int) -> None:
    """Give an output that was modified in place this node as its history, and its base along with it."""
    is_view = output._base is not None
    if output._requires_grad and output._node is None and not is_view:
        raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
    if not is_input:
        if is_view:
            raise RuntimeError(_NO_INPUT)
        warnings.warn(_NO_INPUT, UserWarning, stacklevel=5)
    if not is_view:
        _connect(ctx, output, nr)
        return
    if count > 1:
        raise RuntimeError(_DIRTY_VIEW)
    check_history(output)
    written = make(value_of(output), output._aval)
    written._node, written._nr, written._requires_grad = ctx, nr, True
    base = output._base
    recipe, index = base_recipe(output, base)
    updated = dispatch(WRITE, (base, written, *index), (recipe,))
    base._node, base._nr, base._requires_grad = updated._node, updated._nr, True  # type: ignore[union-attr]
    output._view.history_version = -1
