"""Every initializer's promise for many fans: moments, bounds, orthogonality, options."""

import numpy as np
import pytest
from scipy import stats

from labkit.nn.initializers import INITIALIZERS

EVERY = pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.key)
PAIRS = [(400, 400), (784, 100), (50, 600), (1, 3000), (3000, 1)]
BOUNDS = {
    "uniform": lambda i, o: (0, 1), "xavier_uniform": lambda i, o: (-((6 / (i + o)) ** 0.5), (6 / (i + o)) ** 0.5),
    "he_uniform": lambda i, o: (-((6 / i) ** 0.5), (6 / i) ** 0.5), "torch_default": lambda i, o: (-(i**-0.5), i**-0.5),
    "lecun_uniform": lambda i, o: (-((3 / i) ** 0.5), (3 / i) ** 0.5), "truncated_normal": lambda i, o: (-0.02, 0.02),
}  # fmt: skip
KEYS = (
    "zeros", "ones", "constant", "uniform", "normal", "truncated_normal", "xavier_uniform", "xavier_normal",
    "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "orthogonal", "torch_default",
)  # fmt: skip


def test_every_promised_row_is_there():
    assert set(KEYS) <= INITIALIZERS.keys()


@EVERY
@pytest.mark.parametrize(("fan_in", "fan_out"), PAIRS)
def test_mean_and_variance_are_within_4_standard_errors_for_every_fan_pair(row, fan_in, fan_out):
    weights = row.sample(np.random.default_rng(11), fan_in, fan_out)
    rest = weights - row.mean(fan_in, fan_out)
    n, promised = weights.size, row.variance(fan_in, fan_out)
    kurtosis = np.mean(rest**4) / promised**2 if promised else 0
    assert abs(rest.mean()) <= 4 * np.sqrt(promised / n) + 1e-15
    assert abs(np.mean(rest**2) - promised) <= 4 * promised * np.sqrt(max(kurtosis - 1, 0) / n) + 1e-15


@pytest.mark.parametrize("key", BOUNDS)
@pytest.mark.parametrize(("fan_in", "fan_out"), PAIRS)
def test_bounds_are_kept_and_reached(key, fan_in, fan_out):
    weights = INITIALIZERS[key].sample(np.random.default_rng(4), fan_in, fan_out)
    low, high = BOUNDS[key](fan_in, fan_out)
    assert low <= weights.min() < low + 0.02 * (high - low)
    assert high - 0.02 * (high - low) < weights.max() <= high


@pytest.mark.parametrize(("fan_in", "fan_out"), [(50, 50), (80, 30), (30, 80), (1, 20), (20, 1), (300, 300)])
def test_orthogonal_is_orthogonal_to_1e_12(fan_in, fan_out):
    W = INITIALIZERS["orthogonal"].sample(np.random.default_rng(0), fan_in, fan_out, gain=3.0) / 3
    gram = W.T @ W if fan_in >= fan_out else W @ W.T
    assert np.abs(gram - np.eye(len(gram))).max() < 1e-12
    assert np.mean(W**2) == pytest.approx(1 / max(fan_in, fan_out), rel=1e-12)


def test_orthogonal_is_uniform_over_all_orthogonal_matrices():
    """Without the correction of signs the first entry of Q would never be positive."""
    rng = np.random.default_rng(0)
    first = np.array([INITIALIZERS["orthogonal"].sample(rng, 3, 3)[0, 0] for _ in range(2000)])
    assert abs(first.mean()) < 4 / np.sqrt(3 * 2000)
    assert abs(np.mean(first**2) - 1 / 3) < 4 * np.std(first**2) / np.sqrt(2000)


def test_truncated_normal_is_scipys():
    row = INITIALIZERS["truncated_normal"]
    assert row.std(5, 5, std=1.0) == pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-9)
    draw = row.draw(np.random.default_rng(0), 300, 300)
    assert stats.kstest(draw.ravel(), stats.truncnorm(-2, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("shape", ["normal", "uniform"])
def test_gain_and_fan_are_options_where_the_scheme_has_them(shape):
    he, xavier = INITIALIZERS[f"he_{shape}"], INITIALIZERS[f"xavier_{shape}"]
    assert he.variance(100, 400, gain=1.0) == pytest.approx(1 / 100)
    assert he.variance(100, 400, fan="out") == pytest.approx(2 / 400)
    assert he.variance(100, 400, fan="out", gain=3.0) == pytest.approx(9 / 400)
    assert xavier.variance(100, 300, gain=2.0) == pytest.approx(4 / 200)
    assert set(he.options) == {"gain", "fan"}
    assert set(xavier.options) == {"gain"}
    assert not INITIALIZERS[f"lecun_{shape}"].options


def test_uniform_has_the_sources_bounds_by_default_and_takes_others():
    row = INITIALIZERS["uniform"]
    assert (row.mean(5, 5), row.variance(5, 5)) == pytest.approx((0.5, 1 / 12))
    assert (row.mean(5, 5, low=-2.0, high=4.0), row.variance(5, 5, low=-2.0, high=4.0)) == pytest.approx((1, 3))
    weights = row.sample(np.random.default_rng(0), 100, 100, low=-2.0, high=4.0)
    assert -2 <= weights.min() < -1.9 < 3.9 < weights.max() <= 4


@EVERY
def test_a_seed_gives_the_same_weights_and_another_others(row):
    one, other, third = (row.sample(np.random.default_rng(seed), 20, 30) for seed in (9, 9, 10))
    np.testing.assert_array_equal(one, other)
    assert np.array_equal(one, third) == (row.variance(20, 30) == 0)
