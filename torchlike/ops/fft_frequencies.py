"""The frequencies that the elements of a discrete Fourier transform stand for: `fftfreq`, `rfftfreq`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..core.device import to_jax_device
from ..core.dtype import default_dtype, to_numpy_dtype
from ..core.op import function, op
from .checks import refuse_complex
from .create import finish
from .promotion import category
from .ranges import say_resized


@op(name="_frequencies", public=False, creates=True)
def _frequencies(spacing, /, *, n, size, dtype, device):
    """0, 1, ... over n * spacing; numbers from the middle of a full transform on are negative."""
    i = jnp.arange(size, dtype=np.float64)
    i = jnp.where(i < (n + 1) // 2, i, i - n) if size == n else i
    return i.astype(dtype) * (1 / (n * jnp.asarray(spacing, np.float64))).astype(dtype)


def _make(name: str, n, size: int, d, out, dtype, device, requires_grad):
    np_dtype = to_numpy_dtype(dtype, default_dtype() if out is None else out._aval.dtype)
    if category(np_dtype) < 2:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    refuse_complex("arange_cpu", np_dtype)
    if size < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {size}: [{size}]")
    if out is not None and out._aval.size not in (0, size):
        say_resized(out, size)
    return finish(_frequencies(d, n=n, size=size, dtype=np_dtype, device=to_jax_device(device)), requires_grad, out, dtype)


def _check_count(name: str, n) -> int:
    if not isinstance(n, int | np.integer):
        raise TypeError(f"fft_{name}(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    return int(n)


@function(name="fft_fftfreq", public=False)
def fftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """The frequencies of `fft` of n samples `d` apart, in cycles per unit (torch.fft.fftfreq)."""
    n = _check_count("fftfreq", n)
    return _make("fftfreq", n, n, d, out, dtype, device, requires_grad)


@function(name="fft_rfftfreq", public=False)
def rfftfreq(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """The frequencies of `rfft` of n samples `d` apart (torch.fft.rfftfreq)."""
    n = _check_count("rfftfreq", n)
    return _make("rfftfreq", n, n // 2 + 1, d, out, dtype, device, requires_grad)
