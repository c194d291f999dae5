"""What follows from a function is computed from it."""

import dataclasses

import numpy as np
import pytest

from labkit.nn.activations import ACTIVATIONS, Activation
from labkit.nn.properties import largest_slope, output_range

EVERY = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=lambda row: row.key)
RANGES = {
    "identity": (-np.inf, np.inf), "sigmoid": (0, 1), "tanh": (-1, 1), "relu": (0, np.inf), "softplus": (0, np.inf),
    "leaky_relu": (-np.inf, np.inf), "relu6": (0, 6), "hardtanh": (-1, 1), "softsign": (-1, 1), "elu": (-1, np.inf),
}  # fmt: skip
SLOPES = {
    "identity": 1, "sigmoid": 0.25, "tanh": 1, "relu": 1, "leaky_relu": 1, "softsign": 1, "softplus": 1, "relu6": 1,
    "hardsigmoid": 1 / 6,
}  # fmt: skip


@pytest.mark.parametrize("key", RANGES)
def test_output_range_is_the_known_one(key):
    assert output_range(ACTIVATIONS[key]) == pytest.approx(RANGES[key], abs=2e-4)


@pytest.mark.parametrize("key", SLOPES)
def test_largest_slope_is_the_known_one(key):
    assert largest_slope(ACTIVATIONS[key]) == pytest.approx(SLOPES[key], rel=1e-9)


@EVERY
def test_no_value_lies_outside_the_range_and_no_slope_above_the_largest(row):
    z = np.random.default_rng(0).uniform(-50, 50, (20_000, 1))
    low, high = output_range(row)
    values = row.function(z)
    assert low - 1e-6 <= values.min() <= values.max() <= high + 1e-6
    assert np.abs(row.derivative(z)).max() <= largest_slope(row) * (1 + 1e-6)


def test_leaky_relu_with_alpha_0_is_bounded_below_and_with_alpha_1_is_not():
    row = ACTIVATIONS["leaky_relu"]
    assert output_range(row, 0.0) == (0, np.inf)
    assert output_range(row, 1.0) == (-np.inf, np.inf)


def test_a_function_that_falls_has_its_bounds_the_other_way_round():
    falling = Activation("f", "f", lambda z: -np.maximum(z, 0), lambda z: -1.0 * (z > 0), "f", "a test")
    assert output_range(falling) == (-np.inf, 0)
    assert largest_slope(falling) == 1


def test_a_row_made_from_a_row_has_its_own_properties():
    double = dataclasses.replace(ACTIVATIONS["relu"], key="double", derivative=lambda z: 2.0 * (z > 0))
    assert largest_slope(double) == 2
