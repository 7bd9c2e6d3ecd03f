"""A base reshaped in place (`t_`, `squeeze_`) under views it already has: they are windows of its memory, so each finds itself again there."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np

from .view import ROOT, Recipe, geometry_of, view_op


def _places(shape: tuple, strides: tuple, offset: int) -> np.ndarray:
    """The number in memory of each element of a window."""
    where = np.full((1,) * len(shape), offset)
    for d, (n, s) in enumerate(zip(shape, strides, strict=True)):
        where = where + (np.arange(n) * s).reshape([-1 if i == d else 1 for i in range(len(shape))])
    return np.broadcast_to(where, shape)


def _geometry(shape, strides, offset, *, window, held):
    return window


@view_op(_geometry, node="AsStridedBackward0")
def _window_of_window(input, /, *, window, held):
    memory, present = _places(*window).reshape(-1), _places(*held).reshape(-1)
    if not present.size:
        return jnp.zeros(window[0], input.dtype)
    order = np.argsort(present, kind="stable")
    found = order[np.minimum(np.searchsorted(present[order], memory), present.size - 1)]
    values = input.reshape(-1)[found]
    return jnp.where(present[found] == memory, values, jnp.zeros((), input.dtype)).reshape(window[0])


def base_recipe(view, base) -> tuple[Recipe, tuple]:
    """The recipe and the indices that lead from `base`, as it is laid out now, to the Tensor `view`."""
    window = view._view
    start = ROOT if base._view is None else base._view.recipe
    if _joined(start, window.base_recipe) is not window.recipe and math.prod(view._aval.shape):
        window.base_recipe, window.base_index = ROOT.then(_window_of_window.op, (geometry_of(view), geometry_of(base))), ()
        window.recipe, window.index = _joined(start, window.base_recipe), () if base._view is None else base._view.index
    return window.base_recipe, window.base_index


def _joined(start: Recipe, rest: Recipe) -> Recipe:
    steps = []
    while rest.parent is not None:
        steps.append(rest)
        rest = rest.parent
    for step in reversed(steps):
        start = start.then(step.op, step.settings)
    return start
