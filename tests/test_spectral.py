"""Laws of the Fourier transforms, the short-time transform and the window functions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import torchlike as torch

# Pairs of a transform and its inverse, and whether the transform takes complex numbers.
PAIRS = [("fft", "ifft", True), ("rfft", "irfft", False), ("ihfft", "hfft", False)]
WINDOWS = ["bartlett", "blackman", "cosine", "exponential", "gaussian", "hamming", "hann", "kaiser", "nuttall"]


def signal(*shape, complex: bool = False):
    rng = np.random.default_rng(7)
    x = rng.standard_normal(shape)
    return torch.tensor(x + 1j * rng.standard_normal(shape) if complex else x)


def close(a, b, tolerance: float = 1e-10) -> bool:
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize(("forward", "backward", "complex"), PAIRS)
@pytest.mark.parametrize("n", [6, 7])
def test_the_inverse_undoes_a_transform(forward, backward, complex, n, norm):
    x = signal(3, n, complex=complex)
    length = {} if complex else {"n": n}
    assert close(getattr(torch.fft, backward)(getattr(torch.fft, forward)(x, norm=norm), norm=norm, **length), x)


@pytest.mark.parametrize(("forward", "backward", "complex"), PAIRS)
def test_the_inverse_undoes_a_transform_in_two_dimensions(forward, backward, complex):
    x = signal(2, 4, 5, complex=complex)
    shape = {} if complex else {"s": (4, 5)}
    for kind in ("2", "n"):
        dims = {} if kind == "2" else {"dim": (1, 2)}
        there = getattr(torch.fft, forward + kind)(x, **dims)
        assert close(getattr(torch.fft, backward + kind)(there, **shape, **dims), x)


def test_parseval():
    x = signal(4, 9, complex=True)
    assert close(torch.fft.fftn(x, norm="ortho").abs().square().sum(), x.abs().square().sum())


def test_fft_is_its_definition():
    n = 5
    k = torch.arange(n, dtype=torch.float64)
    matrix = torch.exp(torch.outer(k, k) * (-2j * math.pi / n))
    x = signal(n, complex=True)
    assert close(torch.fft.fft(x), matrix @ x)
    assert close(torch.fft.rfft(x.real), (matrix @ x.real.to(torch.complex128))[: n // 2 + 1])


def test_n_crops_and_pads():
    x = signal(6)
    assert close(torch.fft.fft(x, n=4), torch.fft.fft(x[:4]))
    assert close(torch.fft.fft(x, n=8), torch.fft.fft(torch.cat([x, torch.zeros(2, dtype=x.dtype)])))


def test_integers_become_floats_and_halves_are_refused():
    assert torch.fft.fft(torch.arange(4)).dtype == torch.complex64
    assert torch.fft.hfft(torch.arange(4)).dtype == torch.float32
    with pytest.raises(RuntimeError, match="Unsupported dtype Half"):
        torch.fft.rfft(torch.ones(4, dtype=torch.half))


def test_shifts_put_zero_in_the_middle():
    f = torch.fft.fftfreq(5, d=0.5)
    assert f.tolist() == pytest.approx([0, 0.4, 0.8, -0.8, -0.4])
    assert torch.fft.fftshift(f).tolist() == sorted(f.tolist())
    assert torch.equal(torch.fft.ifftshift(torch.fft.fftshift(f)), f)
    assert torch.fft.rfftfreq(6).tolist() == pytest.approx([0, 1 / 6, 2 / 6, 0.5])


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "hfft", "ihfft", "fft2", "irfft2", "hfftn"])
def test_derivatives(name):
    function = getattr(torch.fft, name)
    x = signal(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(function, (x,), nondet_tol=1e-9)
    assert torch.autograd.gradgradcheck(function, (x,), nondet_tol=1e-9)


@pytest.mark.parametrize("center", [True, False])
def test_istft_undoes_stft(center):
    x = signal(2, 48)
    window = torch.hamming_window(8, dtype=torch.float64)
    spectrum = torch.stft(x, 8, 2, window=window, center=center, return_complex=True)
    assert spectrum.shape == (2, 5, 25 if center else 21)
    assert close(torch.istft(spectrum, 8, 2, window=window, center=center, length=48), x)


def test_stft_is_the_transform_of_frames():
    x = signal(12)
    spectrum = torch.stft(x, 4, 3, window=torch.ones(4, dtype=x.dtype), center=False, return_complex=True)
    assert close(spectrum[:, 1], torch.fft.rfft(x[3:7]))


def test_istft_refuses_windows_that_leave_holes():
    spectrum = torch.stft(signal(32), 8, 8, window=torch.ones(8, dtype=torch.float64), center=False, return_complex=True)
    with pytest.raises(RuntimeError, match="window overlap add min"):
        torch.istft(spectrum, 8, 8, window=torch.zeros(8, dtype=torch.float64), center=False)


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_are_symmetric_and_peak_at_one(name):
    window = getattr(torch.signal.windows, name)
    symmetric = window(9, dtype=torch.float64)
    assert close(symmetric, symmetric.flip(0))
    assert symmetric[4].item() == pytest.approx(1, abs=1e-6)
    assert window(0).shape == (0,)
    assert window(1).tolist() == [1]


@pytest.mark.parametrize("name", sorted(set(WINDOWS) - {"cosine", "exponential", "gaussian"}))
def test_a_periodic_window_is_a_longer_one_without_its_end(name):
    window = getattr(torch.signal.windows, name)
    assert close(window(8, sym=False, dtype=torch.float64), window(9, dtype=torch.float64)[:-1])


@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hann", "kaiser"])
def test_older_names_of_windows(name):
    older, newer = getattr(torch, f"{name}_window"), getattr(torch.signal.windows, name)
    for periodic in (True, False):
        assert close(older(7, periodic, dtype=torch.float64), newer(7, sym=not periodic, dtype=torch.float64))


def test_parts_of_a_spectrum_can_be_assigned():
    spectrum = torch.zeros(2, 3, dtype=torch.complex128)
    spectrum.real = torch.tensor([1.0, 2.0, 3.0])
    spectrum[1].imag = 4
    assert spectrum.tolist() == [[1, 2, 3], [1 + 4j, 2 + 4j, 3 + 4j]]
    with pytest.raises(RuntimeError, match="imag is not implemented"):
        spectrum.abs().imag = 1
