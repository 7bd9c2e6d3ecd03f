"""Initial values for parameters (torch.nn.init). Every function writes in place, off the tape, and returns its tensor."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from warnings import warn

import jax
import jax.numpy as jnp

from ..core.inplace import set_value
from ..core.modes import no_grad
from ..core.op import op
from ..core.random import key_from, next_seed
from ..core.tensor import Tensor, value_of

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before this nonlinearity should be larger; `param` is the slope of leaky_relu (default 0.01)."""
    if nonlinearity in _LINEAR:
        return 1
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    if nonlinearity not in gains:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return gains[nonlinearity]


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator=None) -> Tensor:
    """Fill from the uniform distribution on [a, b)."""
    return tensor.uniform_(a, b, generator=generator)  # type: ignore[attr-defined]


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator=None) -> Tensor:
    """Fill from the normal distribution."""
    return tensor.normal_(mean, std, generator=generator)  # type: ignore[attr-defined]


@op(public=False, name="_truncated_normal", differentiable=False)
def _truncated_normal(like, seed, mean, std, a, b, /):
    # By inverse transform, in double precision: no rejection loop, whatever part of the bell [a, b] covers.
    low, high = ((edge - mean) / std for edge in (a, b))
    drawn = jax.random.truncated_normal(key_from(seed), low, high, like.shape, jnp.float64)
    return jnp.clip(mean + std * drawn, a, b).astype(like.dtype)


@no_grad()
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator=None) -> Tensor:
    """Fill from the normal distribution with values outside [a, b] drawn again."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=3,
        )
    numbers = (float(x) for x in (mean, std, a, b))
    set_value(tensor, value_of(_truncated_normal(tensor, next_seed(generator), *numbers)))
    return tensor


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value."""
    return tensor.fill_(val)  # type: ignore[attr-defined]


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def _write(tensor: Tensor, array) -> Tensor:
    set_value(tensor, jax.device_put(array, tensor._aval.device))
    return tensor


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity, so that a linear layer passes its inputs on."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _write(tensor, jnp.eye(tensor.shape[0], tensor.shape[1], dtype=tensor._aval.dtype))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill a convolution's weight so that it passes on as many channels as it can, per group."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out_channels, in_channels, *window = tensor.shape
    if out_channels % groups != 0:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = out_channels // groups
    channels = jnp.arange(min(per_group, in_channels))
    rows = (jnp.arange(groups)[:, None] * per_group + channels).ravel()
    centre = tuple(n // 2 for n in window)
    return _write(tensor, jnp.zeros(tensor.shape, tensor._aval.dtype).at[(rows, jnp.tile(channels, groups), *centre)].set(1))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs feed one output, and how many outputs one input feeds."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    valid = ["fan_in", "fan_out"]
    if mode not in valid:
        raise ValueError(f"Mode {mode} not supported, please use one of {valid}")
    return _calculate_fan_in_and_fan_out(tensor)[valid.index(mode)]


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Glorot and Bengio (2010): uniform with variance 2 / (fan_in + fan_out) times gain squared."""
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator=None) -> Tensor:
    """Glorot and Bengio (2010): normal with variance 2 / (fan_in + fan_out) times gain squared."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _kaiming(fill: Callable) -> Callable:
    @functools.wraps(fill)
    def init(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator=None) -> Tensor:
        if 0 in tensor.shape:
            warn("Initializing zero-element tensors is a no-op", stacklevel=2)
            return tensor
        fan = _calculate_correct_fan(tensor, mode)
        return fill(tensor, calculate_gain(nonlinearity, a) / math.sqrt(fan), generator)

    del init.__wrapped__  # the signature is init's, only name and docstring are fill's
    return init


@_kaiming
def kaiming_uniform_(tensor, std, generator):
    """He et al. (2015): uniform with variance gain squared / fan, which keeps the variance of activations (fan_in) or gradients."""
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


@_kaiming
def kaiming_normal_(tensor, std, generator):
    """He et al. (2015): normal with variance gain squared / fan, which keeps the variance of activations (fan_in) or gradients."""
    return normal_(tensor, 0.0, std, generator)


@op(public=False, name="_orthogonal", differentiable=False)
def _orthogonal(like, seed, gain, /):
    rows, cols = like.shape[0], math.prod(like.shape[1:])
    drawn = jax.random.normal(key_from(seed), (max(rows, cols), min(rows, cols)), jnp.float64)
    q, r = jnp.linalg.qr(drawn)
    # Fixing the signs makes the distribution uniform over orthogonal matrices (Mezzadri, 2007).
    q = q * jnp.sign(jnp.diagonal(r))
    return (gain * (q.T if rows < cols else q)).reshape(like.shape).astype(like.dtype)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator=None) -> Tensor:
    """Saxe et al. (2013): a random (semi-)orthogonal matrix; trailing dimensions are flattened."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor._aval.size:
        set_value(tensor, value_of(_orthogonal(tensor, next_seed(generator), float(gain))))
    return tensor


@op(public=False, name="_sparse_normal", differentiable=False)
def _sparse_normal(like, seed, std, /, *, zeros):
    normal_key, order_key = jax.random.split(key_from(seed))
    values = std * jax.random.normal(normal_key, like.shape, jnp.float64)
    rank = jnp.argsort(jnp.argsort(jax.random.uniform(order_key, like.shape), axis=0), axis=0)
    return jnp.where(rank < zeros, 0.0, values).astype(like.dtype)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator=None) -> Tensor:
    """Martens (2010): normal, with this fraction of each column set to zero."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    zeros = math.ceil(sparsity * tensor.shape[0])
    set_value(tensor, value_of(_sparse_normal(tensor, next_seed(generator), float(std), zeros=zeros)))
    return tensor


def _deprecated(current: Callable) -> Callable:
    old = current.__name__[:-1]

    @functools.wraps(current)
    def init(*args, **kwargs):
        warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{current.__name__}`.", FutureWarning, stacklevel=2)
        return current(*args, **kwargs)

    init.__name__ = old
    return init


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
