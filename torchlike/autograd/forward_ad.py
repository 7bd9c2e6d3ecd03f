"""Forward-mode automatic differentiation (torch.autograd.forward_ad): dual Tensors carry a tangent through every op."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from ..core.levels import JvpLevel, dual_of, snapshot, standing_for
from ..core.missing import missing
from ..core.modes import _ContextDecorator, state
from ..core.node import Identity
from ..core.tensor import Tensor


class _Current(threading.local):
    level: JvpLevel | None = None


_current = _Current()
_missing = missing(__name__)


def __getattr__(name: str) -> int:
    """`_current_level`: the number of the open level, -1 outside of one."""
    if name == "_current_level":
        return -1 if _current.level is None else 0
    return _missing(name)


def enter_dual_level() -> int:
    """Open the level in which dual Tensors live; RuntimeError inside another one."""
    if _current.level is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _current.level = JvpLevel(shares_tape=True).__enter__()
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level: its tangents are gone, its Tensors keep their values."""
    if _current.level is None and level is None:
        raise RuntimeError("Dual level must be a positive number.")
    if _current.level is None or level not in (None, 0):
        raise RuntimeError("Trying to exit a forward AD level that was not the last one that was created. This is not supported.")
    _current.level.__exit__()
    _current.level = None


class dual_level(_ContextDecorator):
    """The block in which forward-mode differentiation takes place (torch.autograd.forward_ad.dual_level)."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *error):
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """A Tensor of `tensor`'s value that carries `tangent`, of the same shape and dtype, through what is computed from it.

    Needs an open `dual_level`. Differentiable backward, with respect to both.
    """
    running = _level(level)
    if level:
        raise RuntimeError("Invalid level given to _make_dual")
    if running is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    return make_dual_at(running, tensor, tangent)


def check_tangent(primal: Tensor, tangent: Tensor) -> None:
    """RuntimeError unless the tangent has the primal's shape."""
    if tangent._aval.shape != primal._aval.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. Tensor is of "
            f"size {list(primal._aval.shape)} while the given forward gradient is of size {list(tangent._aval.shape)}."
        )


def make_dual_at(level: JvpLevel, tensor: Tensor, tangent: Tensor) -> Tensor:
    """`make_dual` at a given level."""
    for name, t in (("primal", tensor), ("tangent", tangent)):
        if not t._aval.inexact:
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {t.dtype}")
    check_tangent(tensor, tangent)
    if _has_tangent(level, tensor):
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not supported."
        )
    if _has_tangent(level, tangent):
        raise RuntimeError("Setting a forward grad that itself has a forward gradient at the same level0 is not supported.")
    result = level.dual(level.outside(tensor), level.outside(tangent))
    if not level.shares_tape:
        return result
    level.writes_through(result, tensor)
    return standing_for(result, tensor, ViewBackward0) if state.grad_enabled else result


def _has_tangent(level: JvpLevel, tensor: Tensor) -> bool:
    dual = dual_of(level, tensor)
    return dual is not None and dual.tangent is not None


class ViewBackward0(Identity):
    """Where a dual Tensor hangs on its primal."""

    __slots__ = ()


class AliasBackward0(Identity):
    """Where the primal of a function transform's result hangs on what is below."""

    __slots__ = ()


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` gives."""

    primal: Tensor
    tangent: Tensor | None


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The value and the tangent of a dual Tensor; the tangent is None for one that has none."""
    running = _level(level)
    return UnpackedDualTensor(tensor, None) if running is None else UnpackedDualTensor(*unpack_at(running, tensor))


def _is_fwd_grad_enabled() -> bool:
    """Whether tangents are propagated on this thread."""
    return state.forward_grad_enabled


class _set_fwd_grad_enabled(_ContextDecorator):
    """Switch the propagation of tangents: at once when called as a function, and for a block as a context manager."""

    def __init__(self, mode: bool):
        self.prev, self.mode = state.forward_grad_enabled, mode
        state.forward_grad_enabled = mode

    def clone(self):
        return type(self)(self.mode)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        state.forward_grad_enabled = self.prev


def unpack_at(level: JvpLevel, tensor: Tensor) -> tuple[Tensor, Any]:
    """`unpack_dual` at a given level."""
    dual = dual_of(level, tensor)
    primal, tangent = (tensor, None) if dual is None else (dual.inner, dual.tangent)
    # A level that shares its tape has recorded the primal on it; any other has recorded it one level down.
    bare = snapshot(primal.detach())
    return (standing_for(bare, tensor) if level.shares_tape else standing_for(bare, primal, AliasBackward0)), tangent


def _level(level: int | None) -> JvpLevel | None:
    """The running level; None where there is none to use."""
    return None if level is not None and level < 0 else _current.level
