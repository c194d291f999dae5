"""The fused forms against function and derivative, and tanh by table against tanh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.nn import kernels
from labkit.nn.activations import ACTIVATIONS
from labkit.nn.scratch import CHUNK

FUSED = pytest.mark.parametrize(
    "row", [row for row in ACTIVATIONS.values() if row.fused is not None], ids=lambda row: row.key
)
EPS = np.finfo(float).eps
SHAPES = [(1,), (1, 1), (3, 7), (CHUNK - 1,), (CHUNK,), (CHUNK + 1,), (2 * CHUNK + 17,), (173, 199)]
INF = np.inf
EDGES = np.array([0.0, -0.0, 1e4, -1e4, INF, -INF, np.nan, 1e-320, -1e-300, 19.0, 19.1, 20.0, -20.5, 349.0, 351.0])
FINITE_EDGES = EDGES[np.abs(EDGES) < 1e3]


def both(row, z):
    value, slope = np.full_like(z, 77.0), np.full_like(z, 77.0)
    with np.errstate(all="ignore"):  # as in propagation
        row.value_and_slope(z, None, value, slope)
    return value, slope


def assert_same_but_for_the_last_digits(row, z):
    value, slope = both(row, z)
    np.testing.assert_allclose(value, row.function(z), rtol=8 * EPS)
    with np.errstate(all="ignore"):
        expected = row.derivative(z)
    np.testing.assert_allclose(slope, expected, rtol=8 * EPS, atol=1e-303)


@FUSED
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("scale", [1e-9, 1.0, 30.0])
def test_fused_form_equals_function_and_derivative(row, shape, scale):
    assert_same_but_for_the_last_digits(row, np.random.default_rng(0).standard_normal(shape) * scale)


@FUSED
def test_fused_form_equals_function_and_derivative_at_the_edges(row):
    assert_same_but_for_the_last_digits(row, EDGES)
    assert_same_but_for_the_last_digits(row, FINITE_EDGES)


@FUSED
@given(st.lists(st.floats(), min_size=1, max_size=5))
def test_fused_form_equals_function_and_derivative_anywhere(row, z):
    assert_same_but_for_the_last_digits(row, np.array(z))


@FUSED
@pytest.mark.parametrize("z", [1e300, -1e300, INF, -INF, np.nan, 5e-324])
def test_fused_form_gives_no_warning(row, z):
    value, slope = np.empty(1), np.empty(1)
    row.value_and_slope(np.array([z]), None, value, slope)
    np.testing.assert_array_equal(value, row.function(np.array([z])))


@FUSED
def test_fused_form_edits_only_its_buffers(row):
    z = np.random.default_rng(0).standard_normal((20, 30))
    before = z.copy()
    z.flags.writeable = False
    both(row, z)
    np.testing.assert_array_equal(z, before)


@FUSED
def test_each_value_is_computed_alone(row):
    z = np.random.default_rng(0).standard_normal(CHUNK + 5) * 10
    value, slope = both(row, z)
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 4):
        one_value, one_slope = both(row, z[i : i + 1])
        assert (one_value[0], one_slope[0]) == (value[i], slope[i])


def test_tanh_by_table_is_within_4_units_in_the_last_place_of_tanh():
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.uniform(-22, 22, 200_000), 10.0 ** rng.uniform(-300, 0, 10_000), np.arange(-99, 99) / 128])
    value, _ = both(ACTIVATIONS["tanh"], z)
    exact = np.tanh(z.astype(np.longdouble)).astype(float)
    assert (np.abs(value - exact) <= 4 * np.spacing(np.abs(exact))).all()


def test_tanh_by_table_is_odd_and_within_1():
    z = np.random.default_rng(1).uniform(0, 25, 50_000)
    up, slope_up = both(ACTIVATIONS["tanh"], z)
    down, slope_down = both(ACTIVATIONS["tanh"], -z)
    np.testing.assert_array_equal(up, -down)
    np.testing.assert_allclose(slope_up, slope_down, rtol=8 * EPS)
    assert up.max() <= 1


def test_sigmoid_keeps_its_relative_precision_in_both_tails():
    z = np.array([-700.0, -50.0, -1.0, 0.0, 1.0, 50.0])
    np.testing.assert_allclose(kernels.sigmoid(z)[:2], np.exp(z[:2]), rtol=4 * EPS)
    np.testing.assert_allclose(kernels.sigmoid(z) + kernels.sigmoid(-z), 1, rtol=2 * EPS)
    assert kernels.sigmoid_slope(np.zeros(1)) == 0.25


def long_gates(z):
    """Gate and its slope of the gated rows, by other formulas in extended precision, and how steep the exponent is."""
    z = z.astype(np.longdouble)
    k, cube = np.sqrt(8 / np.longdouble(np.pi)), np.longdouble(0.044715)
    u = k * (z + cube * z**3)
    double = 1 / (1 + np.exp(-u))
    soft = np.log1p(np.exp(z))
    logistic = 1 / (1 + np.exp(-z))
    return {
        "gelu_tanh": (double, double / (1 + np.exp(u)) * k * (1 + 3 * cube * z * z), u),
        "silu": (logistic, logistic / (1 + np.exp(z)), z),
        "mish": (np.tanh(soft), logistic / np.cosh(soft) ** 2, z),
    }


@pytest.mark.parametrize("key", ["gelu_tanh", "silu", "mish"])
def test_gated_rows_are_exact_up_to_the_rounding_of_their_exponent(key):
    z = np.random.default_rng(2).uniform(-18, 40, 100_000)
    gate, steep, exponent = long_gates(z)[key]
    value, slope = both(ACTIVATIONS[key], z)
    # half a unit for each of a dozen operations; those of the exponent, four, count by its size
    rounding = EPS * (6 + 2 * np.abs(np.minimum(exponent, 0)))
    assert (np.abs(value / (z * gate) - 1) <= rounding).all()
    assert (np.abs(slope - (gate + z * steep)) <= rounding * (gate + np.abs(z) * steep)).all()
