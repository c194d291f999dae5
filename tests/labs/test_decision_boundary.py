"""The lab's numbers against numpy by hand, and what it claims about two spirals."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from labkit.figures.canvas import LiveCanvas
from labkit.figures.style import BLUE, VERMILLION
from labkit.labs.decision_boundary import LAB, MOTION, Boundary
from labkit.labs.decision_result import named, table
from labkit.labs.parameters import ParameterError
from labkit.labs.plane_runs import centers, extent_of
from labkit.nn.network import Network


def after(steps, **values):
    """The parameters, and the result when all steps are done."""
    p = Boundary(**values, steps=steps)
    run = MOTION.start(p)
    while not run.finished:
        run = MOTION.advance(run, 10.0)
    return p, run, MOTION.show(run, p)


def by_hand(run, x):
    """P(class 1) of a ReLU network, in numpy."""
    training = run.trainings[0]
    for W, b in zip(training.weights[:-1], training.biases[:-1], strict=True):
        x = np.maximum(x @ W + b, 0)
    return 1 / (1 + np.exp(-(x @ training.weights[-1] + training.biases[-1])[:, 0]))


def test_two_spirals_are_learned_by_a_net_whose_linear_twin_is_not_much_better_than_a_coin():
    for seed in range(2):
        _, _, bent = after(1000, seed=seed)
        _, _, linear = after(1000, activation="identity", seed=seed)
        assert bent.accuracy[0] >= 0.95
        assert linear.accuracy[0] < 0.65


def test_the_map_and_the_scores_are_those_of_the_formula():
    _, run, result = after(30, dataset="moons")
    maps = result.maps
    places = np.array([[x, y] for y in maps.y for x in maps.x])
    np.testing.assert_allclose(maps.probability[0].ravel(), by_hand(run, places), rtol=1e-9)
    test = run.trainings[0].data.test
    said = by_hand(run, test.inputs(slice(None)))
    loss = -np.mean(np.log(np.where(test.y == 1, said, 1 - said)))
    assert result.accuracy[0] == np.mean((said > 0.5) == (test.y == 1))
    assert result.loss[0] == pytest.approx(loss, rel=1e-9)
    assert f"{100 * result.accuracy[0]:.1f} % of the test points" in LAB.explain(result)


def test_the_line_drawn_is_where_both_classes_are_as_probable():
    _, run, result = after(200, dataset="moons")
    view = LAB.view()
    view.update(result)
    lines = view.maps[0].boundary.get_segments()
    assert lines
    assert np.abs(by_hand(run, np.concatenate(lines)) - 0.5).max() < 0.1  # between two cells it is interpolated
    far = [by_hand(run, np.add(line, [0, 0.5])) for line in lines]
    assert np.abs(np.concatenate(far) - 0.5).mean() > 0.3


def test_how_often_the_clock_ticks_changes_no_number():
    p = Boundary(nets="grid", dataset="moons", steps=23, seed=1)
    hasty, calm = MOTION.start(p), MOTION.start(p)
    while not hasty.finished:
        hasty = MOTION.advance(hasty, 0.0)
        MOTION.show(hasty, p)
    calm = MOTION.advance(calm, 100.0)
    first, second = MOTION.show(hasty, p), MOTION.show(calm, p)
    np.testing.assert_array_equal(first.maps.probability, second.maps.probability)
    np.testing.assert_array_equal(first.history.loss, second.history.loss)
    np.testing.assert_array_equal(first.history.steps, second.history.steps)
    assert MOTION.steps(hasty) == (23, 23)


def test_history_stays_short_however_many_steps_there_are():
    _, run, result = after(1050, depth=1, units=1, batch=1)
    assert len(result.history.steps) <= 101
    assert result.history.steps[-1] == run.done == 1050


def test_the_grid_has_a_row_for_each_initializer_and_a_column_for_each_activation():
    p = Boundary(nets="grid", activations=("tanh", "relu", "gelu"), initializers=("zeros", "he_normal"))
    cells = table(MOTION.compute(p))
    assert cells.columns == ("tanh", "ReLU", "GELU")
    assert cells.rows == ("zeros", "He")
    assert [net.activation for net in p.networks()[:3]] == ["tanh", "relu", "gelu"]
    assert {net.initializer for net in p.networks()[3:]} == {"he_normal"}
    assert cells.named == (False, False, False, False, True, False)


@pytest.mark.parametrize(
    ("activation", "initializer", "expected"),
    [("sigmoid", "xavier_normal", True), ("tanh", "xavier_uniform", True), ("tanh", "he_normal", False),
     ("relu", "he_normal", True), ("leaky_relu", "he_uniform", True), ("relu", "xavier_normal", False),
     ("relu6", "he_normal", True), ("relu6", "xavier_normal", False), ("gelu", "he_normal", False),
     ("identity", "xavier_normal", False), ("softmax", "xavier_normal", False)],
)  # fmt: skip
def test_the_rule_of_thumb_names_he_for_rectifiers_and_xavier_for_what_saturates(activation, initializer, expected):
    assert named(Network(activation=activation, initializer=initializer)) is expected


def test_the_best_of_a_column_is_marked_and_a_tie_of_all_is_not():
    _, _, result = after(60, nets="grid", dataset="moons", activations=("sigmoid", "tanh"), optimizer="sgd")
    cells = table(result)
    best, accuracy = np.reshape(cells.best, (3, 2)), result.accuracy.reshape(3, 2)
    assert accuracy[:, 0].tolist() == [0.5, 0.5, 0.5]  # five sigmoid layers have not begun to learn
    assert not best[:, 0].any()
    assert best[:, 1].tolist() == (accuracy[:, 1] == accuracy[:, 1].max()).tolist()


def test_a_network_that_blows_up_is_said_to_and_the_others_go_on():
    values = {"activations": ("relu",), "initializers": ("normal", "he_normal"), "std": 100.0}
    _, _, result = after(20, nets="grid", dataset="moons", optimizer="sgd", learning_rate=10.0, **values)
    assert result.diverged[0] is not None
    assert result.done == 20
    assert "ceased to be finite" in LAB.explain(result)
    view = LAB.view()
    view.update(result)
    view.figure.canvas.draw()
    assert view.said[0].get_text() == "not finite"
    _, _, alone = after(20, dataset="moons", optimizer="sgd", learning_rate=10.0, initializer="normal", std=100.0)
    assert f"{alone.diverged[0]}" in LAB.explain(alone)
    LAB.view().update(alone)


def test_lines_of_the_diagram_are_as_wide_as_the_weights_are_large_and_colored_by_sign():
    _, _, result = after(5, dataset="circles", depth=2, units=3)
    view = LAB.view()
    view.update(result)
    flat = np.concatenate([w.ravel() for w in result.weights])
    widths = np.array(view.diagram.weights.get_linewidth())
    np.testing.assert_allclose(widths / widths.max(), np.abs(flat) / np.abs(flat).max())
    expected = [to_rgba(VERMILLION) if w > 0 else to_rgba(BLUE) for w in flat]
    np.testing.assert_allclose(view.diagram.weights.get_color(), expected)
    first = view.diagram.weights.get_segments()[0]
    assert first[:, 0].tolist() == [0, 1]


def test_every_point_is_in_the_picture_and_nothing_is_distorted():
    x = np.random.default_rng(0).standard_normal((50, 2)) * [3, 1]
    for aspect in (0.5, 1.7):
        left, right, bottom, top = extent_of(x, aspect)
        assert (right - left) / (top - bottom) == pytest.approx(aspect)
        assert ((x > [left, bottom]) & (x < [right, top])).all()
    columns, rows = centers((0, 4, 0, 1), (1, 4))
    assert (columns.tolist(), rows.tolist()) == ([0.5, 1.5, 2.5, 3.5], [0.5])


@pytest.mark.parametrize("nets", ["one", "grid"])
def test_a_tick_moves_artists_and_draws_nothing_anew(nets):
    p = Boundary(nets=nets, dataset="moons")
    view, run = LAB.view(), MOTION.start(p)
    canvas = LiveCanvas(view.figure)
    for _ in range(3):
        view.update(MOTION.show(run, p))
        canvas.render()
        run = MOTION.advance(run, 0.0)
    assert canvas.full_draws == 1


def test_what_a_control_refuses_it_names():
    with pytest.raises(ParameterError, match=r"activations must be from 1 to 5 of the list, got 6"):
        Boundary(activations=("sigmoid", "tanh", "relu", "elu", "selu", "gelu"))
    with pytest.raises(ParameterError, match=r"units a layer must lie in \[1, 32\], got 64"):
        Boundary(units=64)
