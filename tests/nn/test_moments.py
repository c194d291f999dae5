"""Moments against exact arithmetic, at sizes whose squares are not representable."""

from decimal import Context, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.nn.moments import moments

EXACT = Context(prec=50, Emin=-99999, Emax=99999)
SCALES = [1.0, 1e-139, 1e-141, 1e139, 1e141, 1e-160, 1e155, 1e-215, 1e285, 1e-300, 1e307]


def root(square):
    quotient = EXACT.divide(Decimal(square.numerator), Decimal(square.denominator))
    return float(EXACT.sqrt(quotient))


def oracle(values):
    """Mean, std and rms in exact fractions."""
    fractions = [Fraction(float(value)) for value in values.reshape(-1)]
    mean = sum(fractions) / len(fractions)
    square = sum(f * f for f in fractions) / len(fractions)
    return float(mean), root(square - mean * mean), root(square)


def assert_exact(values):
    found, (mean, std, rms) = moments(values), oracle(values)
    assert found.rms == pytest.approx(rms, rel=1e-12)
    assert found.mean == pytest.approx(mean, rel=1e-12, abs=1e-13 * rms)
    # the mean's rounding stands in the deviations from it
    assert found.std == pytest.approx(std, rel=1e-9, abs=1e-13 * rms)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("shift", [0.0, 0.5, 30.0, 1e4])
def test_moments_are_right_at_every_scale(scale, shift):
    values = (np.random.default_rng(0).standard_normal((20, 30)) + shift) * (scale / (1 + shift))
    assert_exact(values)


@pytest.mark.parametrize("scale", SCALES)
def test_moments_of_equal_values_are_the_value_and_0(scale):
    found = moments(np.full((7, 11), -0.3 * scale))
    assert found.mean == pytest.approx(-0.3 * scale, rel=1e-15)
    assert found.rms == pytest.approx(0.3 * scale, rel=1e-15)
    assert found.std <= 1e-15 * scale
    assert found.min == found.max == -0.3 * scale


@pytest.mark.parametrize("size", [1e-215, 1e285])
def test_values_of_very_different_sizes_are_taken_together(size):
    assert_exact(np.array([size, -size * 1e-3, 1e-9 * size, 0.0]))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_moments_of_anything_finite_are_finite_and_in_order(values):
    values = np.array(values)
    found = moments(values)
    assert np.isfinite(found[:6]).all()
    assert found.nonfinite == 0
    assert found.min == values.min()
    assert found.max == values.max()
    largest = np.abs(values).max()
    almost = 1 - 1e-9
    assert 0 <= found.std * almost <= largest
    assert abs(found.mean) * almost <= found.rms + 5e-324
    assert found.rms * almost <= largest


@given(st.lists(st.floats(min_value=-1e9, max_value=1e9), min_size=1, max_size=8), st.sampled_from(SCALES))
def test_moments_match_exact_fractions(values, scale):
    values = np.array(values) * 1e-9 * scale
    if np.abs(values).max() > 1e-290:  # below, the values themselves are rounded
        assert_exact(values)


def test_what_is_not_finite_is_counted_and_left_out():
    found = moments(np.array([[1.0, np.nan, 3.0], [np.inf, -np.inf, 0.0]]))
    assert (found.nonfinite, found.size) == (3, 6)
    assert (found.min, found.max) == (0.0, 3.0)
    assert found.mean == pytest.approx(4 / 3)
    assert found.rms == pytest.approx(np.sqrt(10 / 3))
    assert found.zeros == pytest.approx(1 / 6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_where_nothing_is_finite_the_moments_are_nan_and_all_are_counted(bad):
    found = moments(np.full((2, 3), bad))
    assert np.isnan(found[:5]).all()
    assert (found.zeros, found.nonfinite, found.size) == (0, 6, 6)


@pytest.mark.parametrize("sign", [1, -1])
def test_exact_zeros_are_counted_whatever_their_sign_and_tiny_values_are_not(sign):
    assert moments(np.array([0.0, -0.0, 5e-324 * sign, 1.0 * sign])).zeros == 0.5
    assert moments(np.array([2.0, 3.0]) * sign).zeros == 0
    assert moments(np.zeros(3))[:6] == (0, 0, 0, 0, 0, 1)


def test_the_values_are_not_edited():
    values = np.random.default_rng(0).standard_normal((4, 5)) * 1e285
    values[0, 0] = np.nan
    values.flags.writeable = False
    assert moments(values).nonfinite == 1


@pytest.mark.parametrize("layout", [lambda a: a.T, lambda a: a[::2], lambda a: np.asfortranarray(a)])
def test_any_memory_layout_is_right(layout):
    values = layout(np.random.default_rng(0).standard_normal((8, 6)))
    found = moments(values)
    assert (found.mean, found.std) == (pytest.approx(values.mean()), pytest.approx(values.std()))
