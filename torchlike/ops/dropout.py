"""Dropout in its variants. The mask is redrawn from the same seed in the backward instead of being kept: it costs less than reading it.

`p` is an operand, so a schedule of it never recompiles.
"""

from __future__ import annotations

import math
import warnings

import jax
import jax.numpy as jnp

from ..core.inplace import assign_as, check_writable
from ..core.op import function, op
from ..core.random import key_from, next_seed

_ALPHA_PRIME = 1.7580993408473766  # selu's scale * alpha: minus this is the value selu saturates at


def _mask_shape(shape: tuple, features: bool) -> tuple:
    """One draw per element, or one per (sample, channel)."""
    return (*shape[:2], *(1,) * (len(shape) - 2)) if features else shape


def keep_mask(seed, shape: tuple, p):
    """Whether each element survives, with probability 1 - p (honoured to 1 / 65536: 16 random bits decide, twice as fast as 32)."""
    size = math.prod(shape)
    words = jax.random.bits(key_from(seed), (-(-size // 2),), jnp.uint32)
    halves = jnp.concatenate([words & 0xFFFF, words >> 16])[:size].reshape(shape)
    return halves >= jnp.round(jnp.asarray(p, jnp.float32) * 65536).astype(jnp.uint32)


def _kept(input, p, seed, features):
    """The mask per element, or per feature map."""
    return keep_mask(seed, _mask_shape(input.shape, features), p)


@op(name="dropout_kernel", public=False, node="MulBackward0")
def _dropout(input, p, seed, /, features=False):
    """Zeros with probability p, the rest scaled by 1 / (1 - p)."""
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        raise RuntimeError("result type Float can't be cast to the desired output type Long")
    # p = 1 drops everything: the scale must not become infinite.
    scale = jnp.where(p == 1, 0, 1 / jnp.where(p == 1, 1, 1 - p)).astype(input.dtype)
    return jnp.where(_kept(input, p, seed, features), input * scale, 0)


@op(name="alpha_dropout_kernel", public=False, node="AddBackward0")
def _alpha_dropout(input, p, seed, /, features=False):
    """selu's saturation value with probability p, then the affine map that keeps mean 0 and variance 1."""
    q = 1 - p
    a = jnp.where(q == 0, 0, (_ALPHA_PRIME**2 * p * q + q) ** -0.5).astype(input.dtype)
    b = (a * _ALPHA_PRIME * p).astype(input.dtype)
    return jnp.where(_kept(input, p, seed, features), input * a + b, jnp.asarray(-_ALPHA_PRIME, input.dtype) * a + b)


def _run(kernel, input, p, training, inplace, features=False):
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or input.numel() == 0:
        return input
    if features and input.ndim < 2 and p < 1:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    if inplace:
        check_writable(input)
        return assign_as("mul_", input, kernel(input, float(p), next_seed(), features))
    return kernel(input, float(p), next_seed(), features)


def dropout(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zero elements with probability p in training and scale the rest by 1 / (1 - p) (torch.nn.functional.dropout)."""
    return _run(_dropout, input, p, training, inplace)


def alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """Dropout that keeps the mean and variance of selu's output (torch.nn.functional.alpha_dropout)."""
    return _run(_alpha_dropout, input, p, training, inplace)


def feature_alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """alpha_dropout of whole channels (torch.nn.functional.feature_alpha_dropout)."""
    return _run(_alpha_dropout, input, p, training, inplace, features=True)


def dropout1d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zero whole channels of (N, C, L) or (C, L) (torch.nn.functional.dropout1d)."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that dropout1d exists to provide channel-wise "
            "dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _by_channel(input, p, training, inplace, batched=input.ndim == 3)


def dropout2d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zero whole channels of (N, C, H, W) (torch.nn.functional.dropout2d)."""
    _warn_rank("dropout2d", input.ndim, 2, "3D or 4D")
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is "
            "interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please "
            "switch to using dropout1d instead.", stacklevel=2,
        )
    return _run(_dropout, input, p, training, inplace, features=True)


def dropout3d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zero whole channels of (N, C, D, H, W) or (C, D, H, W) (torch.nn.functional.dropout3d)."""
    _warn_rank("dropout3d", input.ndim, 3, "4D or 5D")
    return _by_channel(input, p, training, inplace, batched=input.ndim == 5)


def _by_channel(input, p, training, inplace, batched):
    if batched:
        return _run(_dropout, input, p, training, inplace, features=True)
    out = _run(_dropout, input.unsqueeze(0), p, training, inplace, features=True)
    return input if inplace else out.squeeze(0)


def _warn_rank(name: str, ndim: int, space: int, expected: str) -> None:
    if ndim not in (space + 1, space + 2):
        warnings.warn(
            f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an error in a future release. "
            "To retain the behavior and silence this warning, please use dropout instead. Note that "
            f"{name} exists to provide channel-wise dropout on inputs with {space} spatial dimensions, a channel dimension, and an "
            f"optional batch dimension (i.e. {expected} inputs).", stacklevel=3,
        )


def _torch_variant(name: str, kernel, features: bool, summary: str) -> None:
    def variant(input, p, train):
        if not 0 <= p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
        return _run(kernel, input, p, train, False, features)

    variant.__doc__ = f"{summary} (torch.{name})."
    function(variant, name=name)


_torch_variant("dropout", _dropout, False, "Zero elements with probability p and scale the rest")
_torch_variant("alpha_dropout", _alpha_dropout, False, "Dropout that keeps the mean and variance of selu's output")
_torch_variant("feature_dropout", _dropout, True, "Zero whole channels with probability p and scale the rest")
_torch_variant("feature_alpha_dropout", _alpha_dropout, True, "alpha_dropout of whole channels")
