"""Each activation against numbers from elsewhere: pinned values, slopes at the kinks, tails, formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.mathtext import MathTextParser
from scipy import special

from labkit.nn.activations import ACTIVATIONS

EVERY = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.key)
KEYS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "rrelu", "relu6", "leaky_relu6", "elu", "selu",
    "celu", "gelu", "gelu_tanh", "silu", "hardswish", "hardsigmoid", "hardtanh", "softplus", "softsign", "mish",
    "softmax",
)  # fmt: skip
SMOOTH = ("sigmoid", "tanh", "elu", "selu", "celu", "gelu", "silu", "softplus", "mish", "softsign")

# (z, f(z), f'(z)) from the definitions of the papers, with mpmath at 60 digits
PINNED = {
    "elu": [(-30.0, -0.99999999999990642, 9.3576229688401746e-14), (-8.0, -0.99966453737209749, 0.00033546262790251184),
            (-0.5, -0.39346934028736658, 0.60653065971263342), (2.0, 2.0, 1.0)],
    "selu": [(-30.0, -1.7580993408472123, 1.6451630773416185e-13), (-0.5, -0.6917581878028714, 1.0663411530445055),
             (2.0, 2.101401974710961, 1.0507009873554805)],
    "gelu": [(-30.0, -1.4720141781444561e-196, -4.4160316907084944e-195),
             (-8.0, -4.9767684594174273e-15, -3.979607261086796e-14), (-0.5, -0.15426876936299345, 0.13250487534383716),
             (2.0, 1.9544997361036416, 1.0852318010781969)],
    "gelu_tanh": [(-8.0, -3.1077829375011112e-21, -4.7147845041068416e-20),
                  (-0.5, -0.15428599017485608, 0.13263009646535769), (2.0, 1.954597694087775, 1.0860992566236184)],
    "silu": [(-30.0, -2.8072868906517897e-12, -2.713710660963134e-12),
             (-8.0, -0.0026828010437318248, -0.0023465512355853157), (-0.5, -0.18877033439907272, 0.26003881269734819),
             (2.0, 1.7615941559557649, 1.0907842487848955)],
    "softplus": [(-30.0, 9.3576229688397368e-14, 9.357622968839299e-14),
                 (-8.0, 0.00033540637289576883, 0.0003353501304664781), (2.0, 2.1269280110429725, 0.88079707797788244)],
    "softsign": [(-30.0, -0.96774193548387097, 0.001040582726326743), (2.0, 0.66666666666666667, 0.11111111111111111)],
    "mish": [(-30.0, -2.807286890651921e-12, -2.7137106609633923e-12),
             (-8.0, -0.0026832508825465375, -0.0023473943816052943), (-0.5, -0.22074377465173, 0.28951067791351219),
             (2.0, 1.9439589595339945, 1.0693179342794897)],
    "celu": [(-8.0, -0.99966453737209749, 0.00033546262790251184), (2.0, 2.0, 1.0)],
    "prelu": [(-2.0, -0.5, 0.25), (2.0, 2.0, 1.0)],
    "rrelu": [(-48.0, -11.0, 11 / 48), (2.0, 2.0, 1.0)],
    "relu6": [(-2.0, 0.0, 0.0), (2.5, 2.5, 1.0), (7.0, 6.0, 0.0)],
    "leaky_relu6": [(-2.0, -0.02, 0.01), (2.5, 2.5, 1.0), (7.0, 6.0, 0.0)],
    "hardswish": [(-4.0, 0.0, 0.0), (-1.0, -1 / 3, 1 / 6), (2.0, 5 / 3, 7 / 6), (4.0, 4.0, 1.0)],
    "hardsigmoid": [(-4.0, 0.0, 0.0), (1.5, 0.75, 1 / 6), (4.0, 1.0, 0.0)],
    "hardtanh": [(-4.0, -1.0, 0.0), (0.3, 0.3, 1.0), (4.0, 1.0, 0.0)],
}  # fmt: skip
SELU_AT_0 = 1.6732632423543772848 * 1.0507009873554804935
# (z, alpha, slope) of PyTorch's backward formulas (ATen, Activation kernels); hard Swish: since its pull request 148049
AT_KINKS = {
    "relu": [(0, None, 0)], "leaky_relu": [(0, 0.3, 0.3)], "prelu": [(0, 0.3, 0.3)], "rrelu": [(0, None, 11 / 48)],
    "relu6": [(0, None, 0), (6, None, 0)], "leaky_relu6": [(0, 0.3, 0.3), (6, 0.3, 0)], "elu": [(0, 2.0, 2.0)],
    "selu": [(0, None, SELU_AT_0)], "celu": [(0, 2.0, 1.0)], "hardswish": [(-3, None, 0), (3, None, 1)],
    "hardsigmoid": [(-3, None, 0), (3, None, 0)], "hardtanh": [(-1, None, 0), (1, None, 0)], "softsign": [(0, None, 1)],
}  # fmt: skip

# (f, f') at z = 0, where no slope jumps
AT_0 = {
    "identity": (0, 1), "sigmoid": (0.5, 0.25), "tanh": (0, 1), "hardsigmoid": (0.5, 1 / 6), "hardtanh": (0, 1),
    "softmax": (0.5, 0.25), "gelu": (0, 0.5), "gelu_tanh": (0, 0.5), "silu": (0, 0.5), "hardswish": (0, 0.5),
    "softplus": (np.log(2), 0.5), "mish": (0, 0.6),
}  # fmt: skip
LINE, STEP = (-np.inf, np.inf), (0, 0)
# values and slopes at -inf and inf, by row and alpha; a row that is not here goes from 0 to infinity, its slope to 1
FAR = {
    ("identity", None): (LINE, (1, 1)), ("sigmoid", None): ((0, 1), STEP), ("tanh", None): ((-1, 1), STEP),
    ("relu6", None): ((0, 6), STEP), ("hardsigmoid", None): ((0, 1), STEP), ("hardtanh", None): ((-1, 1), STEP),
    ("softsign", None): ((-1, 1), STEP), ("leaky_relu", None): (LINE, (0.01, 1)), ("prelu", None): (LINE, (0.25, 1)),
    ("rrelu", None): (LINE, (11 / 48, 1)), ("leaky_relu6", None): ((-np.inf, 6), (0.01, 0)),
    ("elu", None): ((-1, np.inf), (0, 1)), ("celu", None): ((-1, np.inf), (0, 1)),
    ("selu", None): ((-SELU_AT_0, np.inf), (0, 1.0507009873554804935)), ("leaky_relu", 0.0): ((0, np.inf), (0, 1)),
    ("leaky_relu", 1.0): (LINE, (1, 1)), ("leaky_relu6", 0.0): ((0, 6), STEP), ("elu", 0.0): ((0, np.inf), (0, 1)),
    ("elu", 5.0): ((-5, np.inf), (0, 1)), ("celu", 0.0): ((0, np.inf), (0, 1)), ("celu", 5.0): ((-5, np.inf), (0, 1)),
    ("silu", 0.0): (LINE, (0.5, 0.5)), ("silu", 10.0): ((0, np.inf), (0, 1)),
}  # fmt: skip


def test_the_table_has_every_promised_row():
    assert ACTIVATIONS.keys() >= set(KEYS)


@pytest.mark.parametrize("key", PINNED)
def test_values_and_slopes_are_the_papers(key):
    z, values, slopes = np.array(PINNED[key]).T
    np.testing.assert_allclose(ACTIVATIONS[key].function(z), values, rtol=1e-13)
    np.testing.assert_allclose(ACTIVATIONS[key].derivative(z), slopes, rtol=2e-13)


@EVERY
def test_slopes_at_the_kinks_are_pytorchs(row):
    assert {place for place, _, _ in AT_KINKS.get(row.key, [])} == set(row.kinks)
    for place, alpha, slope in AT_KINKS.get(row.key, []):
        assert row.derivative(np.array([place]), alpha) == pytest.approx(slope, rel=1e-15)
        assert "PyTorch" in row.source or row.key in ("softsign", "celu")  # these two have one slope there


@EVERY
def test_nothing_jumps_or_bends_but_at_the_kinks(row):
    """Slopes are at most 5 and so are second derivatives, up to 10 for Swish's largest beta."""
    z = np.linspace(-10, 10, 100_002)
    smooth = ~np.any([(z[:-1] <= kink) & (kink <= z[1:]) for kink in (*row.kinks, 99)], axis=0)
    units = np.stack([z, np.zeros_like(z)], axis=1)
    for alpha in [None] if row.alpha is None else [None, row.alpha.low, row.alpha.high]:
        for function in (row.function, row.derivative):
            assert np.abs(np.diff(function(units, alpha)[:, 0]))[smooth].max() < 10 * (z[1] - z[0])


@EVERY
@pytest.mark.parametrize("size", [1e4, 1e150, 1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_everything_is_finite_without_a_warning(row, size, dtype):
    size = min(size, 1e37) if dtype == np.float32 else size
    z = np.array([[-size, 0.5, size]], dtype)
    for alpha in [None] if row.alpha is None else [None, row.alpha.low, row.alpha.high]:
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert np.isfinite(row.function(z, alpha)).all()
            assert np.isfinite(row.derivative(z, alpha)).all()


@EVERY
def test_values_and_slopes_at_0_are_right_from_both_sides(row):
    value, slope = AT_0.get(row.key, (0, None))
    if slope is None:
        slope = next(slope for place, _, slope in AT_KINKS[row.key] if place == 0)
    alpha = None if row.alpha is None else next((a for place, a, _ in AT_KINKS.get(row.key, []) if place == 0), None)
    for zero in ([[0.0, 0.0]], [[-0.0, -0.0]]):
        np.testing.assert_allclose(row.function(zero, alpha), value, rtol=1e-15)
        np.testing.assert_allclose(row.derivative(zero, alpha), slope, rtol=1e-15)


@pytest.mark.parametrize(
    ("row", "alpha"),
    [(row, None) for row in ACTIVATIONS.values() if row.elementwise]
    + [(ACTIVATIONS[key], alpha) for key, alpha in FAR if alpha is not None],
    ids=lambda x: getattr(x, "key", x),
)
def test_at_infinity_values_and_slopes_are_their_limits(row, alpha):
    values, slopes = FAR.get((row.key, alpha), ((0, np.inf), (0, 1)))
    infinities = np.array([-np.inf, np.inf])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(row.function(infinities, alpha), values, rtol=1e-15)
        np.testing.assert_allclose(row.derivative(infinities, alpha), slopes, rtol=1e-15)


@pytest.mark.parametrize("key", SMOOTH)
def test_a_tiny_slope_is_no_zero(key):
    z = -np.linspace(1, 36, 100)
    assert (ACTIVATIONS[key].derivative(z) != 0).all()
    assert key in ("elu", "selu", "celu", "tanh", "softsign") or (ACTIVATIONS[key].function(z) != 0).all()


def test_gelu_keeps_its_relative_precision_in_the_tail():
    """-z f(z) / density tends to 1 - 1/z^2 + 3/z^4: Mills' ratio."""
    z = np.array([-20.0, -35.0])
    mills = ACTIVATIONS["gelu"].function(z) / (-np.exp(-z * z / 2) / np.sqrt(2 * np.pi))
    np.testing.assert_allclose(mills, 1 - z**-2 + 3 * z**-4 - 15 * z**-6 + 105 * z**-8, rtol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 1e-300, 0.3, 1.702, 10.0])
def test_swish_is_z_times_the_logistic_of_beta_z(beta):
    z = np.linspace(-40, 40, 321)
    np.testing.assert_allclose(ACTIVATIONS["silu"].function(z, beta), z * special.expit(beta * z), rtol=1e-13)


def test_celu_with_alpha_0_is_relu_and_with_alpha_1_elu():
    z = np.linspace(-5, 5, 101)
    for name in ("function", "derivative"):
        celu = getattr(ACTIVATIONS["celu"], name)
        np.testing.assert_array_equal(celu(z, 0.0), getattr(ACTIVATIONS["relu"], name)(z))
        np.testing.assert_allclose(celu(z, 1.0), getattr(ACTIVATIONS["elu"], name)(z), rtol=1e-15)


@EVERY
def test_the_formula_is_latex_that_can_be_drawn(row):
    MathTextParser("path").parse(f"${row.formula}$")


def test_only_softmax_couples_the_units():
    assert [key for key, row in ACTIVATIONS.items() if not row.elementwise] == ["softmax"]


LOGITS = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(-1e3, 1e3))


@given(LOGITS)
def test_softmax_sums_to_1_and_is_that_of_scipy(z):
    shares = ACTIVATIONS["softmax"].function(z)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(shares, special.softmax(z, axis=-1), rtol=1e-12)


@given(LOGITS, st.integers(0, 9))
def test_softmax_gradient_is_its_jacobian_and_sums_to_0(z, seed):
    g = np.random.default_rng(seed).standard_normal(z.shape)
    s = special.softmax(z, axis=-1)
    expected = s * (g - np.sum(s * g, axis=-1, keepdims=True))
    found = ACTIVATIONS["softmax"].vjp(z, g)
    np.testing.assert_allclose(found, expected, atol=1e-14)
    np.testing.assert_allclose(found.sum(axis=-1), 0, atol=1e-13)


def test_softmax_keeps_tiny_slopes_where_it_saturates():
    row, z = ACTIVATIONS["softmax"], np.array([[100.0, 0.0]])
    np.testing.assert_allclose(row.derivative(z), [[np.exp(-100), np.exp(-100)]], rtol=1e-12)
    np.testing.assert_allclose(row.vjp(z, np.array([[1.0, 0.0]])), [[np.exp(-100), -np.exp(-100)]], rtol=1e-12)
