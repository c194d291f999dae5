"""The mean cosine between samples and the units with a twin, against their definitions."""

import numpy as np
import pytest

from labkit.nn.alignment import MOST_ROWS, mean_cosine
from labkit.nn.network import Network
from labkit.nn.propagation import propagate
from labkit.nn.statistics import summarize
from labkit.nn.symmetry import twins

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((40, 7)) + 0.3


def by_pairs(h):
    unit = h / np.linalg.norm(h, axis=1, keepdims=True)
    return (unit @ unit.T)[np.triu_indices(len(h), 1)].mean()


@pytest.mark.parametrize("scale", [1e-215, 1e-160, 1.0, 1e160, 1e285])
def test_the_mean_cosine_is_that_over_all_pairs_whatever_the_size_of_the_numbers(scale):
    assert mean_cosine(ROWS * scale) == pytest.approx(by_pairs(ROWS), rel=1e-12)
    mixed = ROWS * np.where(np.arange(40) % 2, scale, 1.0)[:, None]
    assert mean_cosine(mixed) == pytest.approx(by_pairs(ROWS), rel=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e-215])
def test_rows_without_a_direction_are_left_out(scale):
    h = np.vstack([ROWS, np.zeros((3, 7))]) * scale
    assert mean_cosine(h) == pytest.approx(by_pairs(ROWS), rel=1e-12)
    h[40, 0], h[41, 3] = np.nan, np.inf
    assert mean_cosine(h) == pytest.approx(by_pairs(ROWS), rel=1e-12)


@pytest.mark.parametrize("h", [np.zeros((5, 3)), np.ones((1, 3)), np.full((4, 3), np.nan), np.eye(4)[:, :1]], ids=str)
def test_fewer_than_two_directions_have_no_angle(h):
    assert np.isnan(mean_cosine(h))


def test_it_ends_at_1_and_minus_1():
    same = np.tile(RNG.standard_normal(9), (50, 1))
    rounded = {"rel": 1e-15, "abs": 0}  # processors add up in different orders
    assert mean_cosine(same) == pytest.approx(1, **rounded)
    assert mean_cosine(np.vstack([same[:1], -same[:1]])) == pytest.approx(-1, **rounded)
    assert mean_cosine(np.eye(6)) == 0


def test_only_the_first_rows_are_looked_at():
    h = RNG.standard_normal((MOST_ROWS + 50, 4))
    assert mean_cosine(h) == pytest.approx(by_pairs(h[:MOST_ROWS]), rel=1e-9)
    assert mean_cosine(h) != pytest.approx(by_pairs(h), rel=1e-3)


def share(weights, biases):
    """Units with the column of another one, compared pair by pair."""
    columns = np.vstack([weights, biases]).T
    return np.mean([any(np.array_equal(a, b) for j, b in enumerate(columns) if j != i) for i, a in enumerate(columns)])


@pytest.mark.parametrize("seed", range(20))
def test_twins_are_units_with_equal_columns_and_biases(seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 2, (rng.integers(1, 5), 9)).astype(float)
    biases = rng.integers(0, 2, 9).astype(float)
    assert twins(weights, lambda: biases) == share(weights, biases)


def test_twins_agree_up_to_rounding_and_no_further():
    weights = np.tile(RNG.standard_normal((5, 1)), 4)
    assert twins(weights * (1 + 1e-15 * np.arange(4)), lambda: np.zeros(4)) == 1
    assert twins(weights * (1 + 1e-7 * np.arange(4)), lambda: np.zeros(4)) == 0
    assert twins(weights, lambda: np.array([0.0, 0.0, 1.0, 2.0])) == 0.5
    assert twins(np.full((3, 4), np.nan), lambda: np.zeros(4)) == 0
    assert twins(np.ones((3, 1)), lambda: np.zeros(1)) == 0, "one unit has nobody to be like"


def test_biases_are_not_asked_for_where_no_weights_agree():
    assert twins(RNG.standard_normal((3, 50)), lambda: pytest.fail("asked for")) == 0


@pytest.mark.parametrize(("initializer", "bias_std", "expected"), [("ones", 0, 1), ("ones", 1, 0), ("he_normal", 0, 0)])
def test_statistics_have_both_by_layer(initializer, bias_std, expected):
    trace = propagate(Network("tanh", initializer, bias_std=bias_std, depth=3, width=20, batch=30))
    found = summarize(trace, quantities=())
    assert found.twins.tolist() == [expected] * 3
    assert found.cosine == pytest.approx([by_pairs(h) for h in trace.post], rel=1e-9)
    assert found.batch == 30
