from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from scipy.optimize import minimize_scalar

from labkit.nn.approximation import HIGH, LOW, MOST, TARGETS, errors, largest_error, relu_interpolation, two_relus

each_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


@each_target
@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_the_sum_is_the_linear_spline(target, n):
    knots, z = np.linspace(LOW, HIGH, n + 1), np.linspace(LOW, HIGH, 1001)
    spline = make_interp_spline(knots, target.function(knots), k=1)
    net = relu_interpolation(target.function, n)
    np.testing.assert_allclose(net(z), spline(z), atol=1e-12)
    assert len(net.kinks) == len(net.weights) == n


@pytest.mark.parametrize("n", [1, 2, 5, 32])
def test_error_of_a_parabola_is_a_quarter_of_h_squared(n):
    h = (HIGH - LOW) / n
    assert largest_error(TARGETS["square"], n) == pytest.approx(h * h / 4 / 6, rel=1e-9)


def test_error_of_the_sine_is_found_by_an_optimizer_too():
    n, knots = 16, np.linspace(LOW, HIGH, 17)
    found = max(
        -minimize_scalar(
            lambda z: -abs(np.sin(z) - np.interp(z, knots, np.sin(knots))), bounds=pair, method="bounded"
        ).fun
        for pair in pairwise(knots)
    )
    assert largest_error(TARGETS["sine"], n) == pytest.approx(found, rel=1e-3)


@pytest.mark.parametrize("key", ["sine", "logistic", "bump", "square"])
def test_error_of_a_smooth_curve_falls_as_one_over_n_squared(key):
    found = errors(TARGETS[key])
    slope = np.log(found[63] / found[31]) / np.log(2)
    assert slope == pytest.approx(-2, abs=0.15)


@pytest.mark.parametrize(("key", "bend"), [("sine", 1.0), ("bump", 1.0), ("logistic", 0.0963), ("square", 1 / 3)])
def test_error_keeps_the_bound_by_the_second_derivative(key, bend):
    bound = [bend * ((HIGH - LOW) / n) ** 2 / 8 for n in range(1, MOST + 1)]
    assert (np.array(errors(TARGETS[key])) <= np.array(bound) * 1.0001).all()


def test_a_corner_is_exact_where_a_knot_meets_it():
    found = errors(TARGETS["absolute"])
    assert set(found[1::2]) == {0.0}
    np.testing.assert_allclose(found[::2], [6 / n for n in range(1, MOST + 1, 2)], rtol=1e-6)


def test_a_jump_is_never_met():
    np.testing.assert_allclose(errors(TARGETS["step"]), 0.5, atol=1e-6)


@pytest.mark.parametrize("k", [0.5, 1, 4, 20])
def test_two_relus_are_the_clipped_line_tangent_to_the_logistic(k):
    z = np.linspace(-9, 9, 3601)
    ramp = two_relus(k)(z)
    np.testing.assert_allclose(ramp, np.clip(k * z / 4 + 0.5, 0, 1), atol=1e-12)
    logistic = (1 + np.tanh(k * z / 2)) / 2
    assert np.abs(ramp - logistic).max() <= 1 / (1 + np.exp(2)) + 1e-12
