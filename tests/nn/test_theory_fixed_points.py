"""Fixed points, criticality and the phase plane: reference values, closed forms, another way of computing."""

import numpy as np
import pytest
from scipy.optimize import brentq

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.critical import critical, critical_line, critical_point, critical_std
from labkit.nn.expectations import expectation_table
from labkit.nn.meanfield import angle, depth_scale, fixed_point
from labkit.nn.network import Network
from labkit.nn.phases import phase_plane

from .theory_rows import ALL, ERF, GELU, RAMP, SILU, SOFTPLUS  # isort: skip

TANH, RELU, SIGMOID = (ACTIVATIONS[key] for key in ("tanh", "relu", "sigmoid"))


def test_tanh_in_the_ordered_phase():
    point = fixed_point(TANH, None, 0.0, 1.3, 0.3)
    assert point.q == pytest.approx(0.607047, abs=5e-7)
    assert point.chi_1 == pytest.approx(0.939807, abs=5e-7)
    found = angle(TANH, None, 0.0, 1.3, 0.3, point.q)
    assert found.c_star == 1
    assert found.xi_c == pytest.approx(16.108, abs=5e-4)
    assert depth_scale(point.chi_1) == pytest.approx(found.xi_c, rel=1e-9)


def test_tanh_in_the_chaotic_phase():
    point = fixed_point(TANH, None, 0.0, 2.0, 0.3)
    assert point.q == pytest.approx(2.253753, abs=5e-7)
    assert point.chi_1 == pytest.approx(1.327070, abs=5e-7)
    found = angle(TANH, None, 0.0, 2.0, 0.3, point.q)
    assert found.c_star == pytest.approx(0.263895, abs=5e-7)
    assert found.chi_c == pytest.approx(0.860351, abs=5e-7)
    assert found.xi_c == pytest.approx(6.64826, abs=5e-6)


@pytest.mark.parametrize(("key", "gain"), [("tanh", 1.592537), ("relu", 2**0.5)])
def test_forward_gains_at_q_1(key, gain):
    assert 1 / expectation_table(ACTIVATIONS[key]).at(np.ones(1)).rms[0] == pytest.approx(gain, abs=5e-7)


@pytest.mark.parametrize(("row", "alpha", "gain"), [
    (RAMP, 0.1, 1.407195), (GELU, None, 1.533530), (SILU, None, 1.676532), (SIGMOID, None, 1.846229),
])  # fmt: skip
def test_forward_gains_of_other_rows(row, alpha, gain):
    assert 1 / expectation_table(row, alpha).at(np.ones(1)).rms[0] == pytest.approx(gain, abs=5e-7)


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(1.5, 0.2), (2.5, 0.0), (0.9, 0.5), (1.1, 0.05)])
def test_erfs_fixed_points_by_its_closed_forms(sigma_w, sigma_b):
    def rest(q):
        return sigma_w**2 * 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)) + sigma_b**2 - q

    q = brentq(rest, 1e-9 if sigma_b else 1e-3, 50, xtol=1e-15)
    point = fixed_point(ERF, None, 0.0, sigma_w, sigma_b)
    assert point.q == pytest.approx(q, rel=1e-11)
    chi = sigma_w**2 * 4 / np.pi / np.sqrt(1 + 4 * q)
    assert point.chi_1 == pytest.approx(chi, rel=1e-11)
    found = angle(ERF, None, 0.0, sigma_w, sigma_b, point.q)
    if chi <= 1:
        assert found.c_star == 1
        return

    def turn(c):
        return (sigma_w**2 * 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q)) + sigma_b**2) / q - c

    c = brentq(turn, -1e-12, 0.99, xtol=1e-15)
    assert found.c_star == pytest.approx(c, abs=1e-11)
    chi_c = sigma_w**2 * 4 / np.pi / np.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)
    assert found.chi_c == pytest.approx(chi_c, rel=1e-10)


def test_a_signal_that_dies_ends_at_0_and_one_that_explodes_at_infinity():
    dies = fixed_point(RELU, None, 0.0, 1.0, 0.0)
    assert (dies.q, dies.chi_1) == (0, pytest.approx(0.5, rel=1e-11))
    explodes = fixed_point(RELU, None, 0.0, 2.0, 0.3)
    assert (explodes.q, explodes.chi_1) == (np.inf, pytest.approx(2, rel=1e-11))
    still = fixed_point(RELU, None, 0.0, 2**0.5, 0.0, start=0.7)
    assert still == (pytest.approx(0.49), pytest.approx(1))
    shrinks = fixed_point(TANH, None, 0.0, 1.0, 0.0)
    assert (shrinks.q, shrinks.chi_1) == (0, pytest.approx(1, rel=1e-11))
    with_bias = fixed_point(RELU, None, 0.0, 1.0, 0.3)
    assert with_bias.q == pytest.approx(0.09 / (1 - 0.5), rel=1e-12)


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.key)
def test_no_variance_swings(row):
    """d log E f^2 / d log s >= -1, that is, s E f^2 never falls: so d q'/d q >= -1/2 at every fixed point."""
    s = np.geomspace(1e-3, 1e3, 2001)
    product = s * expectation_table(row).at(s).rms ** 2
    rounding = 1e-9 * product[:-1] + 1e-14 * s[:-1] ** 3  # of itself, and of what a linear f would have
    assert np.all(product[1:] >= product[:-1] - rounding)


def test_depth_scale_is_one_over_the_logarithm():
    assert depth_scale(1.0) == np.inf
    assert depth_scale(np.e) == pytest.approx(1)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
def test_rectifiers_are_critical_only_without_bias(alpha):
    net = Network(activation="leaky_relu", alpha=alpha)
    assert critical_std(net) ** 2 * 100 == pytest.approx(2 / (1 + alpha**2), rel=1e-11)
    biased = critical(Network(activation="leaky_relu", alpha=alpha, bias_std=0.1))
    assert biased.std is None
    assert "no fixed point" in biased.reason
    w, b = critical_line(RAMP, alpha, [0.1, 1.0, 30.0])
    np.testing.assert_allclose(w**2, 2 / (1 + alpha**2), rtol=1e-11)
    np.testing.assert_allclose(b, 0, atol=1e-6)


def test_critical_stds_of_the_science():
    assert critical_std(Network(activation="tanh")) == pytest.approx(0.1, rel=1e-9)
    assert critical(Network(activation="tanh")).q == 0
    tanh = critical_std(Network(activation="tanh", bias_std=0.05**0.5))
    assert tanh**2 * 100 == pytest.approx(1.760955, abs=5e-7)
    sigmoid = critical(Network(activation="sigmoid"))
    assert sigmoid.std == pytest.approx(1.0, abs=0.02)
    saturated = expectation_table(SIGMOID).at(np.array([sigmoid.q**0.5])).saturated[0]
    assert saturated == pytest.approx(0.5, abs=0.05)
    assert critical_std(Network(activation="identity")) == pytest.approx(0.1)
    assert critical_std(Network(activation="tanh", width=400)) == pytest.approx(0.05)


@pytest.mark.parametrize("row", [GELU, SILU], ids=lambda row: row.key)
def test_gelu_and_silu_have_only_an_unstable_one(row):
    found = critical_point(row, None, 0.0, 0.0)
    assert found.std is None
    assert "unstable" in found.reason


def test_softplus_has_none():
    found = critical_point(SOFTPLUS, None, 0.0, 0.0)
    assert found.std is None
    assert "no fixed point" in found.reason


@pytest.mark.parametrize(("bias_std", "bias_mean"), [(0.1, 0.0), (0.5, 0.0), (1.0, 0.0), (0.3, 0.4)])
def test_critical_std_gives_chi_1_of_1_at_a_stable_fixed_point(bias_std, bias_mean):
    net = Network(activation="tanh", bias_std=bias_std, bias_mean=bias_mean)
    found = critical(net)
    for start in (0.3, 1.0, 3.0):
        point = fixed_point(TANH, None, bias_mean, found.std * 10, bias_std, start * found.q**0.5)
        assert point.chi_1 == pytest.approx(1, abs=1e-7)
        assert point.q == pytest.approx(found.q, rel=1e-6)


def test_the_critical_line_is_where_critical_std_is():
    q = np.array([[0.1, 0.5], [1.0, 4.0]])
    w, b = critical_line(TANH, None, q)
    assert w.shape == b.shape == (2, 2)
    for x, y, v in zip(w.ravel(), b.ravel(), q.ravel(), strict=True):
        found = critical_point(TANH, None, 0.0, float(y))
        assert found.std == pytest.approx(x, rel=1e-9)
        assert found.q == pytest.approx(v, rel=1e-8)


def test_the_phase_plane_is_the_points_one_by_one():
    w, b = np.linspace(0.6, 3.5, 9), np.linspace(0, 1.5, 7)
    for row, alpha in ((TANH, None), (RAMP, 0.2), (ERF, None), (SIGMOID, None)):
        plane = phase_plane(row, alpha, w, b)
        assert plane.q_star.shape == plane.chi_1.shape == plane.xi.shape == (7, 9)
        for i, j in ((0, 2), (1, 8), (3, 4), (6, 0), (6, 8), (2, 6)):
            point = fixed_point(row, alpha, 0.0, float(w[j]), float(b[i]))
            assert plane.q_star[i, j] == pytest.approx(point.q, rel=1e-6, abs=1e-9)
            assert plane.chi_1[i, j] == pytest.approx(point.chi_1, rel=1e-6)
            if 0 < point.q < np.inf:
                xi = angle(row, alpha, 0.0, float(w[j]), float(b[i]), point.q).xi_c
                assert plane.xi[i, j] == pytest.approx(xi, rel=2e-3)
            else:
                assert plane.xi[i, j] == pytest.approx(depth_scale(point.chi_1), rel=1e-5)
