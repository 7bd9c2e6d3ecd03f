"""Bounding gradients before a step: by their total norm, or element by element."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Iterable
from warnings import warn

import jax.numpy as jnp
import numpy as np

from ...core.device import to_jax_device
from ...core.dispatch import run_raw
from ...core.inplace import set_value
from ...core.op import Op
from ...core.tensor import Tensor, from_value, value_of
from ...execution import placed


def _total_norm(*arrays, kind: float):
    """The norm of the norms, as one program: what the norm of all elements together would be."""
    dtype = functools.reduce(jnp.promote_types, (_real(x.dtype) for x in arrays))
    return _norm(jnp.stack([_norm(x.ravel(), kind) for x in arrays]), kind).astype(dtype)


def _norm(x, kind: float):
    x = jnp.abs(x)
    x = x.astype(jnp.promote_types(x.dtype, jnp.float32))  # halves would overflow
    if kind == math.inf:
        return x.max(initial=0.0)
    if kind == -math.inf:
        return x.min()
    if kind == 0:
        return (x != 0).sum().astype(x.dtype)
    if kind == 1:
        return x.sum()
    if kind == 2:
        return jnp.sqrt((x * x).sum())
    return (x**kind).sum() ** (1.0 / kind)


def _scale(*arrays):
    max_norm, norm, *grads = arrays
    factor = jnp.minimum(max_norm / (norm + 1e-6), 1.0)
    return tuple(g * factor.astype(_real(g.dtype)) for g in grads)


def _clamp(*arrays):
    bound, *grads = arrays
    return tuple(jnp.clip(g, -bound, bound) for g in grads)


def _real(dtype):
    return jnp.finfo(dtype).dtype if dtype.kind == "c" else dtype


_TOTAL_NORM = Op(_total_norm, "total_norm", "TotalNormBackward0")
_SCALE = Op(_scale, "clip_grads", "ClipGradsBackward0")
_CLAMP = Op(_clamp, "clamp_grads", "ClampGradsBackward0")


def _listed(tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def _rewrite(op: Op, numbers: tuple, tensors: list[Tensor]) -> None:
    """Run `op` over all tensors of each device at once, and write the results back."""
    by_device: dict = {}
    for t in tensors:
        by_device.setdefault(t._aval.device, []).append(t)
    for group in by_device.values():
        local = [value_of(n.to(group[0].device)) if isinstance(n, Tensor) else n for n in numbers]  # type: ignore[attr-defined]
        for t, value in zip(group, run_raw(op, (*local, *map(value_of, group)), ()), strict=True):
            set_value(t, value)


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all tensors together, as if they were one vector (torch.nn.utils.get_total_norm); 0 for none.

    RuntimeError if `error_if_nonfinite` and the norm is infinite or NaN.
    """
    tensors, norm_type = _listed(tensors), float(norm_type)
    if not tensors:
        return from_value(placed(np.zeros((), np.float32), to_jax_device()))
    place = tensors[0].device
    values = [value_of(t.to(place)) for t in tensors]  # type: ignore[attr-defined]
    total = from_value(run_raw(_TOTAL_NORM, values, (norm_type,)))
    if error_if_nonfinite and not math.isfinite(total.item()):  # type: ignore[attr-defined]
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. To disable "
            "this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients in place by `max_norm / (total_norm + 1e-6)`, if that is below one."""
    grads = _grads(parameters)
    if grads:
        _rewrite(_SCALE, (float(max_norm), total_norm), grads)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients in place so that their total norm is at most `max_norm`; returns the norm they had."""
    listed = _listed(parameters)
    if isinstance(parameters, types.GeneratorType) and not listed:
        warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=2)
    total_norm = get_total_norm(_grads(listed), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clamp every element of the gradients in place to [-clip_value, clip_value]."""
    grads = _grads(parameters)
    if grads:
        _rewrite(_CLAMP, (float(clip_value),), grads)


def clip_grad_norm(*args, **kwargs) -> Tensor:
    """Deprecated name of `clip_grad_norm_`."""
    warn("`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.", FutureWarning, stacklevel=2)
    return clip_grad_norm_(*args, **kwargs)
