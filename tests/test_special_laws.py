"""Special functions against tables, identities and recurrences."""

from __future__ import annotations

import math

import numpy as np
import pytest

import torchlike as torch

S = torch.special
# Values at 1 and 10 from the tables of Abramowitz and Stegun.
TABLE = {
    "bessel_j0": (0.7651976865579666, -0.2459357644513483), "bessel_j1": (0.4400505857449335, 0.0434727461688614),
    "bessel_y0": (0.0882569642156769, 0.0556711672835994), "bessel_y1": (-0.7812128213002887, 0.2490154242069539),
    "modified_bessel_i0": (1.2660658777520084, 2815.716628466254), "modified_bessel_i1": (0.5651591039924850, 2670.988303701255),
    "modified_bessel_k0": (0.4210244382407083, 1.778006231616765e-05), "modified_bessel_k1": (0.6019072301972346, 1.864877345382558e-05),
    "airy_ai": (0.1352924163128814, 1.104753255289869e-10), "erfcx": (0.427583576155807, 0.05614099274382259),
}  # fmt: skip
# p_{k+1} = (a x + b) p_k - c p_{k-1}, as (a, b, c) of k, and the polynomial of degree 1.
RECURRENCES = {
    "chebyshev_polynomial_t": (lambda k: (2, 0, 1), lambda x: x), "chebyshev_polynomial_u": (lambda k: (2, 0, 1), lambda x: 2 * x),
    "chebyshev_polynomial_v": (lambda k: (2, 0, 1), lambda x: 2 * x - 1), "chebyshev_polynomial_w": (lambda k: (2, 0, 1), lambda x: 2 * x + 1),
    "shifted_chebyshev_polynomial_t": (lambda k: (4, -2, 1), lambda x: 2 * x - 1),
    "shifted_chebyshev_polynomial_u": (lambda k: (4, -2, 1), lambda x: 4 * x - 2),
    "shifted_chebyshev_polynomial_v": (lambda k: (4, -2, 1), lambda x: 4 * x - 3),
    "shifted_chebyshev_polynomial_w": (lambda k: (4, -2, 1), lambda x: 4 * x - 1),
    "hermite_polynomial_h": (lambda k: (2, 0, 2 * k), lambda x: 2 * x), "hermite_polynomial_he": (lambda k: (1, 0, k), lambda x: x),
    "laguerre_polynomial_l": (lambda k: (-1 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1)), lambda x: 1 - x),
    "legendre_polynomial_p": (lambda k: ((2 * k + 1) / (k + 1), 0, k / (k + 1)), lambda x: x),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_tabulated_values(name):
    assert getattr(S, name)(torch.tensor([1.0, 10.0], dtype=torch.float64)).tolist() == pytest.approx(TABLE[name], rel=1e-12)


def test_wronskian_of_bessel_functions():
    x = torch.linspace(0.1, 60, 500, dtype=torch.float64)
    left = S.bessel_j1(x) * S.bessel_y0(x) - S.bessel_j0(x) * S.bessel_y1(x)
    assert torch.allclose(left * (math.pi * x / 2), torch.ones_like(x), rtol=1e-11)


def test_wronskian_of_modified_bessel_functions():
    x = torch.linspace(0.1, 60, 500, dtype=torch.float64)
    left = S.modified_bessel_i0(x) * S.modified_bessel_k1(x) + S.modified_bessel_i1(x) * S.modified_bessel_k0(x)
    assert torch.allclose(left * x, torch.ones_like(x), rtol=1e-11)


def test_airy_solves_its_equation():
    h = 1e-3
    x = torch.linspace(-12, 6, 400, dtype=torch.float64)
    second = (S.airy_ai(x + h) - 2 * S.airy_ai(x) + S.airy_ai(x - h)) / h**2
    assert torch.allclose(second, x * S.airy_ai(x), atol=2e-5)


def test_scaled_functions_stay_finite():
    x = torch.tensor([2.5, 800.0], dtype=torch.float64)
    for order in "01":
        scaled = getattr(S, f"scaled_modified_bessel_k{order}")(x)
        assert scaled.isfinite().all() and scaled[1].item() == pytest.approx(math.sqrt(math.pi / 1600), rel=1e-3)
        assert scaled[0].item() == pytest.approx((getattr(S, f"modified_bessel_k{order}")(x)[0] * math.exp(2.5)).item())


def test_derivative_of_erfcx():
    x = torch.linspace(-2, 25, 12, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(S.erfcx, (x,), nondet_tol=1e-9) and torch.autograd.gradgradcheck(S.erfcx, (x,), nondet_tol=1e-9)


@pytest.mark.parametrize("name", RECURRENCES)
def test_polynomials_obey_their_recurrence(name):
    coefficients, first = RECURRENCES[name]
    x = np.array([-1.5, -1.0, -0.3, 0.0, 0.7, 1.0, 2.0])
    expected = [np.ones_like(x), first(x)]
    for k in range(1, 7):
        a, b, c = coefficients(k)
        expected.append((a * x + b) * expected[k] - c * expected[k - 1])
    found = getattr(S, name)(torch.tensor(x)[None], torch.arange(8.0)[:, None])
    np.testing.assert_allclose(found.numpy(), np.stack(expected), rtol=1e-9, atol=1e-9)
    assert getattr(S, name)(torch.tensor(x), -1).tolist() == [0] * len(x)


def test_polynomials_take_numbers_on_either_side():
    assert S.chebyshev_polynomial_t(torch.arange(3), 2).tolist() == [-1, 1, 7]
    assert S.chebyshev_polynomial_t(2, torch.arange(3)).tolist() == [1, 2, 7]
