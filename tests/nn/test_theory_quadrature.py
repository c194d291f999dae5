"""Gaussian expectations: two own methods against each other, scipy's adaptive quadrature and closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.expectations import expectation_table
from labkit.nn.gauss import centered, panels, shifted
from labkit.nn.pairs import hermite_shares, pair_expectations
from labkit.nn.properties import inactive_intervals
from labkit.nn.shares import share

from .theory_rows import ALL, ERF, EXTRA, HARDSWISH, HINGE, RAMP, RELU6, SINE  # isort: skip

EVERY = pytest.mark.parametrize("row", ALL, ids=lambda row: row.key)
SCALES = (1e-3, 0.1, 1.0, 3.0, 40.0)


def by_quad(g, mean, s, kinks=()):
    """E g(z), z ~ N(mean, s**2), by scipy, split at kinks, whole sds and where f turns."""
    turns = ((k - mean) / s for k in (*kinks, 0, -1, 1, -3, 3, -8, 8, -20, 20))
    edges = [-12, *sorted({u for u in (*turns, *range(-11, 12)) if -12 < u < 12}), 12]

    def density(u):
        return float(g(np.array([mean + s * u]))[0]) * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)

    return sum(quad(density, a, b, epsabs=1e-15, epsrel=1e-13, limit=200)[0] for a, b in pairwise(edges))


@EVERY
@pytest.mark.parametrize("mean", [0.0, 0.7, -2.5])
def test_expectations_agree_with_scipys_adaptive_quadrature(row, mean):
    for s in (0.1, 1.3) if row is SINE else SCALES:
        at = expectation_table(row, None, mean).at(np.array([s]))
        first = by_quad(row.function, mean, s, row.kinks)
        square = by_quad(lambda z: row.function(z) ** 2, mean, s, row.kinks)
        slope = by_quad(lambda z: row.derivative(z) ** 2, mean, s, row.kinks)
        small = 1e-11 if mean else 1e-11 * min(s, 1) ** 2
        assert at.mean[0] == pytest.approx(first, rel=1e-10, abs=max(1e-10 * square**0.5, small))
        # what is tiny because a kink lies far from the mean is right to 1e-11 of the squares within its octave of s
        assert at.rms[0] ** 2 == pytest.approx(square, rel=2e-10, abs=small)
        assert at.slope[0] ** 2 == pytest.approx(slope, rel=2e-10, abs=1e-11)
        rest = by_quad(lambda z, m=first: (row.function(z) - m) ** 2, mean, s, row.kinks)
        assert at.std[0] ** 2 == pytest.approx(rest, rel=2e-9, abs=small)


@EVERY
def test_the_two_methods_agree(row):
    for s in (1e-30, 1e-6, 0.02, 1.0, 5.0, 100.0 if row is SINE else 1e3, 1e-200):
        _, f, slope, w = centered(panels(row, None), np.array([s]))
        _, f2, slope2, w2 = shifted(panels(row, None), 0.0, s)
        scale = np.abs(f2).max() or 1.0
        assert w[0] @ (f / scale) ** 2 == pytest.approx(w2 @ (f2 / scale) ** 2, rel=1e-11)
        assert w[0] @ slope**2 == pytest.approx(w2 @ slope2**2, rel=1e-11)
        assert w.sum() == pytest.approx(1, rel=1e-13)
        assert w2.sum() == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("s", [1e-3, 0.3, 1.0, 7.0, 1e3])
def test_erf_has_its_closed_forms(s):
    q = s * s
    at = expectation_table(ERF).at(np.array([s]))
    assert at.rms[0] ** 2 == pytest.approx(2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)), rel=1e-12)
    assert at.slope[0] ** 2 == pytest.approx(4 / np.pi / np.sqrt(1 + 4 * q), rel=1e-12)


@pytest.mark.parametrize("s", [1e-215, 1e-100, 1e-8, 1.0, 1e50, 1e280])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
def test_rectifiers_have_their_closed_forms_at_every_scale(s, alpha):
    at = expectation_table(RAMP, alpha).at(np.array([s]))
    assert at.mean[0] / s == pytest.approx((1 - alpha) / np.sqrt(2 * np.pi), rel=1e-11, abs=1e-15)
    assert at.rms[0] / s == pytest.approx(np.sqrt((1 + alpha**2) / 2), rel=1e-11)
    assert at.slope[0] == pytest.approx(np.sqrt((1 + alpha**2) / 2), rel=1e-11)
    assert expectation_table(RAMP, alpha).rms(s) == pytest.approx(at.rms[0], rel=1e-12)


@EVERY
def test_the_table_continues_smoothly_at_its_ends_and_between_octaves(row):
    if row is SINE:
        return
    table = expectation_table(row)
    for s in (2.0**-20, 2.0**41, 1.0, 4.0):
        low, high = table.at(np.array([s * (1 - 1e-9)])), table.at(np.array([s * (1 + 1e-9)]))
        for name in ("std", "rms", "slope"):
            assert getattr(low, name)[0] == pytest.approx(getattr(high, name)[0], rel=5e-9)


def test_the_scalar_rms_is_the_arrays():
    for row in EXTRA:
        for s in (0.0, 1e-250, 1e-3, 0.9, 1.0, 2.0, 37.0):
            assert expectation_table(row).rms(s) == pytest.approx(
                expectation_table(row).at(np.array([s])).rms[0], rel=1e-13, abs=1e-300
            )


def test_a_kink_that_is_not_listed_is_found_by_halving():
    plain = type(RELU6)("no_kinks", "", RELU6.function, RELU6.derivative, "", "")
    for s in (1.0, 5.0):
        exact, found = (expectation_table(row).at(np.array([s])) for row in (RELU6, plain))
        assert found.rms[0] == pytest.approx(exact.rms[0], rel=1e-7)


def test_shares_are_the_normal_distributions():
    assert share(((-np.inf, -1.0), (1.0, np.inf)), 0.0, 2.0) == pytest.approx(1 - erf(0.5 / np.sqrt(2)), rel=1e-14)
    assert inactive_intervals(HINGE) == ((-np.inf, 0.7),)
    assert inactive_intervals(ERF) == ()  # 0 at a single place
    at = expectation_table(RELU6).at(np.array([2.0]))
    assert at.inactive[0] == pytest.approx(0.5, abs=1e-12)
    assert at.saturated[0] == pytest.approx(0.5 + (1 - erf(3 / np.sqrt(2))) / 2, rel=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize("c", [-0.9, 0.0, 0.3, 0.9, 0.9999])
def test_pairs_of_rectifiers_follow_the_arc_cosine_kernel(alpha, c):
    """Cho and Saul (2009), Kernel methods for deep learning: J_1 = sin t + (pi - t) cos t, J_0 = pi - t."""
    angle = np.arccos(c)
    j1 = (np.sin(angle) + (np.pi - angle) * c) / (2 * np.pi)
    j0 = (np.pi - angle) / (2 * np.pi)
    # ramp = (1 - a) relu + a z, and E[relu(u) v] = c / 2
    values = (1 - alpha) ** 2 * j1 + alpha * (1 - alpha) * c + alpha**2 * c
    slopes = (1 - alpha) ** 2 * j0 + alpha * (1 - alpha) + alpha**2
    s = 1.7
    found = pair_expectations(RAMP, alpha, 0.0, s, c)
    assert found[0] == pytest.approx(values * s * s, rel=1e-12, abs=1e-14)
    assert found[1] == pytest.approx(slopes, rel=1e-12)
    shares = hermite_shares(RAMP, alpha, 0.0, s)
    series = np.polynomial.polynomial.polyval(c, shares) * (1 + alpha**2) / 2
    assert series == pytest.approx(values, abs=1e-5)


@pytest.mark.parametrize("c", [-0.5, 0.2, 0.95])
def test_pairs_of_erf_have_williams_closed_form(c):
    """Williams (1997), Computing with infinite networks: (2/pi) asin(2 q c / (1 + 2 q))."""
    q = 2.3
    found = pair_expectations(ERF, None, 0.0, np.sqrt(q), c)
    assert found[0] == pytest.approx(2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q)), rel=1e-12)
    assert found[1] == pytest.approx(4 / np.pi / np.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2), rel=1e-12)


@EVERY
@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_pairs_agree_with_sampling(row, mean):
    rng = np.random.default_rng(3)
    c, s, n = 0.6, 1.2, 400_000
    u, v = rng.standard_normal((2, n))
    first, second = mean + s * u, mean + s * (c * u + np.sqrt(1 - c * c) * v)
    found = pair_expectations(row, None, mean, s, c)
    for value, g in zip(found, (row.function, row.derivative), strict=True):
        products = g(first) * g(second)
        assert value == pytest.approx(products.mean(), abs=4.5 * products.std() / np.sqrt(n) + 1e-12)
    shares = hermite_shares(row, None, mean, s)
    square = expectation_table(row, None, mean).at(np.array([s])).rms[0] ** 2
    assert np.polynomial.polynomial.polyval(c, shares) * square == pytest.approx(found[0], rel=1e-6)


def test_splitting_at_the_kinks_matters():
    """Without it, the usual Gauss-Hermite rule is off in the third digit for hard-swish and ReLU6."""
    u, w = np.polynomial.hermite_e.hermegauss(32)
    for row, s in ((HARDSWISH, 3.0), (RELU6, 6.0)):
        naive = np.sqrt(w @ row.derivative(s * u) ** 2 / w.sum())
        exact = expectation_table(row).at(np.array([s])).slope[0]
        assert abs(naive / exact - 1) > 3e-4


@pytest.mark.parametrize("key", ["tanh", "softsign", "hardtanh", "identity"])
def test_the_mean_of_an_odd_function_is_0_however_small_its_rms(key):
    """Rounding's rest of it, over an rms of 1e-50, would be the largest number of all."""
    at = expectation_table(ACTIVATIONS[key], None, 0.0).at(np.array([1e-50, 1e-20, 1e-6, 0.1, 1.0, 30.0, 1e6]))
    assert at.mean.tolist() == [0.0] * 7


@pytest.mark.parametrize("key", ["gelu", "silu", "relu"])
def test_the_mean_of_another_is_kept_to_the_smallest(key):
    """E f(z) of s -> 0 is s**2 f''(0) / 2, and that of the positive part s / sqrt(2 pi)."""
    s = 1e-5
    exact = {"gelu": s**2 / np.sqrt(2 * np.pi), "silu": s**2 / 4, "relu": s / np.sqrt(2 * np.pi)}[key]
    assert expectation_table(ACTIVATIONS[key], None, 0.0).at(np.array([s])).mean[0] == pytest.approx(exact, rel=1e-6)
