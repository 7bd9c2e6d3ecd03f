"""The settings of pooling functions in canonical form, or PyTorch's complaint about them or about the input's shape."""

from __future__ import annotations

import numpy as np

from ..core.dtype import scalar_type_name
from ..core.operand import type_name
from .checks import refuse

_COUNTS = {1: "one int", 2: "two ints", 3: "three ints"}
_POSITIONS = {"kernel_size": 2, "output_size": 3, "stride": 3, "padding": 4, "dilation": 5}


def pool_geometry(size, kernel, stride, padding, dilation, ceil_mode) -> tuple:
    """(output size, (low, high) padding) per dimension; a window that starts beyond the input and its left padding is dropped."""
    counts, pads = [], []
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        reach = d * (k - 1) + 1
        room = n + 2 * p - reach
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        counts.append(count)
        pads.append((p, (count - 1) * s + reach - n - p))
    return tuple(counts), tuple(pads)


def pool_tuple(value, rank: int, name: str, what: str) -> tuple:
    """A pooling setting as a tuple of `rank` ints."""
    if isinstance(value, int):
        return (value,) * rank
    if not isinstance(value, tuple | list):
        raise TypeError(f"{name}(): argument '{what}' (position {_POSITIONS[what]}) must be tuple of ints, not {type_name(value)}")
    value = tuple(int(v) for v in value)
    if len(value) == 1:
        return value * rank
    if len(value) != rank:
        raise RuntimeError(_wrong_count(value, rank, name, what))
    return value


def _wrong_count(value: tuple, rank: int, name: str, what: str) -> str:
    if name == "max_pool1d":
        kinds = {"stride": "None, an int, list of ints, or", "padding": "an int, list of ints, or"}.get(what, "an int, list of ints or")
        return f"max_pool1d() {what} must be {kinds} tuple of ints of size 1 but got size {len(value)}"
    if rank == 1:
        return f"{name}() argument '{what}' should contain one int (got {len(value)})"
    if name.startswith("fractional"):
        count = _COUNTS[rank].replace("int", "Int")
        return f"{name}: {what} must either be a single Int or tuple of {count}"
    must = "be either" if what == "dilation" else "be" if name == "avg_pool3d" else "either be"
    return f"{name}: {what} must {must} {'omitted, ' * (what == 'stride')}a single int, or a tuple of {_COUNTS[rank]}"


def pool_settings(rank, name, input, kernel_size, stride, padding, dilation, ceil_mode) -> tuple:
    """(kernel, stride, padding, dilation, ceil_mode) of a max or average pooling over the last `rank` dimensions."""
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(_rank_error(rank, name, input))
    kernel = pool_tuple(kernel_size, rank, name, "kernel_size")
    steps = kernel if stride is None or stride == () or stride == [] else pool_tuple(stride, rank, name, "stride")
    pads, spread = pool_tuple(padding, rank, name, "padding"), pool_tuple(dilation, rank, name, "dilation")
    if name == "max_pool1d":
        _check_max_pool1d(kernel[0], steps[0], pads[0], spread[0])
    else:
        _check_amounts(kernel, steps, pads, spread)
    _check_not_empty(rank, name, input)
    size = tuple(input.shape)[-rank:]
    counts, _ = pool_geometry(size, kernel, steps, pads, spread, ceil_mode)
    if min(counts) < 1:
        raise RuntimeError(_too_small(rank, name, input, kernel, size, counts))
    return kernel, steps, pads, spread, bool(ceil_mode)


def check_pool_dtype(rank: int, kind: str, input) -> None:
    """NotImplementedError for a dtype that PyTorch does not pool: of integers it averages int64 alone."""
    dtype = input._aval.dtype
    if dtype.kind in "bc" or (kind == "avg" and dtype.kind in "iu" and dtype != np.int64):
        refuse(f"{kind}_pool{max(rank, 2)}d{'_out_frame' * (kind == 'avg' and rank == 3)}", dtype)


def _check_max_pool1d(kernel: int, step: int, pad: int, spread: int) -> None:
    for what, value in (("kernel_size", kernel), ("stride", step)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {what} must be greater than zero, but got {value}")
    if pad < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {pad}")
    if spread <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {spread}")
    if pad > (spread * (kernel - 1) + 1) // 2:
        raise RuntimeError(f"max_pool1d() padding should be at most half of kernel size, but got padding={pad} and kernel_size={kernel}")


def _named(prefix: str, values: tuple) -> str:
    """The values after the letters of their dimensions; a single dimension counts as the width of a picture."""
    values = (1, *values) if len(values) == 1 and prefix != "dilation" else values
    return " ".join(f"{prefix}{axis}: {v}" for axis, v in zip("THW"[-len(values):], values, strict=True))


def _check_amounts(kernel, steps, pads, spread) -> None:
    if 0 in steps:
        raise RuntimeError("stride should not be zero")
    if min(kernel) <= 0:
        raise RuntimeError(f"kernel size should be greater than zero, but got {_named('k', kernel)}")
    if min(steps) < 0:
        raise RuntimeError(f"stride should be greater than zero, but got {_named('d', steps)}")
    if min(spread) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {_named('dilation', spread)}")
    for k, p, d in zip(kernel, pads, spread, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and dilation={d}")


def as_picture(rank: int, shape) -> list:
    """The shape with the height of 1 that PyTorch gives the input of a one-dimensional average."""
    return [*shape[:-1], 1, shape[-1]] if rank == 1 else list(shape)


def _check_not_empty(rank: int, name: str, input) -> None:
    """RuntimeError if a dimension other than the batch has no elements."""
    shape = tuple(input.shape)
    if 0 not in shape[-rank - 1 :]:
        return
    if rank == 3:
        name = "avg_pool3d()" if name == "avg_pool3d" else "max_pool3d_with_indices_out_cpu_template()"
        raise RuntimeError(f"{name}: Expected input's non-batch dimensions to have positive length, but input has a shape of {list(shape)} and "
                           "non-batch dimension 0 has length zero!")
    if name == "max_pool1d":
        raise RuntimeError(_rank_error(1, name, input))
    raise RuntimeError("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
                       f"got:{as_picture(rank, shape)}")


def _too_small(rank: int, name: str, input, kernel, size, counts) -> str:
    if name == "max_pool1d":
        return f"max_pool1d() Invalid computed output size: {counts[0]}"
    if name == "avg_pool3d":
        return "input image (T: {} H: {} W: {}) smaller than kernel size (kT: {} kH: {} kW: {})".format(*size, *kernel)
    channels = input.shape[-rank - 1]
    sizes = ("x".join(map(str, as_picture(rank, (channels, *each)))) for each in (size, counts))
    return "Given input size: ({}). Calculated output size: ({}). Output size is too small".format(*sizes)


def _rank_error(rank: int, name: str, input) -> str:
    if rank > 1:
        return f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"
    if name == "max_pool1d":
        return f"max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(input.shape)}"
    return (f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' "
            f"(while checking arguments for {name})")


def adaptive_size(rank: int, kind: str, input, output_size) -> tuple:
    """The target of an adaptive pooling, `kind` being avg or max; None keeps the input's size."""
    name = f"adaptive_{kind}_pool{rank}d"
    if rank == 1 and input.ndim not in (2, 3):
        raise RuntimeError(_rank_error(1, name, input))
    if rank > 1 and isinstance(output_size, list | tuple) and input.ndim <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(f"{name}(): Expected {rank + 1}D or {rank + 2}D tensor, but got{':' * (kind == 'max')} {list(input.shape)}")
    wanted = (output_size,) * rank if isinstance(output_size, int) or output_size is None else tuple(output_size)
    if len(wanted) != rank:
        raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(wanted)})" if rank == 1 else
                           f"{name}(): internal error: output_size.size() must be {rank}" if kind == "max" else
                           f"{name}: output_size must be {rank}")
    sizes = tuple(n if w is None else int(w) for n, w in zip(tuple(input.shape)[-rank:], wanted, strict=True))
    _check_adaptive(rank, kind, input, sizes)
    return sizes


def _check_adaptive(rank: int, kind: str, input, sizes: tuple) -> None:
    """RuntimeError for a negative target, an input without elements or, but for a mean of everything, one of integers."""
    averages = kind == "avg"
    shape = as_picture(rank, tuple(input.shape)) if averages else list(input.shape)
    planar = max(rank, 2) if averages else rank
    if min(sizes) < 0:
        if not averages:
            leading = [*input.shape[:-rank], *[1] * (rank == 1)]
            raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {[*leading, *sizes]}")
        wanted = ", ".join(map(str, (1, *sizes)[-planar:][:2])) + "".join(f",{n}" for n in sizes[2:])
        raise RuntimeError(f"adaptive_avg_pool{planar}d: elements of output_size must be greater than or equal to 0 but received {{{wanted}}}")
    if averages and set(sizes) == {1} and input.numel():
        return
    first = len(shape) - planar if averages and rank < 3 else len(shape) - planar - 1
    for d in range(max(first, 1), len(shape)):
        if shape[d] == 0 and not (averages and set(sizes) == {1} and d < len(shape) - planar):
            raise RuntimeError(f"adaptive_{kind}_pool{planar}d(): Expected input to have non-zero size for non-batch dimensions, but input has "
                               f"sizes {shape} with dimension {d} being empty")
    if not input.is_floating_point():
        kernel = f"adaptive_{kind}_pool{max(rank, 2)}d{'_cpu' * (rank == 3)}"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype.np)}'")
