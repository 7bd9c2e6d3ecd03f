"""The short-time Fourier transform and its inverse: `stft`, `istft`."""

from __future__ import annotations

import warnings

import jax.numpy as jnp

from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import function, op
from .create import ones
from .fft import BY_COUNT, BY_ROOT, UNSCALED, fft_c2c, fft_c2r, fft_r2c
from .pad import constant_pad_nd, pad
from .views import view_as_real


def _type_name(x) -> str:
    name = scalar_type_name(x._aval.dtype)
    return f"CPU{name}Type" if x._aval.is_complex else f"torch.{name}Tensor"


def _described(title: str, input, window, **settings) -> str:
    """A call as PyTorch's errors write it."""
    written = {n: int(v) if isinstance(v, bool) else v for n, v in settings.items()}
    shown = "None" if window is None else f"{_type_name(window)}{{{list(window.shape)}}}"
    parts = [f"{n}={v}" for n, v in written.items()]
    return f"{title}({_type_name(input)}{list(input.shape)}, " + ", ".join([*parts[:3], f"window={shown}", *parts[3:]]) + ")"


def _full_window(window, input, n_fft: int, win_length: int):
    """The window in the middle of `n_fft` elements; None for all ones."""
    if window is None and win_length == n_fft:
        return None
    window = ones(win_length, dtype=input.real.dtype, device=input.device) if window is None else window
    left = (n_fft - win_length) // 2
    return window if win_length == n_fft else constant_pad_nd(window, (left, n_fft - win_length - left))


def _centred(input, n_fft: int, pad_mode: str):
    rank = input.ndim
    padded = pad(input.reshape((1,) * (3 - rank) + tuple(input.shape)), (n_fft // 2, n_fft // 2), pad_mode)
    return padded.reshape(padded.shape[-rank:] if rank else padded.shape)


def _check_stft(input, n_fft, hop, length, window, **flags) -> None:
    call = _described("stft", input, window, n_fft=n_fft, hop_length=hop, win_length=length, **flags)
    if not input._aval.inexact:
        raise RuntimeError(f"{call} : expected a tensor of floating point or complex values")
    if input.ndim not in (1, 2):
        raise RuntimeError(f"{call} : expected a 1D or 2D tensor")
    if not 0 < n_fft <= input.shape[-1]:
        raise RuntimeError(f"{call} : expected 0 < n_fft < {input.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"{call} : expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{call} : expected 0 < win_length <= n_fft, but got win_length={length}")
    if window is not None and tuple(window.shape) != (length,):
        raise RuntimeError(f"{call} : expected a 1D window tensor of size equal to win_length={length}, but got window with size "
                           f"{list(window.shape)}")


_NO_WINDOW = ("A window was not provided. A rectangular window will be applied,which is known to cause spectral leakage. Other windows such as "
              "torch.hann_window or torch.hamming_window are recommended to reduce spectral leakage.")
_NO_WINDOW_BACK = ("A window was not provided. A rectangular window will be applied.Please provide the same window used by stft to make the "
                   "inversion lossless.")
_USE_ONES = "To suppress this warning and use a rectangular window, explicitly set `window=torch.ones(n_fft, device=<device>)`."
_AS_PAIRS = ("stft with return_complex=False is deprecated. In a future pytorch release, stft will return complex tensors for all inputs, and "
             "return_complex=False will raise an error.\nNote: you can still call torch.view_as_real on the complex output to recover the old "
             "return format.")


def _is_complex(*tensors) -> bool:
    return any(x is not None and x._aval.is_complex for x in tensors)


def _returns_complex(input, window, return_complex) -> bool:
    if return_complex is None and not _is_complex(input, window):
        raise RuntimeError("stft requires the return_complex parameter be given for real inputs, and will further require that "
                           "return_complex=True in a future PyTorch release.")
    return True if return_complex is None else return_complex


@function(method=True)
def stft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, pad_mode="reflect", normalized=False, onesided=None,
         return_complex=None, align_to_window=None):
    """Fourier transforms of windowed frames, `hop_length` apart, of a signal or a batch of them (torch.stft): (..., frequency, frame)."""
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    if center:
        input = _centred(input, n_fft, pad_mode)
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    as_complex = _returns_complex(input, window, return_complex)
    _check_stft(input, n_fft, hop, length, window, normalized=normalized, onesided=onesided, return_complex=as_complex,
                align_to_window=align_to_window)
    if window is None:
        warnings.warn(_NO_WINDOW + _USE_ONES, UserWarning, stacklevel=2)
    if not as_complex:
        warnings.warn(_AS_PAIRS, UserWarning, stacklevel=2)
    if align_to_window:
        left = (n_fft - length) // 2
        input = constant_pad_nd(input, (left, n_fft - length - left))
    frames, full = input.unfold(-1, n_fft, hop), _full_window(window, input, n_fft, length)
    frames = frames if full is None else frames * full
    last, norm = (frames.ndim - 1,), BY_ROOT if normalized else UNSCALED
    if frames._aval.is_complex:
        if onesided:
            raise RuntimeError("Cannot have onesided output if window or input is complex")
        spectrum = fft_c2c(frames, last, norm, True)
    else:
        spectrum = fft_r2c(frames, last, norm, onesided is None or onesided)
    result = spectrum.transpose(-1, -2)
    return result if as_complex else view_as_real(result)


@op(name="_overlap_add", public=False, node="UnfoldBackward0")
def _overlap_add(frames, /, hop):
    """Frames (..., count, width) added up where they lie, `hop` apart."""
    count, width = frames.shape[-2:]
    where = jnp.arange(count)[:, None] * hop + jnp.arange(width)
    signal = jnp.zeros((*frames.shape[:-2], width + hop * (count - 1)), frames.dtype)
    return signal.at[..., where].add(frames)


def _check_istft(call: str, input, n_fft, hop, length, window, onesided) -> None:
    if not input.numel():
        raise RuntimeError(f"{call} : input tensor cannot be empty.")
    if input.ndim not in (2, 3):
        raise RuntimeError(f"{call} : expected a tensor with 3 or 4 dimensions, but got {input.ndim + 1}")
    bins = input.size(-2)
    if onesided and bins != n_fft // 2 + 1:
        raise RuntimeError(f"{call} : expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 when "
                           f"onesided=True, but got {bins}")
    if not onesided and bins != n_fft:
        raise RuntimeError(f"{call} : expected the frequency dimension (3rd to the last) of the input tensor to match n_fft when "
                           f"onesided=False, but got {bins}")
    if not 0 < hop <= length:
        raise RuntimeError(f"{call} : expected 0 < hop_length <= win_length")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"{call} : expected 0 < win_length <= n_fft")
    if window is not None and tuple(window.shape) != (length,):
        raise RuntimeError(f"{call} : Invalid window shape. window has to be 1D and length of `win_length`")


def _frames(input, n_fft: int, normalized: bool, onesided: bool, return_complex: bool, window):
    """The inverse transform of each frame, the last dimension."""
    spectrum, norm = input.transpose(-1, -2), BY_ROOT if normalized else BY_COUNT
    last = (input.ndim - 1,)
    if not return_complex:
        half = spectrum if onesided else spectrum[..., : n_fft // 2 + 1]
        return fft_c2r(half, last, norm, n_fft)
    if onesided:
        raise RuntimeError("Cannot have onesided output if window or input is complex")
    return fft_c2c(spectrum, last, norm, False)


def _check_envelope(call: str, envelope) -> None:
    """The windows, added up, must cover every element: looked at on the host, as PyTorch does."""
    values = examined(envelope)
    if values is not None and not bool((jnp.abs(values) > 1e-11).all()):
        raise RuntimeError(f"{call} window overlap add min: 1\n[ CPUBoolType{{}} ]")


@function(method=True)
def istft(input, n_fft, hop_length=None, win_length=None, window=None, center=True, normalized=False, onesided=None, length=None,
          return_complex=False):
    """The signal whose `stft` is nearest to `input` (..., frequency, frame): frames added up, over the windows added up (torch.istft)."""
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    call = _described("istft", input, window, n_fft=n_fft, hop_length=hop, win_length=width, center=center, normalized=normalized,
                      onesided=onesided, length=length, return_complex=return_complex)
    if not input._aval.is_complex:
        raise RuntimeError("istft requires a complex-valued input tensor matching the output from stft with return_complex=True.")
    half = input.size(-2) != n_fft if onesided is None else onesided
    _check_istft(call, input, n_fft, hop, width, window, half)
    if _is_complex(window) and not return_complex:
        raise RuntimeError("Complex windows are incompatible with return_complex=False")
    if window is None:
        warnings.warn(_NO_WINDOW_BACK + _USE_ONES, UserWarning, stacklevel=2)
    frames = _frames(input, n_fft, normalized, half, return_complex, window)
    full = _full_window(window, frames, n_fft, width)
    full = ones(n_fft, dtype=frames.real.dtype, device=input.device) if full is None else full
    signal = _overlap_add(frames * full, hop)
    envelope = _overlap_add((full * full).expand(frames.size(-2), n_fft), hop)
    start, total = n_fft // 2 if center else 0, envelope.size(-1)
    end = start + length if length is not None else total - n_fft // 2 if center else total
    envelope = envelope[start:end]
    _check_envelope(call, envelope)
    result = signal[..., start:end] / envelope
    if end <= total:
        return result
    warnings.warn("The length of signal is shorter than the length parameter. Result is being padded with zeros in the tail. Please check "
                  "your center and hop_length settings.", UserWarning, stacklevel=2)
    return constant_pad_nd(result, (0, end - total))
