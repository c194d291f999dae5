import numpy as np
import pytest

from labkit.figures.angles import COLORS, AnglesView, Directions
from labkit.figures.canvas import LiveCanvas
from labkit.figures.layer_curves import Theory


def values(depth=4, count=3, layer=2, shift=0.0):
    start = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, np.pi, count)])
    measured = np.linspace(180, 20, depth + 1)[:, None] * np.linspace(0.5, 1, count - 1) + shift
    std = np.full(depth, 0.8)
    return Directions(start, 0.7 * start, 0.9, layer), measured, measured - 5, 30.0, std, Theory(std, std / 2, std * 2)


def shown(**changes):
    view = AnglesView()
    view.update(*values(**changes))
    return view


def test_curves_and_arrows_show_the_numbers():
    view = shown()
    directions, measured, theory, goal, std, _ = values()
    for i, (line, dashes) in enumerate(zip(view._angles._measured, view._angles._theory, strict=True)):
        np.testing.assert_array_equal(line.get_ydata(), measured[:, i])
        np.testing.assert_array_equal(dashes.get_ydata(), theory[:, i])
    assert list(view._angles._goal.get_ydata()) == [goal, goal]
    np.testing.assert_array_equal(np.column_stack([view._compass._arrows.U, view._compass._arrows.V]), directions.now)
    np.testing.assert_array_equal(view._std._line.get_ydata(), std)
    assert view._compass._layer.get_text() == "layer 2"
    assert "90 %" in view._compass._kept.get_text()
    assert [line.get_xdata() for line in view._here] == [[2, 2], [2, 2]]


def test_a_curve_has_the_color_of_its_arrow():
    view = shown(count=6)
    assert [line.get_color() for line in view._angles._measured] == list(COLORS[1:])
    assert len(set(COLORS)) == 6


def test_without_theory_nothing_is_dashed():
    view = AnglesView()
    directions, measured, _, _, std, _ = values()
    view.update(directions, measured, None, None, std, None)
    assert not any(line.get_visible() for line in (*view._angles._theory, view._angles._goal, view._std._theory))
    assert view._angles._text.get_text() == ""


def test_what_has_no_direction_is_counted_and_not_drawn():
    view = AnglesView()
    directions, *rest = values()
    now = directions.now.copy()
    now[1] = np.nan
    view.update(directions._replace(now=now), *rest)
    assert "1 of 3 have no direction" in view._compass._kept.get_text()
    assert (view._compass._arrows.U[1], view._compass._arrows.V[1]) == (0, 0)
    view.update(directions._replace(now=now * np.nan, kept=np.nan), *rest)
    assert view._compass._kept.get_text() == "3 of 3 have no direction: zero or not finite"


def test_the_background_stands_still_while_angles_and_layer_move():
    view = AnglesView()
    canvas = LiveCanvas(view.figure)
    frames = []
    for layer, shift in ((1, 0.0), (3, -4.0), (4, -9.0)):
        view.update(*values(layer=layer, shift=shift))
        frames.append(canvas.render())
    assert canvas.full_draws == 1
    assert len(set(frames)) == 3


@pytest.mark.parametrize("depth", [1, 10, 13, 100])
@pytest.mark.parametrize("count", [2, 6])
def test_everything_fits_the_picture(depth, count):
    view = shown(depth=depth, count=count, layer=depth)
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=axes.texts)  # ticks, labels, titles and the second scale
        assert tight.x0 >= 0
        assert tight.y0 >= 0
        assert tight.x1 <= width
        assert tight.y1 <= height
