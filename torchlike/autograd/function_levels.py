"""Custom Functions inside forward mode and vmap: the user's `jvp`, `vmap` staticmethod or the generated batching rule.

A Function runs at the bottom first; each level above turns that result into its own (a tangent by `jvp`, a batch by `vmap`) and records it on
the tape above, with a ctx of its own. A dual level shares its tape with the one below, so there one ctx does for both modes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..core.levels import JvpLevel, Level, VmapLevel, dual_of, lifted_arguments
from ..core.modes import no_grad, state
from ..core.pytree import _broadcast_to_and_flatten, tree_flatten, tree_unflatten
from ..core.tensor import Tensor, make, value_of
from ..core.write import write_storage
from ..execution import Lifted
from ..ops.create import zeros_like
from ..ops.views import movedim
from .forward_ad import _set_fwd_grad_enabled, check_tangent
from .function_node import FunctionCtx

_MORE = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
NO_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override the setup_context "
    f"staticmethod. {_MORE}"
)


class VmapInfo(NamedTuple):
    """What a `vmap` staticmethod is told of the vmap it runs in."""

    batch_size: int
    randomness: str


def _several(returned) -> tuple:
    """What a user's method returned, as a tuple."""
    return returned if isinstance(returned, tuple) else (returned,)


def apply_at(level: Level, cls, args: tuple) -> tuple:
    """(arguments, output) of the Function at that level; what it records above is up to the caller."""
    args = lifted_arguments(args)
    if isinstance(level, VmapLevel):
        return args, _mapped(level, cls, args)
    return args, _pushed(level, cls, args)


# --- forward mode --------------------------------------------------------------------------------------------------------------------


class _JvpCtx(FunctionCtx):
    """The ctx of a level that only needs `jvp`."""

    # Which of what was saved differs between the examples of a vmap.
    batched_forward: tuple = ()

    def __init__(self, args: tuple):
        self.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)

    @property
    def saved_tensors(self) -> tuple:
        return self.saved_for_forward or ()


def _pushed(level, cls, args: tuple):
    from .function import set_up

    inner = tuple(value_of(a).inner if isinstance(a, Tensor) else a for a in args)
    output = cls.apply(*inner)
    ctx = _JvpCtx(inner)
    with no_grad():
        set_up(cls, ctx, inner, output)
    outputs = _several(output)
    tangents = tangents_of(level, cls, ctx, duals_of(level, args), outputs)
    results = tuple(
        _with_tangent(level, o, t, inner, args) if isinstance(o, Tensor) else o for o, t in zip(outputs, tangents, strict=True)
    )
    return results if isinstance(output, tuple) else results[0]


def _with_tangent(level: JvpLevel, output: Tensor, tangent, inner: tuple, args: tuple) -> Tensor:
    """The output at that level; the argument itself where the Function has modified it in place."""
    value = Lifted(level, output, tangent)
    written = next((a for a, below in zip(args, inner, strict=True) if below is output), None)
    if written is None:
        return make(value, output._aval)
    write_storage(written, value)
    return written


def duals_of(level: JvpLevel, args: tuple) -> list:
    """The primal and tangent of each argument; None for one that is no Tensor."""
    return [dual_of(level, a) if isinstance(a, Tensor) else None for a in args]


def tangents_of(level: JvpLevel, cls, ctx, duals: list, outputs: tuple, args: tuple = ()) -> tuple:
    """The tangents of the outputs by the user's `jvp`; None throughout when no argument has one. Outputs that share memory with one of `args`
    need tangents that do so with its tangent."""
    given = [None if d is None else d.tangent for d in duals]
    if all(t is None for t in given):
        return (None,) * len(outputs)
    if ctx.materialize_grads:
        given = [zeros_like(d.inner) if t is None and d is not None and d.inner._aval.inexact else t for t, d in zip(given, duals, strict=True)]
    versions = [t._version if isinstance(t, Tensor) else 0 for t in given]
    # What was saved for backward only is not there in jvp.
    ctx.saved_for_forward = ctx.saved_for_forward or ()
    with _set_fwd_grad_enabled(False):
        pushed = cls.jvp(ctx, *given)
    tangents = _several(pushed)
    if len(tangents) != len(outputs):
        raise RuntimeError(
            f"Function's jvp returned an invalid number of forward gradients (expected {len(outputs)} but got {len(tangents)})"
        )
    for tangent, output in zip(tangents, outputs, strict=True):
        source = next((i for i, a in enumerate(args) if _shares(output, a)), None)
        if source is not None and isinstance(tangent, Tensor) and isinstance(given[source], Tensor):
            written = any(output is t for t in ctx.dirty_tensors or ())
            _check_shared(tangent, given[source], versions[source] if written else None, args[source]._base is not None)  # type: ignore[arg-type]
    constant = ctx.non_differentiable or ()
    for k, (tangent, output) in enumerate(zip(tangents, outputs, strict=True)):
        if tangent is not None and any(output is c for c in constant):
            raise RuntimeError(
                f"Function's jvp returned a gradient at position {k}, but  the corresponding forward output is not a differentiable Tensor."
                "You should return None at that position instead."
            )
    return tuple(_checked(t, o, k, level) for k, (t, o) in enumerate(zip(tangents, outputs, strict=True)))


def _shares(output, argument) -> bool:
    """Whether an output is an argument, or a view of it or of its base."""
    if not isinstance(output, Tensor) or not isinstance(argument, Tensor):
        return False
    return output is argument or output._base is not None and (output._base is argument or output._base is argument._base)


def _check_shared(tangent: Tensor, given: Tensor, version: int | None, of_view: bool) -> None:
    """RuntimeError unless `tangent` is `given`, written to since it was at `version`, or, without a version, a view as the output is one
    (of an argument that is one itself, or not)."""
    if version is not None:
        if tangent is not given or tangent._version == version:
            raise RuntimeError(
                "An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is modifying an input inplace, "
                "then the jvp function must modify the corresponding gradient inplace."
            )
        return
    if tangent is given or tangent._base is None:
        raise RuntimeError(
            "A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view."
        )
    if tangent._base is not (given if given._base is None else given._base):
        which = "the same base as the given" if of_view else "the given"
        raise RuntimeError(f"A custom Function is returning a view but the jvp is not returning a view of {which} grad input.")


def _checked(tangent, output, number: int, level: JvpLevel):
    if tangent is None or not isinstance(output, Tensor):
        return None
    if not isinstance(tangent, Tensor):
        raise RuntimeError(f"expected Variable or None (got {type(tangent).__name__}) for grad output {number}.")
    check_tangent(output, tangent)
    return level.outside(tangent)


def set_tangents(level: JvpLevel, outputs: tuple, tangents: tuple) -> None:
    """Give outputs computed without tangents theirs."""
    for output, tangent in zip(outputs, tangents, strict=True):
        if isinstance(output, Tensor) and tangent is not None:
            dual = dual_of(level, output)
            inner = output.detach() if dual is None else dual.inner
            output._storage.value = Lifted(level, inner, tangent)
            if output._view is not None:
                output._view.value = output._storage.value


# --- vmap ----------------------------------------------------------------------------------------------------------------------------


def _check_mappable(cls) -> None:
    from .function import Function

    has_rule = cls.vmap is not Function.vmap
    if cls.generate_vmap_rule and has_rule:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it has both generate_vmap_rule=True and an overridden vmap staticmethod. Please set "
            f"generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid ambiguity. {_MORE}"
        )
    if not cls.generate_vmap_rule and not has_rule:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and implement the vmap staticmethod or "
            f"set generate_vmap_rule=True. {_MORE}"
        )


def _below(level: VmapLevel, tensors: tuple) -> tuple[tuple, tuple]:
    """Arguments or results one level down, and which of them have the mapped dimension; what is no Tensor stays."""
    pairs = [level.unwrap(t) if isinstance(t, Tensor) else (t, False) for t in tensors]
    return tuple(t for t, _ in pairs), tuple(b for _, b in pairs)


def _wrapped(level: VmapLevel, tensors: tuple, batched: tuple) -> tuple:
    """The inverse of `_below`."""
    return tuple(level.wrap(t, b) if isinstance(t, Tensor) else t for t, b in zip(tensors, batched, strict=True))


def _mapped(level: VmapLevel, cls, args: tuple):
    inner, batched = _below(level, args)
    if not any(batched):
        return _relifted(level, cls.apply(*inner), None)
    if not cls.generate_vmap_rule:
        return _by_rule(level, cls, args)
    generated = _generated(cls, level, batched)
    return _relifted(level, generated.apply(*inner), generated.batched_outputs)


def _by_rule(level: VmapLevel, cls, args: tuple):
    leaves, spec = tree_flatten(args)
    inner, dims = zip(*(level.origin(a) if isinstance(a, Tensor) else (a, None) for a in leaves), strict=True)
    returned = cls.vmap(VmapInfo(level.size, level.randomness), tree_unflatten(dims, spec), *tree_unflatten(inner, spec))
    if not isinstance(returned, tuple) or len(returned) != 2:
        kind = f"a {type(returned)}" if not isinstance(returned, tuple) else f"{len(returned)} returns"
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible with the output. Got "
            f"{kind} instead"
        )
    output, out_dims = returned
    leaves, spec = tree_flatten(output)
    found = _broadcast_to_and_flatten(out_dims, spec)
    if found is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected out_dims="
            f"{out_dims} to be compatible with the structure of `output`. out_dims has structure {tree_flatten(out_dims)[1]} but output has "
            f"structure {spec}. {_MORE}"
        )
    moved = [o if d in (None, 0) else movedim(o, d, 0) for o, d in zip(leaves, found, strict=True)]
    wrapped = [level.wrap(o, d is not None) if isinstance(o, Tensor) else o for o, d in zip(moved, found, strict=True)]
    return tree_unflatten(wrapped, spec)


def _relifted(level: VmapLevel, output, batched: tuple | None):
    outputs = _several(output)
    flags = batched or (False,) * len(outputs)
    results = _wrapped(level, outputs, flags)
    return results if isinstance(output, tuple) else results[0]


class _Seen:
    """A ctx as the user's methods see it under vmap: what they save is saved for all examples, what they read is one example's."""

    def __init__(self, ctx, level: VmapLevel):
        object.__setattr__(self, "ctx", ctx)
        object.__setattr__(self, "level", level)

    def __getattr__(self, name):
        return getattr(self.ctx, name)

    def __setattr__(self, name, value):
        setattr(self.ctx, name, value)

    def save_for_backward(self, *tensors) -> None:
        physical, self.ctx.batched_saved = _below(self.level, tensors)
        self.ctx.save_for_backward(*physical)

    def save_for_forward(self, *tensors) -> None:
        physical, self.ctx.batched_forward = _below(self.level, tensors)
        self.ctx.save_for_forward(*physical)

    @property
    def saved_tensors(self) -> tuple:
        flags = self.ctx.batched_forward if isinstance(self.ctx, _JvpCtx) else self.ctx.batched_saved
        return _wrapped(self.level, self.ctx.saved_tensors, flags)

    def mark_dirty(self, *tensors) -> None:
        self.ctx.mark_dirty(*_below(self.level, tensors)[0])

    def mark_non_differentiable(self, *tensors) -> None:
        self.ctx.mark_non_differentiable(*_below(self.level, tensors)[0])


def _generated(cls, outer: VmapLevel, batched: tuple) -> Any:
    """The Function over all examples whose every method is the user's, mapped."""
    from .function import Function

    def level() -> VmapLevel:
        return VmapLevel(outer.size, outer.randomness)

    class Batched(Function):
        generate_vmap_rule = True
        batched_outputs: tuple = ()

        @staticmethod
        def forward(*inputs):
            with level() as inside:
                logical = _wrapped(inside, inputs, batched)
                output = cls.forward(*logical)
                known = {id(w): i for w, i in zip(logical, inputs, strict=True)}
                outputs = _several(output)
                physical, Batched.batched_outputs = _below(inside, outputs)
            results = tuple(known.get(id(o), p) for o, p in zip(outputs, physical, strict=True))
            return results if isinstance(output, tuple) else results[0]

        @staticmethod
        def setup_context(ctx, inputs, output):
            outputs = _several(output)
            with level() as inside:
                logical = _wrapped(inside, outputs, Batched.batched_outputs)
                cls.setup_context(_Seen(ctx, inside), _wrapped(inside, inputs, batched), logical if isinstance(output, tuple) else logical[0])

        @staticmethod
        def backward(ctx, *grads):
            with level() as inside:
                found = cls.backward(_Seen(ctx, inside), *_wrapped(inside, grads, Batched.batched_outputs))
                return tuple(_total(inside, g, b) for g, b in zip(_several(found), batched, strict=False))

        @staticmethod
        def jvp(ctx, *tangents):
            with level() as inside:
                found = cls.jvp(_Seen(ctx, inside), *_wrapped(inside, tangents, batched))
                tangents = _several(found)
                outs = tuple(_spread(inside, t, b) for t, b in zip(tangents, Batched.batched_outputs, strict=True))
            return outs if isinstance(found, tuple) else outs[0]

    Batched.__name__ = Batched.__qualname__ = f"Vmapped{cls.__name__}"
    return Batched


def _total(level: VmapLevel, grad, batched: bool):
    """A gradient one level down: summed over the examples for an input that they share."""
    if not isinstance(grad, Tensor):
        return grad
    return level.stacked(grad) if batched else level.stacked(grad).sum(0)  # type: ignore[attr-defined]


def _spread(level: VmapLevel, tangent, batched: bool):
    if not isinstance(tangent, Tensor):
        return tangent
    return level.stacked(tangent) if batched else level.unwrap(tangent)[0]


def run_dual(level: JvpLevel, cls, ctx, args: tuple, compute) -> Any:
    """`compute()`, the user's forward, without tangents, and then those that `jvp` gives."""
    duals = duals_of(level, args)
    with _set_fwd_grad_enabled(False):
        output = compute()
    outputs = _several(output)
    set_tangents(level, outputs, tangents_of(level, cls, ctx, duals, outputs, args))
    return output


def check_transformable(cls, kwargs: dict) -> None:
    """RuntimeError inside a function transform for a Function whose forward takes ctx, or that vmap cannot map."""
    from .function import Function

    asking = [t for t in state.transforms if getattr(t, "asks_functions", True)]
    if asking and cls.setup_context is Function.setup_context:
        raise RuntimeError(NO_SETUP)
    if any(isinstance(level, VmapLevel) for level in asking):
        _check_mappable(cls)
        if kwargs:
            raise NotImplementedError(
                "Run vmap on autograd.Function with kwarg-only Tensor args. Please do not pass kwarg-only Tensors to autograd.Function. Got: "
                f"{kwargs}"
            )
