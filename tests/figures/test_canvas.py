from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from labkit.figures.canvas import LiveCanvas


def pixels(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def reference(figure: Figure) -> np.ndarray:
    """The same figure drawn by Matplotlib's own way of saving, which draws everything, animated or not."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi="figure", facecolor="white")
    return pixels(file.getvalue())


@pytest.fixture
def moving():
    figure = Figure(figsize=(3, 2), dpi=80, facecolor="white")
    axes = figure.add_subplot()
    axes.set(xlim=(0, 4), ylim=(0, 1))
    axes.set(xticks=[], yticks=[])  # what moves is drawn above what stands, ticks and spines included
    axes.spines[:].set_visible(False)
    bars = axes.stairs([0.2, 0.5, 0.9, 0.1], range(5), fill=True, color="#0072B2", animated=True)
    return figure, axes, bars, LiveCanvas(figure)


def test_first_frame_shows_everything(moving):
    figure, _, _, canvas = moving
    np.testing.assert_array_equal(pixels(canvas.render()), reference(figure))


def test_moved_artist_leaves_no_trace_and_draws_no_background(moving):
    figure, _, bars, canvas = moving
    canvas.render()
    bars.set_data([0.9, 0.1, 0.1, 0.6], range(5))
    frame = pixels(canvas.render())
    assert canvas.full_draws == 1
    np.testing.assert_array_equal(frame, reference(figure))


def test_changed_limits_redraw_the_background_by_themselves(moving):
    figure, axes, _, canvas = moving
    canvas.render()
    axes.set_ylim(0, 2)
    frame = pixels(canvas.render())
    assert canvas.full_draws == 2
    np.testing.assert_array_equal(frame, reference(figure))


def test_a_look_that_was_there_before_is_not_drawn_again(moving):
    figure, axes, bars, canvas = moving
    for top in (1, 2, 1, 2):
        axes.set_ylim(0, top)
        bars.set_data([0.9, 0.1 * top, 0.1, 0.6], range(5))
        np.testing.assert_array_equal(pixels(canvas.render(look=top)), reference(figure))
    assert canvas.full_draws == 2
    axes.set_ylim(0, 3)
    np.testing.assert_array_equal(pixels(canvas.render(look=3)), reference(figure))
    assert canvas.full_draws == 3


def test_a_look_is_that_of_one_size_and_of_one_set_of_axes(moving):
    figure, _, _, canvas = moving

    def same_as_drawn_anew():
        frame = pixels(canvas.render(look=1))
        figure.stale = True
        np.testing.assert_array_equal(frame, pixels(canvas.render()))
        return frame

    for width in (240, 300, 240, 300):
        canvas.resize(width)
        assert same_as_drawn_anew().shape == (width * 2 // 3, width, 3)
    figure.clear()
    figure.add_subplot().set(xticks=[], yticks=[], facecolor="red")
    assert (same_as_drawn_anew() == [255, 0, 0]).all(axis=-1).any()


def test_artists_of_a_rebuilt_figure_are_found(moving):
    figure, _, _, canvas = moving
    canvas.render()
    figure.clear()
    line = figure.add_subplot().plot([0, 1], [0, 1], animated=True)[0]
    first = canvas.render()
    line.set_data([0, 1], [1, 0])
    assert canvas.render() != first
