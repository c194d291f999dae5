"""The numbers of every picture, held against the results that it shows."""

import re

import numpy as np
import pytest

from labkit.figures.series import Series
from labkit.figures.table_twin import MOST_ROWS, as_html
from labkit.figures.tables import HEADER, Table, readings, rows, tables
from labkit.labs import LABS
from labkit.labs.drawing import result_at


def shown(key, steps=1, **values):
    """A lab's result, and its picture's series by panel and name."""
    lab = LABS[key]
    result = result_at(lab, lab.parameters.of(values), steps)
    view = lab.view()
    view.update(result)
    found = tables(view.figure)
    return result, {(table.title, series.name): series for table in found for series in table.series}, view


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
def test_every_panel_and_every_series_has_a_name(lab):
    for values in ({}, *(preset.values for preset in lab.presets if not lab.motion)):
        view = lab.view()
        view.update(result_at(lab, lab.parameters.of(values), 1))
        found = tables(view.figure)
        assert found
        for table in found:
            assert table.title
            assert table.x
            for series in table.series:
                assert series.name
                assert not re.fullmatch(r"[\d.]+", series.name)
                assert len(series.x) - len(series.y) in (0, 1)


def test_signal_propagation():
    result, found, view = shown("signal_propagation")
    stats = result.statistics
    std, gradient = found["std of the activations h", "measured"], found["RMS of the gradient dC/dz", "measured"]
    np.testing.assert_array_equal(std.y, stats.std)
    np.testing.assert_array_equal(gradient.y, stats.grad_rms)
    np.testing.assert_array_equal(std.x, np.arange(1, 6))
    assert [reading.value for reading in readings(view.figure)] == [stats.std[-1], stats.grad_rms[-1]]
    for layer in range(5):
        bars = found[f"activations h, layer {layer + 1}", "measured"]
        assert bars.bins
        np.testing.assert_array_equal(bars.x, stats.post.edges)
        np.testing.assert_array_equal(bars.y, stats.post.counts[layer] / stats.post.size[layer])
        assert found[f"activations h, layer {layer + 1}", "std"].y == stats.post.std[layer]


def test_zeros_stay_zeros_though_the_log_axis_cannot_show_them():
    result, found, _ = shown("signal_propagation", initializer="zeros", depth=3)
    gradient = found["RMS of the gradient dC/dz", "measured"].y
    np.testing.assert_array_equal(gradient, result.statistics.grad_rms)
    assert gradient.tolist()[:2] == [0, 0]


def test_heat_maps_say_shares_and_not_shades():
    result, found, _ = shown("signal_propagation", depth=20)
    stats = result.statistics
    for layer in range(20):
        series = found["activations h, all layers", f"layer {layer + 1}"]
        np.testing.assert_array_equal(series.y, stats.post.counts[layer] / stats.post.size[layer])


def test_softmax():
    result, found, _ = shown("softmax")
    np.testing.assert_array_equal(found["logits z", "logit z"].y, result.z)
    p = np.exp(result.z / result.parameters.temperature)
    np.testing.assert_allclose(found["probabilities p", "probability p"].y, p / p.sum(), rtol=1e-12)
    assert found["probabilities p", "probability p"].x.tolist() == list(range(1, len(p) + 1))


def test_activation_functions():
    _, found, _ = shown("activation_functions", activations=("tanh", "relu"))
    tanh, slope = found["f(z)", "tanh"], found["slope f′(z)", "tanh"]
    np.testing.assert_allclose(tanh.y, np.tanh(tanh.x), rtol=1e-12)
    np.testing.assert_allclose(slope.y, 1 - np.tanh(slope.x) ** 2, atol=1e-12)


def test_decision_boundary():
    result, found, _ = shown("decision_boundary")
    heights = [series for (panel, name), series in found.items() if name.startswith("probability")]
    np.testing.assert_array_equal([series.y for series in heights], result.maps.probability[0])
    np.testing.assert_array_equal(found["test accuracy", "test accuracy"].y, result.history.accuracy[:, 0])
    points = sum(len(found["map of the plane", f"points of class {label}"].y) for label in (0, 1))
    assert points == len(result.maps.points)


def test_mnist_comparison():
    result, found, _ = shown("mnist_comparison", steps=2)
    for name, curve in zip(result.names, result.curves, strict=True):
        np.testing.assert_array_equal(found["training loss", name].y, curve.line)
    np.testing.assert_array_equal(found["RMS of dC/dz by layer", "measured"].y, result.kept.statistics.grad_rms)
    accuracy = found["test accuracy", "mean of the seeds"]
    assert accuracy.places == tuple(result.names)
    np.testing.assert_array_equal(accuracy.y, result.accuracy.mean(axis=0))


def test_phase_diagram():
    result, found, _ = shown("phase_diagram")
    np.testing.assert_array_equal(found["RMS of the gradient dC/dz", "measured"].y, result.gradient)
    mean = found["correlation of two inputs", "mean of the pairs"].y
    np.testing.assert_array_equal(mean, result.pairs.mean(axis=0))
    np.testing.assert_array_equal(found["correlation of two inputs", "pair 1"].y, result.pairs[0])


def test_zig_zag_says_losses_below_the_axis():
    result, found, _ = shown("zig_zag", learning_rate=1.0)
    for side, whole, shown_ in zip(("left", "right"), result.whole, result.shown, strict=True):
        series = found["loss by step, as a share of the loss at the start", side]
        np.testing.assert_array_equal(series.y, whole.loss / whole.loss[0])
        np.testing.assert_array_equal(found[f"walk, {side}", "path"].y, shown_.path[:, 1])


def test_initializers_compare_by_name():
    _, found, _ = shown("initializers")
    rms = found["RMS of each scheme's weights", "RMS"]
    chosen = found["RMS of each scheme's weights", "chosen"]
    assert chosen.y[0] == rms.y[rms.places.index(chosen.places[0])]
    assert found["weights W", "std"].y == pytest.approx(chosen.y[0], rel=0.05)


def test_rows_hold_every_number_at_full_precision():
    result, found, view = shown("signal_propagation")
    said = rows(tables(view.figure))
    assert said[0] == HEADER
    assert len(said) == 1 + sum(len(series.y) for series in found.values())
    values = [row[-1] for row in said if row[:2] == ("std of the activations h", "measured")]
    assert [float(value) for value in values] == result.statistics.std.tolist()
    first = next(row for row in said if row[1] == "measured")
    assert first[3] == ""
    assert [float(end) for end in first[4:6]] == result.statistics.post.edges[:2].tolist()


STRANGE = Table(
    "<b>title</b>", "x & y", "", (Series('"<script>"', np.arange(40.0), np.r_[np.nan, np.inf, 0.0, np.ones(37)]),)
)


def test_the_twin_is_escaped_and_says_what_is_not_finite_in_words():
    html = as_html([STRANGE], most=40)
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;title" in html
    assert "<td>not a number</td>" in html
    assert "<td>infinite</td>" in html
    assert "<td>0</td>" in html
    assert "left out" not in html


def test_the_twin_says_how_much_it_leaves_out():
    html = as_html([STRANGE])
    assert html.count('<th scope="row">') == MOST_ROWS == 12
    assert "28 of 40 rows are left out here; the CSV has all." in html
    assert '<th scope="row">0</th>' in html
    assert '<th scope="row">39</th>' in html


@pytest.mark.parametrize("lab", LABS.values(), ids=LABS)
def test_every_twin_has_captions_and_heads(lab):
    view = lab.view()
    view.update(result_at(lab, lab.parameters(), 1))
    html = as_html(tables(view.figure))
    assert html.count("<table>") == html.count("<caption>") >= 1
    assert html.count('<th scope="row">') >= 1
    assert not re.search(r"\b(nan|inf)\b", html)
