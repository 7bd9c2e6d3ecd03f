"""Questions about the Tensors of function transforms (torch._C._functorch), and moving a dimension into another one and out again."""

from __future__ import annotations

from typing import Any

from ..core.modes import Transform, state
from ..core.tensor import Tensor

_NONE = -1


def _outermost(tensor: Tensor) -> tuple[Transform, tuple] | None:
    """The newest running transform that the Tensor is of, and how it shows there."""
    for transform in reversed(state.transforms):
        layer = transform.shown(tensor)
        if layer is not None:
            return transform, layer
    return None


def _kind(tensor: Tensor) -> str:
    found = _outermost(tensor)
    return "" if found is None else found[1][0]


def is_batchedtensor(tensor: Tensor) -> bool:
    """Whether this is one example of a vmap."""
    return _kind(tensor) == "BatchedTensor"


def is_gradtrackingtensor(tensor: Tensor) -> bool:
    """Whether this is a Tensor of a transform that takes derivatives."""
    return _kind(tensor) == "GradTrackingTensor"


def is_functorch_wrapped_tensor(tensor: Tensor) -> bool:
    """Whether this is a Tensor of any running transform."""
    return bool(_kind(tensor))


def maybe_get_level(tensor: Tensor) -> int:
    """The number of the transform that the Tensor is of, 1 being the outermost; -1 for a Tensor of none."""
    found = _outermost(tensor)
    return _NONE if found is None else found[0].position


def maybe_get_bdim(tensor: Tensor) -> int:
    """Which dimension of the Tensor behind an example is the mapped one; -1 for any other Tensor."""
    found = _outermost(tensor)
    return _NONE if found is None or found[1][0] != "BatchedTensor" else found[0].origin(tensor)[1]  # type: ignore[attr-defined]


def get_unwrapped(tensor: Tensor) -> Tensor:
    """The Tensor one transform down. RuntimeError for a Tensor of none."""
    found = _outermost(tensor)
    if found is None:
        raise RuntimeError("No wrappers present!")
    return found[1][2]


def current_level() -> int:
    """The number of the innermost running transform. RuntimeError outside of any."""
    if not state.transforms:
        raise RuntimeError("torch._C._functorch.current_level() is for code inside a function transform; none is running")
    return len(state.transforms)


def maybe_current_level() -> int | None:
    """The number of the innermost running transform; None outside of any."""
    return len(state.transforms) or None


def dlevel(tensor: Tensor) -> int:
    """The number of the transform that differentiates the Tensor; 0 for a Tensor of none."""
    return max(maybe_get_level(tensor), 0)


def reshape_dim_into(src: int, dst: int, x: Tensor) -> Tensor:
    """`x` with dimension `src` taken out and made the outer part of what is then dimension `dst`."""
    n: Any = x.ndim
    src, dst = src % n, dst % (n - 1)
    moved = x.movedim(src, dst)  # type: ignore[attr-defined]
    return moved.flatten(dst, dst + 1)


def reshape_dim_outof(src: int, size1: int, x: Tensor) -> Tensor:
    """`x` with dimension `src` in two, the first of which is `size1`."""
    src %= x.ndim
    if x.shape[src] % size1:
        raise RuntimeError(f"dimension {src} of size {x.shape[src]} is no multiple of {size1}")
    return x.unflatten(src, (size1, x.shape[src] // size1))  # type: ignore[attr-defined]
