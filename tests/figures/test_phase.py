import numpy as np
import pytest

from labkit.figures.canvas import LiveCanvas
from labkit.figures.layer_curves import Theory
from labkit.figures.phase import Curves, PhaseView, Place
from labkit.nn.phase_map import PhaseMap

LINE = np.array([[1.0, 1.5, 2.0], [0.0, 1.0, 2.0]])


def plane(line=LINE, xi=5.0):
    return PhaseMap(4.0, 2.0, np.full((20, 20), xi), np.zeros((20, 20), np.int8), line)


def curves(depth=6, level=1.0, theory=True, c_star=0.3, scale=2.0):
    pairs = np.linspace(0.9, 0.4, depth) + np.array([[-0.1], [0.1]])
    gradient = level * 2.0 ** -np.arange(depth)
    if not theory:
        return Curves(pairs, None, None, None, gradient, None)
    return Curves(pairs, pairs.mean(axis=0), c_star, scale, gradient, Theory(gradient, gradient / 2, gradient * 2))


def shown(place=(1.0, 0.5), **values):
    view = PhaseView()
    view.show_plane("tanh", plane(), (Place("ordered", 1.0, 1.0),), "")
    view.show_point(*place, curves(**values))
    return view


def test_shows_the_numbers_that_it_is_given():
    view = shown((1.5, 0.25))
    given = curves()
    assert [float(v[0]) for v in view._plane._point.get_data()] == [1.5, 0.25]
    np.testing.assert_array_equal(view._plane._line.get_xydata().T, LINE)
    np.testing.assert_allclose(view._correlation._mean.get_ydata(), given.pairs.mean(axis=0))
    np.testing.assert_array_equal(view._correlation._theory.get_ydata(), given.correlation)
    np.testing.assert_array_equal(view._gradient._line.get_ydata(), given.gradient)
    single = np.asarray(view._correlation._pairs.get_ydata()).reshape(2, -1)
    np.testing.assert_array_equal(single[:, :-1], given.pairs)
    assert np.isnan(single[:, -1]).all()
    assert view._correlation._scale.get_xdata() == [3, 3]  # k layers after the first
    assert list(view._correlation._end.get_ydata()) == [0.3, 0.3]
    assert (np.asarray(view._plane._image.get_array()) == 5).all()
    assert [text.get_text() for text in view._plane._names] == ["ordered"]


def test_colors_say_how_long_a_signal_survives_on_a_log_scale():
    image = shown()._plane._image
    assert image.get_cmap().name == "cividis"
    assert image.norm(10.0) == pytest.approx(0.5)
    assert "a signal survives about k layers" in image.colorbar.ax.get_title(loc="left")


def test_a_point_moves_without_the_plane_drawn_anew():
    view = shown()
    canvas = LiveCanvas(view.figure)
    frames = {canvas.render()}
    for i in range(1, 8):
        view.show_plane("tanh", view._shown[1], (), "")
        view.show_point(0.5 * i, 0.2 * i, curves(level=10.0**i, c_star=0.1 * i, scale=0.5 * i))  # other limits
        frames.add(canvas.render())
    assert canvas.full_draws == 1
    assert len(frames) == 8


def test_another_plane_is_drawn():
    view = shown()
    canvas = LiveCanvas(view.figure)
    canvas.render()
    view.show_plane("tanh", plane(xi=50.0), (), "")
    view.show_point(1.0, 0.5, curves())
    canvas.render()
    assert canvas.full_draws == 2
    assert (np.asarray(view._plane._image.get_array()) == 50).all()


def test_moved_axes_are_the_same_as_freshly_drawn_ones():
    view = shown(level=1e3)
    canvas = LiveCanvas(view.figure)
    canvas.render()
    view.show_point(2.0, 1.0, curves(level=1e-3))
    assert canvas.render() == LiveCanvas(shown((2.0, 1.0), level=1e-3).figure).render()


def test_a_line_that_is_one_point_is_a_mark():
    view = PhaseView()
    view.show_plane("ReLU", plane(line=np.array([[1.414], [0.0]])), (), "")
    assert view._plane._spot.get_xydata().tolist() == [[1.414, 0.0]]
    assert not len(view._plane._line.get_xydata())


def test_without_theory_the_reason_stands_in_the_plane():
    view = PhaseView()
    view.show_plane("softmax", None, (), "There is no plane")
    view.show_point(1.0, 0.5, curves(theory=False))
    assert not view._plane._image.get_visible()
    assert [text.get_text() for text in view._plane._names] == ["There is no plane"]
    for artist in (view._correlation._theory, view._correlation._end, view._correlation._scale, view._gradient._theory):
        assert not artist.get_visible()
    assert view._correlation._text.get_text() == ""


def test_lost_correlations_are_named():
    view = PhaseView()
    values = curves()
    values.pairs[0, 3:] = np.nan
    view.show_plane("x", plane(), (), "")
    view.show_point(1.0, 0.5, values)
    assert "no correlation where" in view._correlation._text.get_text()


@pytest.mark.parametrize(("count", "said"), [(1, "▼ exactly 0 in 1 layer"), (2, "▼ exactly 0 in 2 layers")])
def test_layers_at_the_edge_are_counted_in_words(count, said):
    view = shown(theory=False)
    values = curves(theory=False)
    values.gradient[:count] = 0
    values.gradient[-1] = np.inf
    view.show_point(1.0, 0.5, values)
    assert view._gradient._text.get_text() == f"{said}\n✖ not finite in 1 layer"


@pytest.mark.parametrize("depth", [2, 6, 30, 100])
def test_every_depth_fits_the_picture(depth):
    view = shown(depth=depth)
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=[])
        assert tight.x0 >= 0
        assert tight.y0 >= 0
        assert tight.x1 <= width
        assert tight.y1 <= height


def test_a_new_depth_keeps_one_pair_of_curves():
    view = shown(depth=6)
    view.show_point(1.0, 0.5, curves(depth=9))
    assert len(view.figure.axes) == 4
    assert len(view._gradient._line.get_xdata()) == 9
