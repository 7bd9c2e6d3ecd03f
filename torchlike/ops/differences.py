"""Numeric derivatives of samples along dimensions: `gradient`."""

from __future__ import annotations

import numbers

from ..core.op import function
from ..core.tensor import Tensor
from .dims import canonical_dim
from .joining import cat


def _dims(input: Tensor, dim, spacing) -> list:
    """The dims to differentiate along, checked against the spacing."""
    if dim is not None:
        dims = [canonical_dim(d, input.ndim) for d in (dim if isinstance(dim, tuple | list) else (dim,))]
        for i, d in enumerate(dims):
            if d in dims[:i]:
                raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        if isinstance(spacing, tuple | list) and len(spacing) != len(dims):
            raise RuntimeError("torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same "
                               f"length, but got a spacing argument of length {len(spacing)} and a dim argument of length {len(dims)}.")
        return dims
    if isinstance(spacing, tuple | list) and len(spacing) != input.ndim:
        raise RuntimeError("torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = "
                           f"{input.ndim}', since dim argument was not given, but got a list of length {len(spacing)}")
    return list(range(input.ndim))


def _check(input: Tensor, dims: list, spacings: list, edge_order: int) -> None:
    if input.dtype.itemsize == 1 and str(input.dtype) == "torch.uint8":
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    for s in spacings:
        if isinstance(s, Tensor) and s.ndim != 1 and not _is_number(s):
            raise RuntimeError(f"torch.gradient expected each element of spacing to have one dimension, but got an element with {s.ndim} "
                               "dimensions!")
    for d in dims:
        if input.size(d) < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")


def _is_number(x) -> bool:
    return isinstance(x, numbers.Number) or (isinstance(x, Tensor) and x.ndim == 0)


def _even(x: Tensor, d: int, h, edge_order: int) -> Tensor:
    """Central differences of samples `h` apart."""
    def at(i):
        return x.narrow(d, i if i >= 0 else x.size(d) + i, 1)

    n = x.size(d)
    middle = (x.narrow(d, 2, n - 2) - x.narrow(d, 0, n - 2)) / h * 0.5
    if edge_order == 1:
        first, last = at(1) - at(0), at(-1) - at(-2)
    else:
        first, last = at(1) * 2 - at(0) * 1.5 - at(2) * 0.5, at(-1) * 1.5 - at(-2) * 2 + at(-3) * 0.5
    return cat([first / h, middle, last / h], d)


def _three_points(x: Tensor, d: int, at: int, weights) -> Tensor:
    """A combination of runs of `x` that begin at three neighbouring places."""
    count = weights[0].numel()
    shape = [count if i == d else 1 for i in range(x.ndim)]
    a, b, c = (w.reshape(shape) * x.narrow(d, at + k, count) for k, w in enumerate(weights))
    return a + b + c


def _uneven(x: Tensor, d: int, places: Tensor, edge_order: int) -> Tensor:
    """Differences of samples at given places: the slope of the parabola through three neighbours."""
    steps = places.diff()
    n = x.size(d)
    left, right = steps[:-1], steps[1:]
    middle = _three_points(x, d, 0, (-right / (left * (left + right)), (right - left) / (left * right), left / (right * (left + right))))
    if edge_order == 1:
        first = (x.narrow(d, 1, 1) - x.narrow(d, 0, 1)) / steps[0]
        last = (x.narrow(d, n - 1, 1) - x.narrow(d, n - 2, 1)) / steps[-1]
        return cat([first, middle, last], d)
    a, b = left[:1], right[:1]
    first = _three_points(x, d, 0, (-(2 * a + b) / (a * (a + b)), (a + b) / (a * b), -a / (b * (a + b))))
    a, b = left[-1:], right[-1:]
    last = _three_points(x, d, n - 3, (b / (a * (a + b)), -(a + b) / (a * b), (2 * b + a) / (b * (a + b))))
    return cat([first, middle, last], d)


@function
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """The derivative along each dim by second order differences, one-sided at the ends (torch.gradient): a tuple of tensors.

    `spacing` is the distance of samples, one number or one per dim, or a 1-D tensor of places per dim.
    """
    spacing = 1 if spacing is None else spacing
    dims = _dims(input, dim, spacing)
    spacings = list(spacing) if isinstance(spacing, tuple | list) else [spacing] * len(dims)
    _check(input, dims, spacings, edge_order)
    return tuple((_even if _is_number(s) else _uneven)(input, d, s, edge_order) for d, s in zip(dims, spacings, strict=True))
