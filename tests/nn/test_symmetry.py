"""Units that are alike, counted: against small differences, large ones beside them, and numbers that are none."""

from itertools import permutations

import numpy as np
import pytest

from labkit.nn.symmetry import distinct_units


def test_distinct_units_are_counted():
    column = np.random.default_rng(0).standard_normal((50, 1))
    assert distinct_units(np.tile(column, 6)) == 1
    assert distinct_units(np.tile(column, 6) * (1 + 1e-15 * np.arange(6))) == 1
    assert distinct_units(np.column_stack([column, column, -column, 1.001 * column])) == 3
    assert distinct_units(np.zeros((5, 4))) == 1
    assert distinct_units(1e-200 * np.random.default_rng(1).standard_normal((5, 4))) == 4
    assert distinct_units(np.full((5, 4), np.nan)) == 4


@pytest.mark.parametrize("epsilon", [1e-8, 1e-6])  # the lab's lowest noise, and below it
@pytest.mark.parametrize("units", [2, 20])
def test_noise_of_any_seed_tells_all_units_apart(epsilon, units):
    for seed in range(300):
        noise = np.random.default_rng(seed).standard_normal((21, units))
        assert distinct_units(1 + epsilon * noise) == units


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_small_columns_are_told_apart_beside_large_ones(order):
    columns = np.array([[1e6, 1e-4, 1e-4, 1e6], [2e6, 1e-4, 2e-4, 2e6]])
    assert distinct_units(columns[:, order]) == 3


def test_columns_of_one_size_are_compared_in_every_row():
    signs = np.array([[1 - 2 * (k >> row & 1) for k in range(32)] for row in range(5)], float)
    assert distinct_units(np.hstack([signs, signs])) == 32


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_column_that_is_not_finite_differs_from_all(value):
    columns = np.ones((3, 5))
    columns[1, :2] = value
    assert distinct_units(columns) == 3


def test_it_counts_whatever_the_size_of_the_numbers():
    assert distinct_units(np.array([[1e308, -1e308, 1e308]])) == 2
    assert distinct_units(np.array([[5e-324, 1e-323, 5e-324]])) == 2
