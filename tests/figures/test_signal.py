import numpy as np
import pytest

import labkit
from labkit.figures.canvas import LiveCanvas
from labkit.figures.histograms import HeatMap, Histograms, remarks
from labkit.figures.signal import TITLES, SignalView
from labkit.figures.style import BACKWARD, BLUE, FORWARD, GREEN, INK, PURPLE, VERMILLION


def statistics(**values):
    return labkit.summarize(labkit.propagate(labkit.Network(**{"batch": 50, "width": 20, **values})))


def test_bars_are_the_shares_of_the_histogram():
    stats = statistics(depth=3)
    view = SignalView()
    view.update(stats, "post")
    for layer, panel in enumerate(view._values._panels):
        heights, edges, _ = panel.bars.get_data()
        np.testing.assert_allclose(heights, stats.post.counts[layer] / stats.post.counts[layer].sum())
        np.testing.assert_array_equal(edges, stats.post.edges)


def test_exact_zeros_stand_apart_and_nothing_is_counted_twice():
    stats = statistics(activation="relu", initializer="he_normal", depth=3)
    view = SignalView()
    view.update(stats, "post")
    for layer, panel in enumerate(view._values._panels):
        zero = panel.zeros.get_data().values[0]
        assert zero == stats.post.zeros[layer] > 0.3
        assert panel.bars.get_data().values.sum() + zero == pytest.approx(1)
        assert "exactly 0" in panel.text.get_text()


def test_cropped_values_are_named_with_their_share():
    trace = labkit.propagate(labkit.Network(initializer="lecun_normal", depth=2))
    stats = labkit.summarize(trace, range=(0, 1))  # the book's range hides every negative value
    assert stats.post.outside[0] == pytest.approx(np.mean(trace.post[0] < 0))
    assert "% out of range" in remarks(stats.post, 0)


def test_overflow_is_named_and_never_drawn():
    stats = statistics(activation="identity", std=100, width=300, batch=2, depth=100, input_scale=1000)
    lost = ~np.isfinite(stats.std)
    assert lost[-1]
    assert not lost[0]
    assert remarks(stats.post, 99) == "100 % not finite"
    view = SignalView()
    view.update(stats, "post")
    assert np.isnan(view._forward._line.get_ydata()[lost]).all()
    assert view._forward._nonfinite.get_xdata().tolist() == (np.flatnonzero(lost) + 1).tolist()
    assert f"not finite in {lost.sum()} layers" in view._forward._text.get_text()


def test_zero_gradients_are_marked_at_the_edge_of_the_log_axis():
    stats = statistics(initializer="zeros", depth=3)
    view = SignalView()
    view.update(stats, "post")
    assert view._backward._zeros.get_xdata().tolist() == [1, 2]
    assert "exactly 0 in 2 layers" in view._backward._text.get_text()
    assert view._forward._zeros.get_xdata().tolist() == [1, 2, 3]


@pytest.mark.parametrize("depth", [1, 5, 6, 10, 11, 100])
@pytest.mark.parametrize("quantity", TITLES)
def test_every_quantity_at_every_depth_fits_the_picture(depth, quantity):
    view = SignalView()
    view.update(statistics(depth=depth, width=5), quantity)
    assert isinstance(view._values, Histograms if depth <= 10 else HeatMap)
    LiveCanvas(view.figure).render()
    width, height = view.figure.canvas.get_width_height()
    for axes in view.figure.axes:
        tight = axes.get_tightbbox(bbox_extra_artists=[])  # ticks, labels, titles
        assert tight.x0 >= 0
        assert tight.y0 >= 0
        assert tight.x1 <= width
        assert tight.y1 <= height


def test_curves_show_the_measured_numbers():
    stats = statistics(depth=4)
    view = SignalView()
    view.update(stats, "pre")
    np.testing.assert_array_equal(view._forward._line.get_ydata(), stats.std)
    np.testing.assert_array_equal(view._backward._line.get_ydata(), stats.grad_rms)


def test_the_map_of_deep_pre_activations_has_theorys_middle():
    net = labkit.Network(activation="tanh", initializer="lecun_normal", depth=20, bias_std=0.3)
    stats = labkit.summarize(labkit.propagate(net), quantities=("pre", "post", "grad_pre"), bins=300)
    said = labkit.predict(net)
    view = SignalView()
    view.update(stats, "pre", density=said.pre_shares(stats.pre.edges))
    low, high = (line.get_ydata() for line in view._values._theory[:2])
    assert [*view._values._axes.get_xticks()] == [1, 5, 10, 15, 20]
    assert view._values._axes.get_xlim() == (0.5, 20.5)
    width = stats.pre.edges[1] - stats.pre.edges[0]
    np.testing.assert_allclose(high, said.pre.std, atol=width)
    np.testing.assert_allclose(low, -said.pre.std, atol=width)
    view.update(stats, "pre", density=said.pre_shares(stats.pre.edges / 10))  # a part lies beyond
    assert np.isnan(view._values._theory[0].get_ydata()).all()


def test_heat_map_rows_are_the_histograms():
    stats = statistics(depth=12)
    view = SignalView()
    view.update(stats, "post")
    image = np.asarray(view._values._image.get_array())
    np.testing.assert_allclose(image**2, (stats.post.counts / stats.post.size[:, None]).T)


def test_limits_stand_still_while_values_move_a_little():
    view = SignalView()
    canvas = LiveCanvas(view.figure)
    for std in (0.9, 0.93):
        view.update(statistics(depth=3, std=std), "post")
        canvas.render()
    assert canvas.full_draws == 1


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("color", [BLUE, VERMILLION, GREEN, INK])
def test_colors_stand_out_from_white(color):
    assert 1.05 / (luminance(color) + 0.05) >= 3  # WCAG 2.2, 1.4.11, graphical objects


def test_forward_and_backward_differ_for_the_color_blind():
    # Viénot, Brettel and Mollon (1999): without long cones, red becomes a mixture of what is left
    assert FORWARD != BACKWARD
    blue, red = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (FORWARD, BACKWARD))
    assert abs(int(blue[2]) - int(red[2])) > 100  # the blue channel is left to protan and deutan eyes
    assert PURPLE not in (FORWARD, BACKWARD)
