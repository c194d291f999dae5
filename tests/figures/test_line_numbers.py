import numpy as np
import pytest
from matplotlib.figure import Figure

from labkit.figures.canvas import LiveCanvas
from labkit.figures.line_numbers import LineNumbers, apart_by


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_each_number_stands_at_the_end_of_its_line(scale):
    axes = Figure().add_subplot()
    axes.set(xlim=(0, 10), ylim=(1, 100), yscale=scale)
    numbers = LineNumbers(axes, 3)
    x = np.arange(10)
    numbers.update([(x, np.full(10, 20.0)), (x, np.full(10, np.nan)), (x[:5], np.array([3.0, 4, 80, np.nan, np.nan]))])
    texts = numbers._texts
    assert [text.get_text() for text in texts] == ["1", "", "3"]
    for text, end in ((texts[0], (9, 20)), (texts[2], (2, 80))):
        left, bottom = axes.transAxes.transform(text.get_position())
        right_of, beside = axes.transData.transform(end)
        assert 0 < left - right_of < 10
        assert 0 < beside - bottom < 15


@pytest.mark.parametrize("heights", [[0.5] * 6, [0, 0.01, 1, 0.99, 0.5, 0.5], [1, 1, 1], [-2, 3], [0.3], []])
def test_numbers_that_would_overlap_stand_above_each_other_within_the_axes(heights):
    found = apart_by(np.array(heights, float), 0.1)
    assert (np.diff(np.sort(found)) > 0.1 - 1e-9).all()
    assert ((found > -1e-9) & (found < 1 + 1e-9)).all()
    clipped = np.clip(heights, 0, 1)
    assert (np.diff(found[np.argsort(clipped, kind="stable")]) > 0).all()


def test_numbers_far_apart_stay_where_they_are():
    np.testing.assert_allclose(apart_by(np.array([0.9, 0.1, 0.5]), 0.1), [0.9, 0.1, 0.5])


def test_numbers_draw():
    figure = Figure()
    axes = figure.add_subplot()
    numbers, canvas = LineNumbers(axes, 1), LiveCanvas(figure)
    before = canvas.render()
    numbers.update([(np.arange(2), np.ones(2) / 2)])
    assert canvas.render() != before
