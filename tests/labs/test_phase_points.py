"""Measured points on the plane of the phases: the table's numbers, on the side of the line where theory has them."""

import numpy as np
import pandas
import pytest

from labkit import Network, critical_std, predict
from labkit.labs import LABS
from labkit.labs.phase_points import points_of
from labkit.labs.sweep_columns import columns_of
from labkit.labs.sweeps import SHIPPED, SWEEPS
from labkit.nn.activations import ACTIVATIONS
from labkit.sweeps import read_design
from labkit.sweeps.record import record

LAB = LABS["phase_diagram"]
TABLE, DESIGN = pandas.read_csv(SHIPPED / "phases.csv"), read_design(SHIPPED / "phases.toml")
POINTS = points_of(SWEEPS["phases"].columns, ACTIVATIONS["tanh"], None)


@pytest.mark.parametrize("number", range(0, 260, 26))
def test_the_shipped_numbers_are_measured_again(number):
    assert len(TABLE) == len(DESIGN)
    again = record(DESIGN.setting(number))
    for name in ("rms_last", "grad_rms_first", "grad_gain"):
        assert TABLE[name][number] == pytest.approx(again[name], rel=1e-6)


def test_points_are_the_means_of_the_seeds():
    mean = TABLE.groupby(["std", "bias_std"]).grad_gain.mean()
    assert len(POINTS.gain) == len(mean) == 130
    for sigma_w, sigma_b, gain in zip(POINTS.sigma_w, POINTS.sigma_b, POINTS.gain, strict=True):
        assert gain == pytest.approx(mean[round(sigma_w / 10, 12), sigma_b], rel=1e-12)


def test_gradients_turn_at_the_critical_line():
    """Away from it by more than what width 100 leaves open, each point is on theory's side."""
    for sigma_w, sigma_b, grows in zip(POINTS.sigma_w, POINTS.sigma_b, POINTS.grows, strict=True):
        line = 10 * critical_std(Network(activation="tanh", std=1, bias_std=sigma_b, width=100))
        if abs(sigma_w - line) > 0.1:
            assert grows == (sigma_w > line), (sigma_w, sigma_b)
            chi = predict(Network(activation="tanh", std=sigma_w / 10, bias_std=sigma_b, width=100, depth=2)).chi_1
            assert grows == (chi > 1)


def shown(**values):
    return LAB.compute(LAB.parameters.of({"activation": "tanh", **values}))


def test_they_are_shown_and_counted():
    result, view = shown(measured="phases"), LAB.view()
    view.update(result)
    up, down = view._plane._grew, view._plane._shrank
    assert len(up.get_xdata()) + len(down.get_xdata()) == 130
    np.testing.assert_array_equal(np.sort(up.get_xdata()), np.sort(POINTS.sigma_w[POINTS.gain > 1]))
    said = f"at 130 points: gradients grow on their way back at {len(up.get_xdata())} (▲), shrink at"
    assert said in LAB.explain(result)
    assert not any(text.get_visible() for text in view._plane._names)
    view.update(shown())
    assert not up.get_visible()
    assert all(text.get_visible() for text in view._plane._names)
    assert "measured in a sweep" not in LAB.explain(shown()).lower()


@pytest.mark.parametrize(("table", "words"), [
    ({"std": [1.0]}, "must be of a sweep with the column width, got one with std"),
    ({"std": [1.0], "width": [9], "grad_gain": [1.0], "activation": ["relu"]}, "tanh, got a sweep of relu"),
    ({"std": [1.0], "width": [9], "grad_gain": [1.0], "initializer": ["zeros"]}, "must be of normal weights"),
    ({"std": [1.0], "width": [9], "grad_gain": [1.0], "bias_mean": [0.5]}, "centered biases and tanh, got a sweep of"),
    ({"std": [1.0], "width": [9], "grad_gain": [np.inf]}, "must be of normal weights, centered biases and tanh"),
])  # fmt: skip
def test_a_sweep_without_such_points_is_refused(table, words):
    with pytest.raises(ValueError, match=words):
        points_of(columns_of(table), ACTIVATIONS["tanh"], None)


def test_another_activation_has_none_and_the_page_says_so():
    result, view = shown(activation="relu", measured="phases"), LAB.view()
    view.update(result)
    assert not view._plane._grew.get_visible()
    said = (
        "No measured points are drawn: they must be of normal weights, centered biases and ReLU, got a sweep of tanh."
    )
    assert said in LAB.explain(result)


def test_a_slope_must_be_the_same():
    table = columns_of({"std": [0.1, 0.2], "width": [100, 100], "grad_gain": [0.5, 2.0], "alpha": [0.1, 0.3],
                        "activation": ["leaky_relu", "leaky_relu"]})  # fmt: skip
    found = points_of(table, ACTIVATIONS["leaky_relu"], 0.3)
    assert (found.sigma_w.tolist(), found.sigma_b.tolist(), found.gain.tolist()) == ([2.0], [0.0], [2.0])


@pytest.mark.parametrize("more", [{}, {"alpha": [np.nan]}])
def test_where_no_slope_was_set_it_was_the_default(more):
    table = columns_of({"std": [0.1], "width": [100], "grad_gain": [0.5], "activation": ["leaky_relu"], **more})
    row = ACTIVATIONS["leaky_relu"]
    for alpha in (None, row.alpha.default):
        assert points_of(table, row, alpha).gain.tolist() == [0.5]
    with pytest.raises(ValueError, match="got a sweep of leaky_relu"):
        points_of(table, row, 0.3)
