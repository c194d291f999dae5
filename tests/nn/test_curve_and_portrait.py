from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from labkit.nn.activations import ACTIVATIONS
from labkit.nn.cost import relative_cost
from labkit.nn.curve import curve
from labkit.nn.formula import parse
from labkit.nn.portrait import portrait


def test_the_curve_of_softmax_is_along_one_unit_of_two():
    found = curve(ACTIVATIONS["softmax"], None, 5.0)
    np.testing.assert_allclose(found.value, expit(found.z), atol=1e-14)
    np.testing.assert_allclose(found.slope, expit(found.z) * expit(-found.z), atol=1e-14)


def test_the_slope_has_a_gap_where_the_function_bends_and_both_sides_of_it():
    found = curve(ACTIVATIONS["relu"], None, 3.0)
    assert found.z[np.isnan(found.slope)].tolist() == [0]
    assert not np.isnan(found.value).any()
    gap = int(np.flatnonzero(np.isnan(found.slope))[0])
    assert found.slope[[gap - 1, gap + 1]].tolist() == [0, 1]
    assert (found.z[[gap - 1, gap + 1]] == [-1e-9, 1e-9]).all()


def test_the_value_has_a_gap_where_it_jumps():
    found = curve(parse("where(x > 1, 2, x)"), None, 3.0)
    assert found.z[np.isnan(found.value)].tolist() == [1]


@pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def test_every_row_has_a_curve_and_a_portrait(row):
    found = curve(row, None, 8.0)
    np.testing.assert_array_equal(np.diff(found.z) > 0, True)
    assert np.isfinite(found.value).all()
    assert portrait(row).cost > 0


def test_relu_is_the_unit_of_cost_and_others_are_measured_once(monkeypatch):
    assert relative_cost(ACTIVATIONS["relu"]) == 1
    row = replace(ACTIVATIONS["tanh"])
    first = relative_cost(row)
    monkeypatch.setattr("labkit.nn.cost._seconds", lambda *_: pytest.fail("measured again"))
    assert relative_cost(row) == first


def test_cost_is_the_median_of_ratios_taken_in_turns(monkeypatch):
    # the machine slows down by a factor of 1000 while it measures, and stumbles once: the ratio stays 3
    state = {"calls": 0}

    def seconds(activation, *_):
        turn = state["calls"] // 2
        state["calls"] += 1
        stumble = 50 if turn == 4 else 1
        return (1 + 100 * turn) * (3 * stumble if activation.key == "slow" else 1)

    monkeypatch.setattr("labkit.nn.cost._seconds", seconds)
    assert relative_cost(replace(ACTIVATIONS["tanh"], key="slow")) == 3


def test_the_portrait_of_tanh_by_hand():
    found = portrait(ACTIVATIONS["tanh"])
    u, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    assert found.forward_gain == pytest.approx((weights @ np.tanh(u) ** 2) ** -0.5, rel=1e-9)
    assert found.backward_gain == pytest.approx((weights @ np.cosh(u) ** -4.0) ** -0.5, rel=1e-7)
    assert found.output_range == (-1, 1)
    assert found.zero_centered
    assert found.effective_range[1] == pytest.approx(np.arccosh(10), rel=1e-12)  # 1/cosh^2 = 1/100
    assert found.saturated_intervals[1][0] == pytest.approx(np.arctanh(0.97), rel=1e-9)
