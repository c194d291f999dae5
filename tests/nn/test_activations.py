"""Activations: each row against references, finite differences and the values at the edge."""

import dataclasses

import numpy as np
import pytest
from scipy import special

from labkit.nn.activations import ACTIVATIONS, Alpha

EVERY = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.key)
EVERY_WITH_ALPHA = pytest.mark.parametrize(
    "row", [row for row in ACTIVATIONS.values() if row.alpha is not None], ids=lambda row: row.key
)
EPS = np.finfo(float).eps
STEP = 1e-5


def away_from_kinks(row, shape, seed=0):
    z = np.random.default_rng(seed).uniform(-4, 4, shape)
    for kink in row.kinks:
        z[np.abs(z - kink) < 100 * STEP] += 200 * STEP
    return z


def alphas(row):
    return [None] if row.alpha is None else [None, row.alpha.low, row.alpha.high]


def jacobian(row, z, alpha):
    """d function(z)[b, i] / d z[b, j] by central differences, shape (batch, n, n): row b, output i, input j."""
    columns = []
    for j in range(z.shape[1]):
        move = np.zeros_like(z)
        move[:, j] = STEP
        columns.append((row.function(z + move, alpha) - row.function(z - move, alpha)) / (2 * STEP))
    return np.stack(columns, axis=2)


REFERENCES = {  # value and slope, written another way; a row that is not here has its finite differences below
    "identity": (lambda z, a: z, lambda z, a: z**0),
    "sigmoid": (lambda z, a: special.expit(z), lambda z, a: special.expit(z) * special.expit(-z)),
    "tanh": (lambda z, a: 1 - 2 / (np.exp(2 * z) + 1), lambda z, a: np.cosh(z) ** -2),
    "relu": (lambda z, a: z * (z > 0), lambda z, a: np.heaviside(z, 0)),
    "leaky_relu": (lambda z, a: z.clip(0) + a * z.clip(None, 0), lambda z, a: a + (1 - a) * np.heaviside(z, 0)),
}


@pytest.mark.parametrize("key", REFERENCES)
@pytest.mark.parametrize("alpha", [None, 0.0, 0.3, 1.0])
def test_function_and_derivative_match_their_formulas(key, alpha):
    row = ACTIVATIONS[key]
    a = row.alpha.default if row.alpha and alpha is None else alpha
    z = np.concatenate([np.linspace(-12, 12, 241), [0.0]])
    function, derivative = REFERENCES[key]
    np.testing.assert_allclose(row.function(z, alpha), function(z, a), rtol=8 * EPS, atol=2 * EPS)
    np.testing.assert_allclose(row.derivative(z, alpha), derivative(z, a), rtol=32 * EPS)


@EVERY
def test_derivative_is_the_diagonal_of_the_jacobian(row):
    z = away_from_kinks(row, (6, 5))
    for alpha in alphas(row):
        found = np.einsum("bii->bi", jacobian(row, z, alpha))
        np.testing.assert_allclose(row.derivative(z, alpha), found, rtol=1e-7, atol=1e-9)


@EVERY
def test_vjp_is_the_transposed_jacobian_times_the_gradient(row):
    z = away_from_kinks(row, (6, 5), seed=1)
    g = np.random.default_rng(2).standard_normal(z.shape)
    for alpha in alphas(row):
        found = np.einsum("bij,bi->bj", jacobian(row, z, alpha), g)
        np.testing.assert_allclose(row.vjp(z, g, alpha), found, rtol=1e-7, atol=1e-8)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (7,), (3, 4), (2, 3, 4)])
def test_shape_and_dtype_are_kept_and_the_input_is_not_edited(row, dtype, shape):
    z = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    z.flags.writeable = False
    for f in (row.function, row.derivative, lambda z: row.vjp(z, np.ones_like(z))):
        result = f(z)
        assert result.shape == shape
        assert result.dtype == dtype
        assert not np.shares_memory(result, z)


@EVERY
def test_integers_and_lists_are_taken_as_numbers(row):
    z = [[-1, 0, 2]]
    np.testing.assert_array_equal(row.function(z), row.function(np.array(z, float)))
    np.testing.assert_array_equal(row.derivative(z), row.derivative(np.array(z, float)))


@EVERY
@pytest.mark.parametrize("size", [1e4, 1e300, 1.7e308, np.inf])
def test_far_out_the_values_are_no_nan_and_the_slopes_finite(row, size):
    by_element = row.function(np.array([[0.5, 0.5]]))[0, 0] == row.function(np.array([[0.5]]))[0, 0]
    z = np.array([[-size, 0.5], [size, 0.5]])
    for alpha in alphas(row) if by_element or np.isfinite(size) else []:  # softmax of an infinity is undefined
        assert not np.isnan(row.function(z, alpha)).any()
        assert np.isfinite(row.derivative(z, alpha)).all()


@EVERY
def test_a_nan_is_handed_on(row):
    z = np.array([[1.0, np.nan, -1.0]])
    assert np.isnan(row.function(z)[0, 1])
    slope = row.derivative(z)[0]
    assert np.isnan(slope[1]) or slope[0] == slope[2] == slope[1], "a slope may only ignore NaN where it is constant"


@EVERY
def test_minus_zero_is_zero(row):
    z = np.zeros((1, 3))
    np.testing.assert_array_equal(row.function(-z), row.function(z))
    np.testing.assert_array_equal(row.derivative(-z), row.derivative(z))


@pytest.mark.parametrize("key", ["sigmoid", "tanh"])
def test_far_out_a_slope_is_tiny_and_not_zero(key):
    slopes = ACTIVATIONS[key].derivative(np.array([-300.0, -40.0, 40.0, 300.0]))
    expected = {"sigmoid": np.exp([-300.0, -40, -40, -300]), "tanh": 4 * np.exp([-600.0, -80, -80, -600])}[key]
    np.testing.assert_allclose(slopes, expected, rtol=1e-12)


@pytest.mark.parametrize(("key", "slope"), [("relu", 0.0), ("leaky_relu", 0.3)])
def test_slope_at_the_kink_is_the_left_one(key, slope):
    assert ACTIVATIONS[key].derivative(0.0, 0.3) == slope


@EVERY_WITH_ALPHA
def test_alpha_has_a_default_and_a_range_and_nothing_else_is_taken(row):
    z = np.linspace(-2, 2, 10).reshape(1, -1)
    np.testing.assert_array_equal(row.function(z), row.function(z, alpha=row.alpha.default))
    assert not np.array_equal(row.function(z, row.alpha.low), row.function(z, row.alpha.high))
    for alpha in (row.alpha.low - 1, row.alpha.high + 1, float("nan")):
        with pytest.raises(ValueError, match=rf"alpha must lie in \[.*\], got {alpha}"):
            row.function(z, alpha)


@pytest.mark.parametrize("alpha", ["steep", "0.5", [0.5], 1j])
def test_an_alpha_that_is_no_number_is_a_value_error(alpha):
    with pytest.raises(ValueError, match="alpha must"):
        Alpha("slope", 0.5).check(alpha)


def test_alpha_1_makes_leaky_relu_the_identity_and_alpha_0_relu():
    z = np.array([-np.inf, -3.0, 0.0, 2.0])
    np.testing.assert_array_equal(ACTIVATIONS["leaky_relu"].function(z, 1.0), z)
    np.testing.assert_array_equal(ACTIVATIONS["leaky_relu"].function(z, 0.0), ACTIVATIONS["relu"].function(z))


@EVERY
def test_a_row_made_from_a_row_computes_the_same(row):
    copy = dataclasses.replace(row, key="copy")
    z = np.linspace(-2, 2, 9).reshape(1, -1)
    np.testing.assert_array_equal(copy.function(z), row.function(z))
    np.testing.assert_array_equal(copy.derivative(z), row.derivative(z))


@EVERY
def test_value_and_slope_without_fused_form_are_function_and_derivative(row):
    plain = dataclasses.replace(row, fused=None)
    for shape in ((5, 4), (100, 670), (2, 40_000), (70_000,)):
        z = np.random.default_rng(3).standard_normal(shape)
        value, slope = np.full_like(z, 77.0), np.full_like(z, 77.0)
        plain.value_and_slope(z, None, value, slope)
        np.testing.assert_array_equal(value, row.function(z))
        np.testing.assert_array_equal(slope, row.derivative(z))


def test_each_row_is_found_under_its_key_and_says_what_it_is():
    for key, row in ACTIVATIONS.items():
        assert row.key == key
        assert row.label
        assert row.formula
        assert row.source
    assert len({row.label for row in ACTIVATIONS.values()}) == len(ACTIVATIONS)
    assert {"identity", "sigmoid", "tanh", "relu", "leaky_relu"} <= ACTIVATIONS.keys()
