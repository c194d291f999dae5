import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.figures.weights import TITLES
from labkit.labs.initializers import LAB, OneLayer
from labkit.nn.initializers import INITIALIZERS


def shown(**values):
    result = LAB.result(OneLayer(**{"fan_in": 60, "fan_out": 40, **values}))
    view = LAB.view()
    view.update(result)
    return view, result


def test_bars_and_the_dark_bar_are_the_shares_of_the_histograms():
    view, result = shown(activation="relu")
    for name, panel in view.panels.items():
        distribution = result.distributions[name]
        assert panel.bars.get_data().values.sum() + distribution.zeros[0] == pytest.approx(1)
        np.testing.assert_array_equal(panel.bars.get_data().edges, distribution.edges)
    dark = view.panels["post"].zeros
    assert dark.get_visible()
    assert dark.get_data().values[0] == result.distributions["post"].zeros[0] > 0.4
    assert "exactly 0" in view.panels["post"].remark.get_text()


def test_promises_stand_where_they_are_promised():
    view, result = shown(initializer="uniform")
    for name, panel in view.panels.items():
        promise = result.promises[name]
        places = [line.get_xdata()[0] for line in panel.marks]
        assert places == pytest.approx([promise.mean - promise.std, promise.mean + promise.std])
        assert f"promised {promise.std:.3g}" in panel.numbers.get_text()


@pytest.mark.parametrize("name", ["pre", "back"])
def test_the_density_is_that_of_a_bin(name):
    view, result = shown()
    x, y = view.panels[name].density.get_data()
    edges = result.distributions[name].edges
    # over all places, one bin wide in all: the sum of shares is 1
    assert np.trapezoid(y, x) / (edges[1] - edges[0]) == pytest.approx(1, abs=1e-5)
    assert x[np.argmax(y)] == pytest.approx(0, abs=1e-9)
    assert not view.panels["weights"].density.get_visible()


def test_the_strip_shows_every_scheme_and_marks_the_chosen_one():
    view, result = shown(initializer="he_normal", gain=2**0.5)
    strip, rows = view.strip, list(INITIALIZERS)
    place = rows.index("he_normal")
    assert strip.chosen.get_xdata().tolist() == [pytest.approx((2 / 60) ** 0.5)]
    assert strip.chosen.get_ydata().tolist() == [place]
    assert strip.values[place].get_text() == "0.183 ◀"
    assert strip.band.get_y() == place - 0.5
    assert len(strip.others.get_xdata()) + len(strip.zeros.get_xdata()) == len(rows) - 1
    assert [rows[i] for i in strip.zeros.get_ydata()] == ["zeros"]
    assert [label.get_text() for label in strip.axes.get_yticklabels()] == [s.label for s in result.schemes]


def test_the_lines_stand_at_the_std_that_keeps_each_way():
    view, _ = shown()
    assert view.strip.forward.get_xdata()[0] == pytest.approx(60**-0.5)
    assert view.strip.backward.get_xdata()[0] == pytest.approx(40**-0.5)


@pytest.mark.parametrize("values", [
    {}, {"fan_in": 1, "fan_out": 1}, {"fan_in": 1000, "fan_out": 1, "batch": 2}, {"initializer": "zeros"},
    {"initializer": "constant", "constant": -2.0}, {"initializer": "normal", "std": 100.0, "mean": -2.0},
    {"initializer": "normal", "std": 0.0}, {"initializer": "normal", "std": 1e-300}, {"activation": "softmax"},
    {"initializer": "uniform", "low": 1.0, "high": 1.0}, {"initializer": "he_normal", "gain": 0.0},
])  # fmt: skip
def test_every_setting_fits_the_picture(values):
    view, _ = shown(**values)
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=[])
        assert tight.x0 >= 0
        assert tight.y0 >= 0
        assert tight.x1 <= width
        assert tight.y1 <= height


def test_what_moves_does_not_redraw_what_stands():
    view, _ = shown(fan_in=410, fan_out=100)
    canvas = LiveCanvas(view.figure)
    canvas.render()
    pictures = set()
    for initializer in ("lecun_normal", "xavier_normal", "lecun_normal"):
        view.update(LAB.result(OneLayer(initializer=initializer, fan_in=410, fan_out=400)))
        pictures.add(canvas.render())
    draws = canvas.full_draws
    view.update(LAB.result(OneLayer(initializer="lecun_normal", fan_in=412, fan_out=400)))
    canvas.render()
    assert canvas.full_draws == draws
    assert len(pictures) == 2
    assert list(view.panels) == list(TITLES)
