import numpy as np

from labkit.figures.canvas import LiveCanvas
from labkit.figures.softmax import Bars, Shown, SoftmaxView


def shown(classes=4, size=1.0, target=1):
    z = size * np.linspace(2, -1.5, classes)
    p = np.exp(z - z[0]) / np.exp(z - z[0]).sum()
    temperatures = np.geomspace(0.01, 100, 5)
    texts = [f"{v:.2f}" for v in p]
    return Shown(
        Bars(z, [f"{v:g}" for v in z]), Bars(p, texts), Bars(p - np.eye(classes)[target], texts), p * p, "1.0", target,
        temperatures, np.tile(p, (5, 1)), 2.0,
    )  # fmt: skip


def made(**changes):
    view = SoftmaxView()
    view.update(shown(**changes))
    return view


def heights(bars):
    return [bar.get_height() for bar in bars]


def test_bars_show_the_numbers():
    view, values = made(), shown()
    assert heights(view.logits.bars) == values.logits.values.tolist()
    assert heights(view.p.bars) == values.p.values.tolist()
    assert heights(view.gradient.bars) == values.gradient.values.tolist()
    assert heights(view.squared) == values.squared.tolist()
    assert [text.get_text() for text in view.p.texts] == values.p.texts
    assert view.total.get_text() == "sum: 1.0"
    assert view.cursor.get_xdata() == [2.0, 2.0]
    for line, curve in zip(view.curves, values.curves.T, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve)


def test_the_target_is_shaded_and_its_line_is_thick():
    view = made(target=2)
    assert [bars.band.get_x() for bars in (view.logits, view.p, view.gradient)] == [2.5] * 3
    assert [line.get_linewidth() for line in view.curves] == [2, 2, 4, 2]


def test_numbers_stand_beyond_the_ends_of_their_bars():
    view = made()
    for bars in (view.logits, view.p, view.gradient):
        for bar, text in zip(bars.bars, bars.texts, strict=True):
            assert text.get_position()[1] > bar.get_height() or bar.get_height() < 0
            assert text.get_position()[1] < 0 or bar.get_height() >= 0


def test_moving_logits_leave_the_background_alone():
    view = SoftmaxView()
    canvas = LiveCanvas(view.figure)
    frames = []
    for size in (1.0, 5.0, 400.0):
        view.update(shown(size=size))
        frames.append(canvas.render())
    assert canvas.full_draws == 1
    assert len(set(frames)) == 3
