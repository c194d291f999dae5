"""Counts against other histograms; limits that hold the values and move in 1-2-5 steps."""

from math import log10

import boost_histogram as bh
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labkit.nn.histogram import bin_edges, bin_of, count, decades, rounded_up, snapped, step_above
from labkit.nn.scratch import CHUNK

SIZES = [1, 2, 999, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 17]
POSITIVE = st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False)
FINITE = st.floats(min_value=-5e307, max_value=5e307)
USUAL = st.floats(min_value=-1e100, max_value=1e100).filter(lambda v: v == 0 or abs(v) > 1e-100)


def counted(values, edges):
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (np.nan, np.nan)
    return count(values, edges, low, high, finite.size == values.size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bins", [1, 7, 30])
@pytest.mark.parametrize(("low", "high"), [(-8.0, 8.0), (-1.0, 1.0), (0.0, 0.5), (100.0, 200.0)])
def test_counts_are_those_of_numpy_and_boost_histogram(size, bins, low, high):
    values = np.random.default_rng(size).standard_normal(size)
    edges = bin_edges(low, high, bins)
    counts = counted(values, edges)
    np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    axis = bh.axis.Regular(bins, low, high)
    np.testing.assert_array_equal(counts, bh.Histogram(axis).fill(values).view().astype(int))


@pytest.mark.parametrize("bins", [2, 248, 249, 250, 251, 2000])
@pytest.mark.parametrize("size", [2**17 - 1, 2**17, 2**18 + 17])
def test_many_values_and_many_bins_are_counted_right(size, bins):
    values = np.random.default_rng(size).uniform(0, 1, size)
    np.testing.assert_array_equal(counted(values, bin_edges(0, 1, bins)), np.histogram(values, bins, (0, 1))[0])


@pytest.mark.parametrize("bins", [1, 4, 30])
def test_every_edge_belongs_to_the_bin_on_its_right_and_the_last_to_the_last(bins):
    edges = bin_edges(-2.0, 2.0, bins) if bins != 30 else np.arange(31.0)
    expected = np.ones(bins, int)
    expected[-1] = 2
    np.testing.assert_array_equal(counted(edges, edges), expected)


@pytest.mark.parametrize("shape", [(1, 1), (40, 30), (3, 7000)])
def test_values_within_the_edges_are_all_counted_whatever_the_shape(shape):
    values = np.random.default_rng(0).uniform(-1, 1, shape)
    assert counted(values, bin_edges(-1, 1, 30)).sum() == values.size


def test_equal_values_are_all_in_one_bin():
    np.testing.assert_array_equal(counted(np.full(9, 0.5), bin_edges(0, 1, 4)), [0, 0, 9, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_in_no_bin(bad):
    np.testing.assert_array_equal(counted(np.array([bad, 0.1, 0.9, bad]), bin_edges(0, 1, 2)), [1, 1])
    np.testing.assert_array_equal(counted(np.array([bad, 0.1, bad]), bin_edges(0, 1, 2)), [1, 0])
    np.testing.assert_array_equal(counted(np.array([bad, bad]), bin_edges(0, 1, 2)), [0, 0])


def test_infinities_of_both_signs_and_sums_that_overflow_are_counted_without_a_warning():
    values = np.array([-np.inf, np.inf, np.nan, 0.25, 0.75])
    np.testing.assert_array_equal(counted(values, bin_edges(0, 1, 2)), [1, 1])
    values = np.array([-8e307, 0.0, 1e306, 8e307, 8e307])
    np.testing.assert_array_equal(counted(values, bin_edges(-8.5e307, 8.5e307, 4)), [1, 0, 2, 2])


@given(st.lists(FINITE, min_size=1, max_size=6), st.integers(1, 40))
@example([5e-324], 30)
@example([-5e307, 0.0, 5e307], 30)
@example([-3e307, 0.0, 1e307], 3)
def test_snapped_limits_give_edges_that_hold_every_finite_value(values, bins):
    values = np.array(values)
    edges = bin_edges(*snapped(values.min(), values.max()), bins)
    assert len(edges) == bins + 1
    assert np.isfinite(edges).all()
    assert counted(values, edges).sum() == values.size


@given(st.lists(USUAL, min_size=1, max_size=30), st.integers(1, 40))
def test_counts_differ_from_numpys_only_between_neighbors_at_an_edge(values, bins):
    values = np.array(values)
    edges = bin_edges(*snapped(values.min(), values.max()), bins)
    width = edges[1] - edges[0]
    inner = values[np.abs((values - edges[0]) / width - np.rint((values - edges[0]) / width)) > 1e-9]
    if inner.size:
        np.testing.assert_array_equal(counted(inner, edges), np.histogram(inner, edges)[0])


@given(USUAL, USUAL, USUAL, st.integers(1, 40))
def test_bin_of_is_the_bin_that_count_puts_the_value_in(value, low, high, bins):
    edges = bin_edges(*snapped(min(low, high), max(low, high)), bins)
    found = bin_of(value, edges)
    counts = counted(np.array([value]), edges)
    if found is None:
        assert counts.sum() == 0
    else:
        assert counts[found] == counts.sum() == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-9, 1 + 1e-9])
def test_bin_of_what_is_outside_is_none(value):
    assert bin_of(value, bin_edges(0, 1, 5)) is None


def steps():
    return st.builds(lambda step, power: float(f"{step}e{power}"), st.sampled_from([1, 2, 5]), st.integers(-300, 300))


@given(POSITIVE.filter(lambda size: size <= 1e308))
def test_step_above_is_the_least_step_that_holds_the_size(size):
    step = step_above(size)
    assert step >= size
    mantissa, exponent = f"{step:e}".split("e")
    if step > 1e-320:
        assert float(mantissa) in (1, 2, 5)
        below = {1: f"5e{int(exponent) - 1}", 2: f"1e{exponent}", 5: f"2e{exponent}"}[int(float(mantissa))]
        assert float(below) < size


@given(steps())
def test_a_step_is_its_own_step_above(step):
    assert step_above(step) == step


@given(FINITE, FINITE)
def test_snapped_holds_both_ends_and_zero_and_is_a_range(a, b):
    low, high = min(a, b), max(a, b)
    below, above = snapped(low, high)
    assert below <= min(low, 0)
    assert max(high, 0) <= above
    assert below < above
    assert np.isfinite([below, above]).all()


@pytest.mark.parametrize("largest", [5.1e307, 1.1e308, np.finfo(float).max])
def test_snapped_ends_where_the_difference_is_still_finite(largest):
    assert snapped(-largest, largest) == (-5e307, 5e307)
    assert snapped(0.0, largest) == (0, 5e307)


@given(steps(), steps())
def test_snapped_stands_still_on_its_own_limits(below, above):
    limits = snapped(-below, above)
    assert snapped(*limits) == limits


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ((-0.7, 0.9), (-1, 1)), ((-0.4, 0.9), (-1, 1)), ((-0.1, 0.9), (-0.1, 1)), ((0.3, 0.7), (0, 1)),
        ((-3, -2), (-5, 0)), ((0, 0), (-1, 1)), ((np.nan, np.nan), (-1, 1)), ((1.5e-215, 2e-215), (0, 2e-215)),
        ((-1.1e285, 3e284), (-2e285, 5e284)),
    ],
)  # fmt: skip
def test_snapped_by_example(values, limits):
    assert snapped(*values) == limits
    assert str(snapped(*values)[0]) != "-0.0"


@pytest.mark.parametrize(
    ("low", "high"), [(1, 1), (2, 1), (0, np.inf), (-np.inf, 0), (np.nan, 1), (0, np.nan), (-np.inf, np.inf)]
)
def test_what_is_no_range_is_refused_with_the_rule_and_the_value(low, high):
    with pytest.raises(ValueError, match=r"range must be \(low, high\), finite, with low < high, got \(.*\)"):
        bin_edges(low, high, 10)


DECADES = st.floats(min_value=1e-300, max_value=1e300)


@given(DECADES, DECADES)
def test_decades_hold_the_values_in_whole_exponents_at_least_two_apart(a, b):
    low, high = min(a, b), max(a, b)
    bottom, top = decades(low, high)
    assert bottom <= log10(low)
    assert log10(high) <= top
    assert top - bottom >= 2
    assert bottom == int(bottom)
    assert top == int(top)


@given(DECADES, DECADES)
def test_decades_leave_less_than_two_steps_empty_on_a_side(a, b):
    low, high = min(a, b), max(a, b)
    bottom, top = decades(low, high)
    step = step_above(max(1.0, (top - bottom) / 8))
    assert log10(low) - bottom <= 2 * step
    assert top - log10(high) <= 3 * step


@pytest.mark.parametrize(
    ("values", "exponents"), [((0.5, 5.0), (-1, 1)), ((1.0, 1.0), (-1, 1)), ((1e-215, 1.0), (-250, 0))]
)
def test_decades_by_example(values, exponents):
    assert decades(*values) == exponents


@given(st.floats(1e-300, 1e300))
def test_rounded_up_holds_the_size_and_wastes_at_most_half(size):
    assert size <= rounded_up(size) <= 1.5 * size * (1 + 1e-12)


@pytest.mark.parametrize("size", [1e-4, 0.0015, 0.02, 0.3, 4.0, 60.0, 8e5])
def test_rounded_up_keeps_a_round_size(size):
    assert rounded_up(size) == size
