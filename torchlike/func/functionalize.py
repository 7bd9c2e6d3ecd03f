"""`functionalize` and `debug_unwrap` (torch.func): here every in-place op is a functional update underneath already."""

from __future__ import annotations

import functools

from ..core.levels import snapshot
from ..core.modes import state
from ..core.tensor import Tensor


def functionalize(func, *, remove: str = "mutations"):
    """`func` without in-place updates underneath: values never change here, so it is `func` itself, its effect on arguments included."""
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options are:\n"
            "     remove='mutations': all inplace and out= operators will be removed from the program, and replaced with their out-of-place "
            "equivalents.\n"
            "     remove='mutations_and_views': In addition to the above, all aliasing operators {view} will be replaced with their "
            "non-aliasing counterparts, {view}_copy.\n"
        )

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        return func(*args, **kwargs)

    return wrapped


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The Tensor that stands behind one inside a transform, one level down or, with `recurse`, at the bottom; for looking at, not computing."""
    for transform in reversed(state.transforms):
        layer = transform.shown(tensor)
        if layer is not None:
            tensor = snapshot(layer[2])
            tensor._storage.born = transform.serial - 1
            if not recurse:
                break
    return tensor
