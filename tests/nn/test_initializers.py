"""Initializers: what a row promises against what it draws."""

import re

import numpy as np
import pytest

from labkit.nn.initializers import FANS, INITIALIZERS, variance_scaling

EVERY = pytest.mark.parametrize("row", INITIALIZERS.values(), ids=lambda row: row.key)
FAN_PAIRS = [(300, 300), (300, 100), (100, 300)]
EXPECTED_VARIANCE = {
    "lecun_normal": lambda fan_in, fan_out: 1 / fan_in,
    "lecun_uniform": lambda fan_in, fan_out: 1 / fan_in,
    "xavier_normal": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "xavier_uniform": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "he_normal": lambda fan_in, fan_out: 2 / fan_in,
    "he_uniform": lambda fan_in, fan_out: 2 / fan_in,
    "torch_default": lambda fan_in, fan_out: 1 / (3 * fan_in),
    "zeros": lambda fan_in, fan_out: 0,
    "ones": lambda fan_in, fan_out: 0,
    "constant": lambda fan_in, fan_out: 0,
}


def assert_moments(weights, mean, variance):
    """Within four standard errors, which are those of the sample itself."""
    n = weights.size
    rest = weights - weights.mean()
    error_of_mean = rest.std() / np.sqrt(n)
    error_of_variance = np.sqrt(max(np.mean(rest**4) - np.mean(rest**2) ** 2, 0) / n)
    rounding = 1e-12 * np.mean(weights**2)
    assert abs(weights.mean() - mean) <= 4 * error_of_mean + np.sqrt(rounding) * 1e-6
    assert abs(rest.var() - variance) <= 4 * error_of_variance + rounding


@EVERY
@pytest.mark.parametrize(("fan_in", "fan_out"), FAN_PAIRS)
def test_sample_has_the_promised_shape_mean_and_variance(row, fan_in, fan_out):
    weights = row.sample(np.random.default_rng(0), fan_in, fan_out)
    assert weights.shape == (fan_in, fan_out)
    assert weights.dtype == np.float64
    assert_moments(weights, row.mean(fan_in, fan_out), row.variance(fan_in, fan_out))
    assert row.std(fan_in, fan_out) == pytest.approx(np.sqrt(row.variance(fan_in, fan_out)))


@EVERY
def test_each_option_is_kept_as_promised(row):
    for name, option in row.options.items():
        if option.choices:
            value = next(choice for choice in option.choices if choice != option.default)
            assert option.default in option.choices
        else:
            value = option.default + 0.25 * (min(option.high, option.default + 1) - option.default)
            assert option.low <= option.default <= option.high
        options = {name: value}
        weights = row.sample(np.random.default_rng(1), 300, 100, **options)
        assert_moments(weights, row.mean(300, 100, **options), row.variance(300, 100, **options))
        assert not np.array_equal(weights, row.sample(np.random.default_rng(1), 300, 100))
        assert option.label


@pytest.mark.parametrize("key", EXPECTED_VARIANCE)
@pytest.mark.parametrize(("fan_in", "fan_out"), FAN_PAIRS)
def test_variance_is_the_papers(key, fan_in, fan_out):
    expected = EXPECTED_VARIANCE[key](fan_in, fan_out)
    assert INITIALIZERS[key].variance(fan_in, fan_out) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("fan", FANS)
def test_variance_scaling_divides_by_the_named_fan(fan):
    row = variance_scaling("key", "label", 3.0, fan, source="a test", torch="none")
    assert row.variance(20, 60) == pytest.approx(3.0 / {"in": 20, "out": 60, "avg": 40}[fan])


@EVERY
def test_sample_is_draw_and_weights(row):
    draw = row.draw(np.random.default_rng(3), 8, 5)
    np.testing.assert_array_equal(row.weights(draw, 8, 5), row.sample(np.random.default_rng(3), 8, 5))


@EVERY
def test_weights_do_not_edit_the_draw(row):
    draw = row.draw(np.random.default_rng(3), 8, 5)
    draw.flags.writeable = False
    weights = row.weights(draw, 8, 5)
    assert weights.flags.writeable
    assert not np.shares_memory(weights, draw)


@pytest.mark.parametrize("std", [0.0, 1e-3, 100.0])
def test_normal_is_the_draw_times_std(std):
    row = INITIALIZERS["normal"]
    draw = row.draw(np.random.default_rng(0), 4, 3)
    np.testing.assert_array_equal(row.weights(draw, 4, 3, std=std), draw * std)
    assert row.std(4, 3, std=std) == pytest.approx(std)


def test_zeros_are_zero_and_constant_is_the_constant():
    rng = np.random.default_rng(0)
    assert not INITIALIZERS["zeros"].sample(rng, 4, 3).any()
    assert (INITIALIZERS["constant"].sample(rng, 4, 3, constant=-0.7) == -0.7).all()
    assert INITIALIZERS["constant"].mean(4, 3, constant=-0.7) == -0.7


@EVERY
def test_each_row_says_what_it_is(row):
    assert INITIALIZERS[row.key] is row
    assert row.label
    assert row.formula
    assert row.source
    assert row.torch
    assert isinstance(hash(row), int)


@EVERY
def test_the_pytorch_call_is_one_of_its_functions(row):
    """Of the page torch.nn.init."""
    names = {"uniform", "normal", "constant", "ones", "zeros", "xavier_uniform", "xavier_normal", "kaiming_uniform",
             "kaiming_normal", "trunc_normal", "orthogonal"}  # fmt: skip
    call = re.match(r"torch\.nn\.init\.([a-z_]+)_\(w[,)]", row.torch)
    assert call
    assert call[1] in names


def test_the_books_xavier_is_named_lecun():
    assert INITIALIZERS["lecun_normal"].variance(100, 400) == 1 / 100
    assert "Xavier" in INITIALIZERS["lecun_normal"].label
    assert "Glorot" in INITIALIZERS["xavier_normal"].label
