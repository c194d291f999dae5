"""Expectations against closed forms and against SciPy's adaptive quadrature."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.quadrature import expectation, gaussian_nodes

KINDS = ("relu6", "hardswish", "hardtanh", "hardsigmoid", "elu", "softsign", "mish", "gelu", "silu")
STDS = [1e-6, 0.01, 0.7, 1.0, 3.0, 50.0, 1e6]


@pytest.mark.parametrize("std", STDS)
@pytest.mark.parametrize("mean", [0.0, 0.3, -2.0])
def test_moments_of_a_gaussian(std, mean):
    scale = (std + abs(mean)) ** 4
    for power, expected in [(0, 1), (1, mean), (2, mean**2 + std**2), (4, mean**4 + 6 * mean**2 * std**2 + 3 * std**4)]:
        found = expectation(lambda z, power=power: z**power, std, mean)
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-13 * scale ** (power / 4))


@pytest.mark.parametrize("std", STDS)
def test_squared_erf_has_its_closed_form(std):
    """E erf(z)^2 = (2/pi) asin(2q/(1+2q)), E erf'(z)^2 = (4/pi)/sqrt(1+4q), z ~ N(0, q): Williams (1998)."""
    q = std**2
    exact = 2 / np.pi * np.arctan(2 * q / np.sqrt(1 + 4 * q))  # the same angle, without the loss at asin(1)
    assert expectation(lambda z: special.erf(z) ** 2, std) == pytest.approx(exact, rel=1e-12, abs=0)
    slope = expectation(lambda z: 4 / np.pi * np.exp(-2 * z * z), std)
    assert slope == pytest.approx(4 / np.pi / np.sqrt(1 + 4 * q), rel=1e-12)


@pytest.mark.parametrize("std", STDS)
@pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
def test_rectifiers_have_theirs(std, alpha):
    row = ACTIVATIONS["leaky_relu"]
    second = expectation(lambda z: row.function(z, alpha) ** 2, std, splits=row.kinks)
    assert second == pytest.approx(std**2 * (1 + alpha**2) / 2, rel=1e-12)
    first = expectation(lambda z: row.function(z, alpha), std, splits=row.kinks)
    assert first == pytest.approx(std * (1 - alpha) / np.sqrt(2 * np.pi), rel=1e-12, abs=1e-13 * std)


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize(("std", "mean"), [(0.3, 0.0), (1.0, 0.4), (7.0, -1.0)])
def test_every_kind_of_row_is_as_scipys_adaptive_quadrature(key, std, mean):
    row = ACTIVATIONS[key]

    def weighted(u):
        return float(row.function(np.array([mean + std * u]))[0] ** 2) * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)

    points = sorted({(place - mean) / std for place in (*row.kinks, 0.0)})
    edges = [-12.0, *[p for p in points if -12 < p < 12], 12.0]
    expected = sum(integrate.quad(weighted, a, b, epsabs=1e-15, epsrel=1e-13, limit=200)[0]
                   for a, b in pairwise(edges))  # fmt: skip
    found = expectation(lambda z: row.function(z) ** 2, std, mean, row.kinks)
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_split_is_needed_at_a_kink():
    def bent(z):
        return np.maximum(z - 0.3, 0)

    exact = np.exp(-0.045) / np.sqrt(2 * np.pi) - 0.3 * special.ndtr(-0.3)
    assert expectation(bent, 1.0, splits=(0.3,)) == pytest.approx(exact, rel=1e-13)
    assert expectation(bent, 1.0) != pytest.approx(exact, rel=1e-9)


def test_no_spread_is_the_value_at_the_mean_and_less_is_refused():
    assert expectation(np.cos, 0.0, 0.3) == np.cos(0.3)
    for std in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="std must be at least 0"):
            expectation(np.cos, std)


def test_overflow_is_infinite_and_no_warning():
    assert expectation(lambda z: np.exp(z * z), 100.0) == np.inf
    assert np.isnan(expectation(lambda z: np.log(z), 1.0))


@pytest.mark.parametrize("std", STDS)
def test_weights_are_those_of_a_density_and_places_are_in_order(std):
    z, weights = gaussian_nodes(std, 0.5, (0.1, 1e9))
    assert weights.sum() == pytest.approx(1, rel=1e-14)
    assert (weights >= 0).all()
    assert (np.diff(z) >= 0).all()
    assert len(z) < 6000
