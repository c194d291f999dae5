import numpy as np
from matplotlib.text import Annotation

from labkit.figures.canvas import LiveCanvas
from labkit.figures.learning_curve import CHANCE, LearningCurve, TestScores
from labkit.figures.step_axis import step_axis
from labkit.figures.style import new_figure


def drawn(end):
    figure = new_figure()
    curve = LearningCurve([figure.add_axes((left, 0.1, 0.35, 0.8)) for left in (0.1, 0.65)])
    steps = np.arange(4)
    curve.update(TestScores(steps, np.array([0.5, 0.75, 0.8, 0.975]), np.array([0.7, 0.5, np.nan, 0.1]), end))
    canvas = LiveCanvas(figure)
    canvas.render()
    return curve, canvas


def test_accuracy_and_loss_have_an_axis_each_and_the_accuracy_is_in_percent():
    curve, _ = drawn(3)
    assert curve.accuracy.axes is not curve.loss.axes
    assert [text.get_text() for text in curve.accuracy.axes.get_yticklabels()] == [
        "0 %",
        "25 %",
        "50 %",
        "75 %",
        "100 %",
    ]
    assert [text.get_text() for text in curve.said] == ["test accuracy 97.5 %", "test loss 0.1"]
    assert np.isnan(curve.loss.get_ydata()[2])
    assert np.isnan(curve.accuracy.get_ydata()[2])


def test_each_dashed_level_has_its_name():
    curve, _ = drawn(3)
    for axes, value, name in zip(curve.panels, (0.5, CHANCE), ("50 %", "ln 2"), strict=True):
        (note,) = (text for text in axes.texts if isinstance(text, Annotation))
        assert note.get_text() == f"a coin's toss: {name}"
        assert note.xy[1] == value
        assert any(list(line.get_ydata()) == [value, value] for line in axes.lines)
    assert np.exp(CHANCE) == 2


def test_the_labels_of_the_steps_stay_inside_their_axis():
    curve, canvas = drawn(10_000)
    for axes in curve.panels:
        first, last = (label.get_window_extent() for label in axes.get_xticklabels())
        box = axes.get_window_extent()
        assert first.x0 >= box.x0 - 4
        assert last.x1 <= box.x1 + 4
        assert last.width > 20
    step_axis(curve.panels[0], 0)
    assert curve.panels[0].get_xlim() == (0, 1)
    assert canvas.full_draws == 1
