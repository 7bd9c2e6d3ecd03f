"""Window functions: `torch.hann_window` and friends, and those of `torch.signal.windows`.

The kernels compute in double precision, whatever the dtype asked for. A periodic (not symmetric) window is one element more, less the last.
"""

from __future__ import annotations

from operator import index

import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np

from ..core.device import to_jax_device
from ..core.dtype import FROM_NUMPY, default_dtype, to_numpy_dtype
from ..core.op import function, op
from .checks import refuse_complex
from .create import finish
from .info import strided
from .promotion import category

HAMMING = (0.54, 0.46)
BLACKMAN = (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)


def _steps(size: int):
    return jnp.arange(size, dtype=np.float64)


def _finished(window, size: int, dtype):
    """PyTorch's window of one element is 1, whatever the formula."""
    return (jnp.ones((1,)) if size == 1 else window).astype(dtype)


@op(name="_cosines", public=False, creates=True)
def _cosines(*, weights, size, span, dtype, device):
    """A sum of cosines of 0, 1, 2, ... periods over `span` steps, of alternating sign."""
    angle = _steps(size) * (2 * np.pi / max(span, 1))
    return _finished(sum((-1) ** k * w * jnp.cos(k * angle) for k, w in enumerate(weights)), size, dtype)


@op(name="_triangle", public=False, creates=True)
def _triangle(*, size, span, dtype, device):
    """A line up to 1 and down again over `span` steps."""
    return _finished(1 - jnp.abs(2 * _steps(size) / max(span, 1) - 1), size, dtype)


@op(name="_kaiser", public=False, creates=True)
def _kaiser(beta, /, *, size, span, dtype, device):
    """Bessel's i0 over a half circle of radius `beta`, relative to its middle."""
    beta = jnp.asarray(beta, np.float64)
    place = 2 * _steps(size) / max(span, 1) - 1
    return _finished(jsp.i0(beta * jnp.sqrt(jnp.maximum(1 - place * place, 0))) / jsp.i0(beta), size, dtype)


@op(name="_half_sine", public=False, creates=True)
def _half_sine(*, size, span, dtype, device):
    """Half a period of the sine, sampled in the middle of `span` steps."""
    return _finished(jnp.sin((_steps(size) + 0.5) * (np.pi / max(span, 1))), size, dtype)


@op(name="_decay", public=False, creates=True)
def _decay(center, scale, /, *, power, size, dtype, device):
    """exp(-|distance from the centre / scale| ** power)."""
    distance = jnp.abs(_steps(size) - jnp.asarray(center, np.float64)) / jnp.asarray(scale, np.float64)
    return _finished(jnp.exp(-(distance**power)), size, dtype)


def _options(name: str, length, dtype, device, layout) -> dict:
    """The settings that the older window functions share; RuntimeError for what they refuse."""
    if not isinstance(length, int | np.integer) or isinstance(length, bool):
        raise TypeError(f"{name}(): argument 'window_length' (position 1) must be int, not {type(length).__name__}")
    np_dtype = to_numpy_dtype(dtype, default_dtype())
    if category(np_dtype) < 2:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {FROM_NUMPY[np_dtype]}")
    if layout not in (None, strided):
        raise RuntimeError(f"{name} is not implemented for sparse types, got: {layout}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    refuse_complex("arange_cpu", np_dtype)
    return {"size": int(length), "dtype": np_dtype, "device": to_jax_device(device)}


def _span(length: int, periodic: bool) -> int:
    return length if periodic else length - 1


@function
def hann_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A raised cosine from 0 to 1 and back (torch.hann_window)."""
    options = _options("hann_window", window_length, dtype, device, layout)
    return finish(_cosines(weights=(0.5, 0.5), span=_span(window_length, periodic), **options), requires_grad)


@function
def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, *, dtype=None, layout=None, device=None, pin_memory=False,
                   requires_grad=False):
    """alpha minus beta times a period of the cosine (torch.hamming_window)."""
    options = _options("hamming_window", window_length, dtype, device, layout)
    return finish(_cosines(weights=(alpha, beta), span=_span(window_length, periodic), **options), requires_grad)


@function
def blackman_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Blackman's sum of three cosines (torch.blackman_window)."""
    options = _options("blackman_window", window_length, dtype, device, layout)
    return finish(_cosines(weights=BLACKMAN, span=_span(window_length, periodic), **options).clamp(min=0), requires_grad)


@function
def bartlett_window(window_length, periodic=True, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A triangle from 0 to 1 and back (torch.bartlett_window)."""
    options = _options("bartlett_window", window_length, dtype, device, layout)
    return finish(_triangle(span=_span(window_length, periodic), **options), requires_grad)


@function
def kaiser_window(window_length, periodic=True, beta=12.0, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Kaiser's window of shape `beta` (torch.kaiser_window)."""
    options = _options("kaiser_window", window_length, dtype, device, layout)
    return finish(_kaiser(beta, span=_span(window_length, periodic), **options), requires_grad)


def _signal_options(name: str, M, dtype, layout, device) -> dict:
    """The settings that `torch.signal.windows` share; ValueError for what they refuse."""
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout not in (None, strided):
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    np_dtype = to_numpy_dtype(dtype, default_dtype())
    if np_dtype not in (np.float32, np.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {FROM_NUMPY[np_dtype]}")
    return {"size": index(M), "dtype": np_dtype, "device": to_jax_device(device)}


@function(name="signal_general_cosine", public=False)
def general_cosine(M, *, a, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """A sum of cosines with weights `a` and alternating signs (torch.signal.windows.general_cosine)."""
    options = _signal_options("general_cosine", M, dtype, layout, device)
    if M and not hasattr(a, "__iter__"):
        raise TypeError("Coefficients must be a list/tuple")
    if M and not a:
        raise ValueError("Coefficients cannot be empty")
    return finish(_cosines(weights=tuple(a), span=_span(M, not sym), **options), requires_grad)


def _declare_cosine(name: str, weights: tuple, doc: str):
    def window(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
        return general_cosine(M, a=weights, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)

    window.__doc__ = f"{doc} (torch.signal.windows.{name})."
    return function(window, name=f"signal_{name}", public=False)


blackman = _declare_cosine("blackman", BLACKMAN, "Blackman's window of three cosines")
hann = _declare_cosine("hann", (0.5, 0.5), "A raised cosine from 0 to 1 and back")
hamming = _declare_cosine("hamming", HAMMING, "Hamming's raised cosine on a pedestal")
nuttall = _declare_cosine("nuttall", NUTTALL, "Nuttall's window of four cosines")


@function(name="signal_general_hamming", public=False)
def general_hamming(M, *, alpha=0.54, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """alpha minus (1 - alpha) times a period of the cosine (torch.signal.windows.general_hamming)."""
    return general_cosine(M, a=(alpha, 1.0 - alpha), sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


@function(name="signal_bartlett", public=False)
def bartlett(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """A triangle from 0 to 1 and back (torch.signal.windows.bartlett)."""
    options = _signal_options("bartlett", M, dtype, layout, device)
    return finish(_triangle(span=_span(M, not sym), **options), requires_grad)


@function(name="signal_cosine", public=False)
def cosine(M, *, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Half a period of the sine, without its zeros (torch.signal.windows.cosine)."""
    options = _signal_options("cosine", M, dtype, layout, device)
    return finish(_half_sine(span=M if sym else M + 1, **options), requires_grad)


@function(name="signal_exponential", public=False)
def exponential(M, *, center=None, tau=1.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """exp(-|n - center| / tau) (torch.signal.windows.exponential)."""
    options = _signal_options("exponential", M, dtype, layout, device)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    center = _span(M, not sym) / 2 if center is None else center
    return finish(_decay(center, tau, power=1, **options), requires_grad)


@function(name="signal_gaussian", public=False)
def gaussian(M, *, std=1.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """The normal density of deviation `std`, scaled to 1 in the middle (torch.signal.windows.gaussian)."""
    options = _signal_options("gaussian", M, dtype, layout, device)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    return finish(_decay(_span(M, not sym) / 2, std * 2**0.5, power=2, **options), requires_grad)


@function(name="signal_kaiser", public=False)
def kaiser(M, *, beta=12.0, sym=True, dtype=None, layout=strided, device=None, requires_grad=False):
    """Kaiser's window of shape `beta` (torch.signal.windows.kaiser)."""
    options = _signal_options("kaiser", M, dtype, layout, device)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    return finish(_kaiser(beta, span=_span(M, not sym), **options), requires_grad)
