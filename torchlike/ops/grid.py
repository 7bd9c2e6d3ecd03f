"""Sampling an image at real-valued positions: grid_sample, and the grids of affine maps."""

from __future__ import annotations

import itertools
import warnings

import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.op import op
from ..core.precision import matmul_precision
from .checks import refuse_but_real
from .product import check_same

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def _unnormalise(x, size, align_corners):
    """[-1, 1] to element positions."""
    return (x + 1) / 2 * (size - 1) if align_corners else ((x + 1) * size - 1) / 2


def _reflect(x, size, align_corners):
    """Positions folded back and forth into the image."""
    low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
    if span == 0:
        return jnp.zeros_like(x)
    away = jnp.abs(x - low)
    turns = jnp.floor(away / span)
    rest = away - turns * span
    return jnp.where(turns % 2 == 0, rest + low, span - rest + low)


def _inside(x, size, padding, align_corners):
    """Positions brought into the image as `padding` says."""
    if padding == "reflection":
        x = _reflect(x, size, align_corners)
    return x if padding == "zeros" else jnp.clip(x, 0, size - 1)


def _cubic_weights(t):
    """Weights of the four neighbours of a position at fraction t past the second (a = -0.75)."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x):
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _neighbours(position, size, mode, padding, align_corners) -> list:
    """(integer index, weight or None for 1) of the elements along one dimension that a position draws on."""
    x = _unnormalise(position, size, align_corners)
    if mode == "bicubic":
        base = jnp.floor(x)
        return [(_inside(base + k, size, padding, align_corners), w) for k, w in zip(range(-1, 3), _cubic_weights(x - base), strict=True)]
    x = _inside(x, size, padding, align_corners)
    if mode == "nearest":
        return [(jnp.round(x), None)]
    base = jnp.floor(x)
    return [(base, 1 - (x - base)), (base + 1, x - base)]


def _grid_sample(input, grid, /, mode, padding, align_corners):
    """(N, C, *space) sampled at grid (N, *out, rank), whose last dimension counts from the image's last."""
    rank = grid.shape[-1]
    refuse_but_real("grid_sampler_2d_cpu_kernel_impl" if rank == 2 else "grid_sampler3d_cpu", input.dtype)
    check_same(input, grid)
    size = input.shape[2:]
    axes = [_neighbours(grid[..., rank - 1 - d], size[d], mode, padding, align_corners) for d in range(rank)]
    channels_last = jnp.moveaxis(input, 1, -1)
    batch = jnp.arange(input.shape[0]).reshape((-1,) + (1,) * (grid.ndim - 2))
    total = None
    for corner in itertools.product(*axes):
        valid, weight, index = None, None, []
        for n, (position, w) in zip(size, corner, strict=True):
            inside = (position >= 0) & (position <= n - 1)
            valid = inside if valid is None else valid & inside
            index.append(jnp.where(inside, position, 0).astype(jnp.int32))
            if w is not None:
                weight = w if weight is None else weight * w
        picked = jnp.where(valid[..., None], channels_last[(batch, *index)], 0)
        picked = picked if weight is None else picked * weight[..., None]
        total = picked if total is None else total + picked
    return jnp.moveaxis(total, -1, 1)


_samplers = {rank: op(_grid_sample, name=f"grid_sampler_{rank}d_kernel", public=False, node=f"GridSampler{rank}DBackward0") for rank in (2, 3)}


def _warn_align(align_corners) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
            "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.", stacklevel=3,
        )
    return bool(align_corners)


def grid_sample(input, grid, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None):
    """Sample (N, C, H, W) or (N, C, D, H, W) at positions in [-1, 1] (torch.nn.functional.grid_sample)."""
    for what, value, known in (("mode", mode, _MODES), ("padding_mode", padding_mode, _PADDINGS)):
        if value not in known:
            names = ", ".join(f"'{k}'" for k in known[:-1]) + "," * (what == "padding_mode")
            raise ValueError(f"nn.functional.grid_sample(): expected {what} to be {names} or '{known[-1]}', but got: '{value}'")
    align = _warn_align(align_corners)
    shapes = f"but got input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.size(0) != grid.size(0):
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {shapes}")
    if grid.size(-1) != input.ndim - 2:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but got grid with sizes "
                           f"{list(grid.shape)}")
    if mode == "bicubic" and input.ndim == 5:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    for d, n in enumerate(input.shape[2:], start=2):
        if not n:
            raise RuntimeError("grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                               f"{list(input.shape)} with dimension {d} being empty")
    return dispatch(_samplers[input.ndim - 2].op, (input, grid), (mode, padding_mode, align))


@op(name="affine_grid_generator_kernel", public=False, node="AffineGridGeneratorBackward0")
def _affine_grid(theta, /, size, align_corners):
    """(N, rank, rank + 1) maps applied to the positions of an image of `size`."""
    axes = []
    for n in size[2:]:
        i = jnp.arange(n, dtype=theta.dtype)
        step = 2 / max(n - 1, 1) if align_corners else 2 / n
        axes.append(i * step - 1 if align_corners and n > 1 else i * 0 if align_corners else (i + 0.5) * step - 1)
    mesh = jnp.meshgrid(*axes, indexing="ij")
    points = jnp.stack([*reversed(mesh), jnp.ones_like(mesh[0])], -1)
    return jnp.einsum("...k,nrk->n...r", points, theta, precision=matmul_precision())


def affine_grid(theta, size, align_corners: bool | None = None):
    """The grid for `grid_sample` that applies the affine maps theta (N, 2, 3) or (N, 3, 4) (torch.nn.functional.affine_grid)."""
    size = tuple(int(n) for n in size)
    if not theta.dtype.is_floating_point:
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    align = _warn_align(align_corners)
    if len(size) not in (4, 5):
        raise NotImplementedError("affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
                                  f"Got size {size}.")
    rank = len(size) - 2
    if theta.ndim != 3 or tuple(theta.shape)[1:] != (rank, rank + 1):
        raise ValueError(f"Expected a batch of {rank}D affine matrices of shape Nx{rank}x{rank + 1} for size {size}. Got {theta.shape}.")
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    if theta.size(0) != size[0]:
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: [{size[0]}, {rank + 1}] but got: "
                           f"[{theta.size(0)}, {rank + 1}].")
    return dispatch(_affine_grid.op, (theta,), (size, align))
